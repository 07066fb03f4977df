//! Picks up what a run sealed: one small file in an archive of limited size, from exactly that run, with the ID token
//! that proves who sealed it (docs/trust.md, "A repository on GitHub that decides").

use std::io::Cursor;
use std::io::Read;

use aws_lc_rs::digest::SHA256;
use aws_lc_rs::digest::digest;
use data_encoding::HEXLOWER;
use zip::ZipArchive;

use super::run_error::RunError;
use crate::github::GitHub;
use crate::github::id_token::Expected;
use crate::github::lease::ARTIFACT;
use crate::github::lease::Delivered;
use crate::github::lease::FILE;
use crate::github::lease::MAX_FILE;
use crate::grant::text::sanitise;
use crate::protocol::SealedLease;
use crate::system::System;

/// The largest archive that is opened, in bytes: one uncompressed file of [`MAX_FILE`], and the archive's overhead.
const MAX_ARCHIVE: usize = MAX_FILE + 64 * 1024;

/// Downloads, unpacks and verifies a run's artifact.
///
/// # Errors
/// There is no artifact, it is not one small file, or another run sealed it.
pub async fn pick_up(
    github: &GitHub,
    system: &System,
    issuer: &str,
    expected: &Expected,
) -> Result<SealedLease, RunError> {
    let artifacts = github.artifacts(expected.run_id).await?;
    let mut named = artifacts.iter().filter(|artifact| artifact.name == ARTIFACT && !artifact.expired);
    let (found, more) = (named.next(), named.next());
    let Some(artifact) = found else {
        return Err(RunError::Empty(format!("run {}", expected.run_id)));
    };
    if more.is_some() {
        return Err(RunError::Artifact("there are two of them".to_owned()));
    }
    let archive = github.artifact(artifact.id).await.map_err(|error| {
        if error.is_missing() { RunError::Empty(format!("run {}", expected.run_id)) } else { error.into() }
    })?;
    if let Some(told) = &artifact.digest {
        let found = format!("sha256:{}", HEXLOWER.encode(digest(&SHA256, &archive).as_ref()));
        if *told != found {
            return Err(RunError::Artifact("its archive is not the one that GitHub lists".to_owned()));
        }
    }
    let content = unpack(archive)?;
    let delivered = Delivered::read(&content)
        .ok_or_else(|| RunError::Artifact("it does not hold sealed credentials".to_owned()))?;
    let checked = delivered.check(system, issuer, expected).await;
    checked.map_err(|error| match error {
        // The issuer did not answer: the same artifact may verify a moment later.
        error @ (crate::github::id_token::TokenError::Network(_)
        | crate::github::id_token::TokenError::Answer(_)) => RunError::Unproved(sanitise(&error.to_string())),
        error => RunError::Artifact(sanitise(&error.to_string())),
    })?;
    Ok(SealedLease {
        number: delivered.number,
        run: delivered.run,
        sealed: delivered.sealed,
        expires: delivered.expires,
        active_until: delivered.active_until,
    })
}

/// Unpacks the one file of an archive. Enforces the size limit, whatever length the archive declares.
fn unpack(archive: Vec<u8>) -> Result<Vec<u8>, RunError> {
    let refuse = |cause: &str| RunError::Artifact(cause.to_owned());
    if archive.len() > MAX_ARCHIVE {
        return Err(refuse("its archive is too large"));
    }
    let mut archive =
        ZipArchive::new(Cursor::new(archive)).map_err(|_| refuse("its archive cannot be opened"))?;
    if archive.len() != 1 {
        return Err(refuse("its archive does not hold exactly one file"));
    }
    let mut file = archive.by_index(0).map_err(|_| refuse("its archive cannot be opened"))?;
    if file.name().ok().as_deref() != Some(FILE) || !file.is_file() {
        return Err(refuse("its archive holds another file"));
    }
    let mut content = Vec::new();
    let most = u64::try_from(MAX_FILE).unwrap_or(u64::MAX);
    file.by_ref()
        .take(most + 1)
        .read_to_end(&mut content)
        .map_err(|_| refuse("its archive is damaged or was cut off"))?;
    if content.len() > MAX_FILE {
        return Err(refuse("its file is too long"));
    }
    Ok(content)
}

/// Deletes a run's artifact, once it is stored here. Nobody else can open it, and it expires within a day.
pub async fn clear(github: &GitHub, run: u64) -> Result<(), RunError> {
    for artifact in github.artifacts(run).await?.iter().filter(|artifact| artifact.name == ARTIFACT) {
        github.delete_artifact(artifact.id).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn one_file_of_the_right_name_and_size() {
        assert_eq!(unpack(zip(&[(FILE, b"x".to_vec())])), Ok(b"x".to_vec()));
        let whole = zip(&[(FILE, b"some content that is long enough to be cut".to_vec())]);
        let bad = [
            zip(&[]),
            zip(&[("other.json", b"x".to_vec())]),
            zip(&[("../lease.json", b"x".to_vec())]),
            zip(&[(FILE, b"x".to_vec()), ("b", b"x".to_vec())]),
            // Small as an archive, and larger than allowed when unpacked.
            zip(&[(FILE, vec![b'a'; MAX_FILE + 1])]),
            vec![0; MAX_ARCHIVE + 1],
            whole[..whole.len() - 30].to_vec(),
            whole[10..].to_vec(),
            b"PK".to_vec(),
        ];
        for archive in bad {
            assert!(matches!(unpack(archive), Err(RunError::Artifact(_))));
        }
    }
}
