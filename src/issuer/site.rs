//! The two documents as files, for any web host: `.well-known/openid-configuration` and `.well-known/jwks.json` in a folder.

use std::io;
use std::path::Path;
use std::path::PathBuf;

use super::DISCOVERY_PATH;
use super::Documents;
use super::KEY_SET_PATH;
use crate::system::files;
use crate::system::shared_file;
use crate::system::shared_file::Shared;

/// The largest file that is compared, in bytes. A larger one is not ours.
const LARGEST: usize = 64 * 1024;

/// Why the files cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the issuer's documents to {}: {cause}", path.display())]
pub struct SiteError {
    /// The file or folder.
    pub path: PathBuf,
    /// The cause.
    pub cause: io::Error,
}

/// The files of these documents in this folder, with their contents. The keys come first: a cloud that finds the discovery
/// document finds the keys too.
pub fn files_of(folder: &Path, documents: &Documents) -> [(PathBuf, String); 2] {
    let at = |path: &str| folder.join(path.trim_start_matches('/'));
    [
        (at(KEY_SET_PATH), documents.key_set_json() + "\n"),
        (at(DISCOVERY_PATH), documents.discovery_json() + "\n"),
    ]
}

/// The issuer that the discovery document in this folder names. `None` if there is none.
///
/// # Errors
/// There is something else in its place.
pub fn issuer_in(folder: &Path) -> Result<Option<String>, SiteError> {
    let path = folder.join(DISCOVERY_PATH.trim_start_matches('/'));
    let fail = |cause| SiteError { path: path.clone(), cause };
    let file = match files::read_small(&path, LARGEST) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(error)),
    };
    let document: Option<serde_json::Value> = serde_json::from_slice(&file.content).ok();
    match document.as_ref().and_then(|document| document.get("issuer")?.as_str()) {
        Some(issuer) => Ok(Some(issuer.to_owned())),
        None => Err(fail(io::Error::new(io::ErrorKind::InvalidData, "it is not a discovery document"))),
    }
}

/// Writes the files that are missing or differ, readable by everybody, each at once as a whole. Returns those that were
/// written. Makes the folder if there is none.
///
/// # Errors
/// A file cannot be written, or `.well-known` is a link.
pub fn write(folder: &Path, documents: &Documents) -> Result<Vec<PathBuf>, SiteError> {
    let mut written = Vec::new();
    for (path, content) in files_of(folder, documents) {
        // A link is replaced by a file: its target could change unseen.
        if shared_file::read(&path, LARGEST)
            .is_ok_and(|there| there == Shared::Content(content.clone().into()))
        {
            continue;
        }
        let within = path.parent().unwrap_or(folder);
        if !folder.is_dir() {
            files::make_open_folder(folder).map_err(|cause| SiteError { path: folder.to_owned(), cause })?;
        }
        files::make_open_folder(within).map_err(|cause| SiteError { path: within.to_owned(), cause })?;
        files::replace_open(&path, content.as_bytes())
            .map_err(|cause| SiteError { path: path.clone(), cause })?;
        written.push(path);
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const KEYS: &str =
        r#"{"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":"one","n":"AQ","e":"AQAB"}]}"#;

    fn documents() -> Documents {
        Documents::of("https://jit-issuer.example.com", KEYS).unwrap()
    }

    #[test]
    fn files_are_written_whole_and_only_when_they_differ() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("srv/issuer");
        assert_eq!(issuer_in(&folder).unwrap(), None);
        assert_eq!(write(&folder, &documents()).unwrap().len(), 2);
        assert_eq!(write(&folder, &documents()).unwrap(), Vec::<PathBuf>::new());
        assert_eq!(issuer_in(&folder).unwrap().as_deref(), Some("https://jit-issuer.example.com"));
        let [(keys, text), (discovery, _)] = files_of(&folder, &documents());
        assert_eq!(fs::read_to_string(&keys).unwrap(), text);
        fs::remove_file(&discovery).unwrap();
        assert_eq!(write(&folder, &documents()).unwrap(), [discovery]);
        fs::write(&keys, "{}").unwrap();
        assert_eq!(write(&folder, &documents()).unwrap(), std::slice::from_ref(&keys));
        assert_eq!(fs::read_dir(keys.parent().unwrap()).unwrap().count(), 2, "nothing is left over");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&keys), mode(keys.parent().unwrap()), mode(&folder)), (0o644, 0o755, 0o755));
        }
    }

    /// A person who may write the web root gains no write elsewhere.
    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().unwrap();
        let (folder, target) = (root.path().join("site"), root.path().join("precious"));
        fs::create_dir(&folder).unwrap();
        fs::create_dir(&target).unwrap();
        symlink(&target, folder.join(".well-known")).unwrap();
        let refused = write(&folder, &documents()).unwrap_err().to_string();
        assert!(refused.contains(".well-known: it is not a folder"), "{refused}");
        assert_eq!(fs::read_dir(&target).unwrap().count(), 0);
        fs::remove_file(folder.join(".well-known")).unwrap();
        // A file that is a link is replaced, even where it shows the right text.
        fs::create_dir(folder.join(".well-known")).unwrap();
        let [(keys, text), _] = files_of(&folder, &documents());
        fs::write(target.join("copy"), &text).unwrap();
        symlink(target.join("copy"), &keys).unwrap();
        assert!(write(&folder, &documents()).unwrap().contains(&keys));
        assert!(fs::symlink_metadata(&keys).unwrap().is_file());
    }

    #[test]
    fn something_else_in_its_place_is_said() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(".well-known/openid-configuration");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "<html>").unwrap();
        assert!(issuer_in(root.path()).unwrap_err().to_string().contains("not a discovery document"));
    }
}
