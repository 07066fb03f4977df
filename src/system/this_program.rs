//! The path at which this program is found after an upgrade, for files that outlive it.
//!
//! The path from the system is resolved, and so often versioned: Homebrew's Cellar, the Nix store, the folders of asdf,
//! mise and scoop. Text in other files must name the link or shim that leads to the next version.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use super::Environment;

/// Folders in which version managers keep each version, beside a folder `shims`.
const OF_VERSIONS: [&str; 4] = ["installs", "apps", "tools", "versions"];
/// Links beside a version's folder that point to the newest version.
const NEWEST: [&str; 2] = ["current", "latest"];

/// The lasting path of this program: the first on `PATH` that leads to this program under another name than its
/// resolved one, else the one that its package manager keeps, else the resolved one.
pub fn lasting(environment: &Environment, executable: &Path) -> PathBuf {
    let mut names = vec![format!("jit{}", std::env::consts::EXE_SUFFIX)];
    names.extend(executable.file_name().and_then(|name| name.to_str()).map(str::to_owned));
    on_path(environment, &names)
        .filter(|found| is_same(found, executable))
        .find(|found| *found != executable)
        .or_else(|| kept_by_a_manager(executable, &names))
        .unwrap_or_else(|| executable.to_path_buf())
}

fn on_path(environment: &Environment, names: &[String]) -> impl Iterator<Item = PathBuf> {
    let path = environment.get("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(path).filter(|folder| folder.is_absolute()).collect();
    let names = names.to_vec();
    folders.into_iter().flat_map(move |folder| {
        names.iter().map(|name| folder.join(name)).filter(|path| path.is_file()).collect::<Vec<_>>()
    })
}

/// Whether a path leads to this program: the same file, Nix's wrapper of it, or the shim of its version manager.
pub fn is_same(path: &Path, executable: &Path) -> bool {
    if path == executable || is_same_file(path, executable) {
        return true;
    }
    let wrapped = executable.file_name().and_then(|name| name.to_str()).and_then(|name| {
        let inner = name.strip_prefix('.')?.strip_suffix("-wrapped")?;
        Some(executable.with_file_name(inner))
    });
    wrapped.is_some_and(|wrapper| is_same_file(path, &wrapper))
        || shims(executable).any(|shims| path.parent() == Some(shims.as_path()))
}

#[cfg(unix)]
fn is_same_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |path: &Path| fs::metadata(path).map(|about| (about.dev(), about.ino())).ok();
    identity(one).is_some_and(|found| Some(found) == identity(other))
}

#[cfg(not(unix))]
fn is_same_file(one: &Path, other: &Path) -> bool {
    fs::canonicalize(one).is_ok_and(|found| fs::canonicalize(other).is_ok_and(|other| found == other))
}

/// The folders of shims beside the folders of versions that contain this program.
fn shims(executable: &Path) -> impl Iterator<Item = PathBuf> {
    executable
        .ancestors()
        .filter(|folder| OF_VERSIONS.iter().any(|name| folder.file_name().is_some_and(|own| own == *name)))
        .filter_map(|folder| Some(folder.parent()?.join("shims")))
}

fn kept_by_a_manager(executable: &Path, names: &[String]) -> Option<PathBuf> {
    let shim = shims(executable).flat_map(|folder| names.iter().map(move |name| folder.join(name)));
    let shim = shim.into_iter().find(|path| path.is_file());
    shim.or_else(|| {
        // PREFIX/Cellar/FORMULA/VERSION/bin/jit equals PREFIX/opt/FORMULA/bin/jit, whichever version is linked.
        let cellar =
            executable.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "Cellar"))?;
        let mut rest = executable.strip_prefix(cellar).ok()?.components();
        let (formula, _version) = (rest.next()?, rest.next()?);
        let kept = cellar.parent()?.join("opt").join(formula).join(rest.as_path());
        is_same_file(&kept, executable).then_some(kept)
    })
    .or_else(|| {
        executable.ancestors().skip(1).find_map(|version| {
            let rest = executable.strip_prefix(version).ok()?;
            let kept = NEWEST.iter().map(|name| version.parent().map(|folder| folder.join(name).join(rest)));
            kept.flatten().find(|kept| kept != executable && is_same_file(kept, executable))
        })
    })
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A root with these files and links (`from`, `to`) inside.
    fn world(files: &[&str], links: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, file).unwrap();
        }
        for (from, to) in links {
            let path = root.path().join(from);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            symlink(root.path().join(to), path).unwrap();
        }
        root
    }

    /// Homebrew, Nix, asdf, mise, scoop, and a plain folder.
    #[test]
    fn what_is_written_elsewhere_names_what_survives_an_upgrade() {
        /// Files, links, `PATH` below the root, this program, and the expected path.
        type Case = (
            &'static [&'static str],
            &'static [(&'static str, &'static str)],
            &'static str,
            &'static str,
            &'static str,
        );
        let cases: [Case; 10] = [
            (
                &["Cellar/jit/1.2/bin/jit"],
                &[("bin/jit", "Cellar/jit/1.2/bin/jit")],
                "usr:bin",
                "Cellar/jit/1.2/bin/jit",
                "bin/jit",
            ),
            (
                &["Cellar/jit/1.2/bin/jit"],
                &[("opt/jit", "Cellar/jit/1.2")],
                "",
                "Cellar/jit/1.2/bin/jit",
                "opt/jit/bin/jit",
            ),
            (
                &["store/x-jit-1/bin/jit"],
                &[("profile/bin", "store/x-jit-1/bin")],
                "profile/bin",
                "store/x-jit-1/bin/jit",
                "profile/bin/jit",
            ),
            (
                &["store/x/bin/.jit-wrapped", "store/x/bin/jit"],
                &[("profile/bin", "store/x/bin")],
                "profile/bin",
                "store/x/bin/.jit-wrapped",
                "profile/bin/jit",
            ),
            (
                &[".asdf/installs/jit/1.2/bin/jit", ".asdf/shims/jit"],
                &[],
                ".asdf/shims",
                ".asdf/installs/jit/1.2/bin/jit",
                ".asdf/shims/jit",
            ),
            (
                &["mise/installs/jit/1.2/jit", "mise/shims/jit"],
                &[],
                "mise/installs/jit/1.2",
                "mise/installs/jit/1.2/jit",
                "mise/shims/jit",
            ),
            (
                &["mise/installs/jit/1.2/jit"],
                &[("mise/installs/jit/latest", "mise/installs/jit/1.2")],
                "mise/installs/jit/1.2",
                "mise/installs/jit/1.2/jit",
                "mise/installs/jit/latest/jit",
            ),
            (&["usr/bin/jit"], &[], "usr/bin", "usr/bin/jit", "usr/bin/jit"),
            // Another program of the same name, and one found through a relative folder.
            (&["usr/bin/jit", "mine/jit"], &[], "mine", "usr/bin/jit", "usr/bin/jit"),
            (&["a/jit"], &[("b/jit", "a/jit")], "", "a/jit", "a/jit"),
        ];
        for (files, links, path, executable, lasting_path) in cases {
            let root = world(files, links);
            let real = fs::canonicalize(root.path()).unwrap();
            let folders = path.split(':').filter(|folder| !folder.is_empty()).map(|folder| real.join(folder));
            let path = std::env::join_paths(folders).unwrap();
            let environment = Environment::of([("PATH", path.to_str().unwrap())]);
            let found = lasting(&environment, &real.join(executable));
            assert_eq!(found, real.join(lasting_path), "{executable}");
        }
    }
}
