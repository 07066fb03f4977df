//! The file that a command's name means on Windows. `CreateProcess` adds only `.exe`, but `az`, `gcloud`, `npm` and many others are
//! scripts (`az.cmd`), which people type without their ending.

use std::ffi::OsStr;
use std::ffi::OsString;
use std::path::Path;
use std::path::PathBuf;

use super::Environment;

/// The endings that `CreateProcess` can run; of `PATHEXT` the others count for the shell alone.
const ENDINGS: [&str; 4] = [".com", ".exe", ".bat", ".cmd"];

/// The path of the program, or the name as it is if it has its ending or no file is found. Unlike `cmd`, this never looks in the
/// working folder for a bare name: anybody may have written to it.
pub fn resolve(program: &OsStr, environment: &Environment) -> OsString {
    let path = Path::new(program);
    let is_whole = path.extension().is_some_and(|extension| {
        ENDINGS.iter().any(|ending| extension.eq_ignore_ascii_case(ending.trim_start_matches('.')))
    });
    if is_whole || program.is_empty() {
        return program.to_owned();
    }
    let folders: Vec<PathBuf> = match path.parent() {
        Some(folder) if folder == Path::new("") => {
            let path = environment.get("PATH").unwrap_or_default();
            std::env::split_paths(path).filter(|folder| folder.is_absolute()).collect()
        }
        Some(folder) => vec![folder.to_owned()],
        None => return program.to_owned(),
    };
    let Some(name) = path.file_name() else { return program.to_owned() };
    let endings = endings(environment.get("PATHEXT"));
    let candidates = folders.iter().flat_map(|folder| {
        endings.iter().map(|ending| {
            let mut name = name.to_owned();
            name.push(ending);
            folder.join(name)
        })
    });
    let found = candidates.into_iter().find(|candidate| candidate.is_file());
    found.map_or_else(|| program.to_owned(), PathBuf::into_os_string)
}

/// The endings in the person's order.
fn endings(named: Option<&str>) -> Vec<String> {
    let named = named.unwrap_or_default().split(';').map(str::to_ascii_lowercase);
    let known: Vec<String> = named.filter(|ending| ENDINGS.contains(&ending.as_str())).collect();
    if known.is_empty() { ENDINGS.map(str::to_owned).to_vec() } else { known }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_found_by_its_bare_name_in_the_order_of_the_folders() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("first"), folder.path().join("second"));
        for (folder, file) in [
            (&first, "az.cmd"),
            (&second, "az.exe"),
            (&second, "python3.12.exe"),
            (&first, "both.cmd"),
            (&first, "both.exe"),
        ] {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(folder.join(file), "").unwrap();
        }
        let path = std::env::join_paths([&first, &second]).unwrap();
        let mut environment =
            Environment::of([("PATH", path.to_str().unwrap()), ("PATHEXT", ".COM;.EXE;.BAT;.CMD;.JS")]);
        let found = |name: &str, environment: &Environment| resolve(OsStr::new(name), environment);
        assert_eq!(found("az", &environment), first.join("az.cmd"));
        assert_eq!(found("python3.12", &environment), second.join("python3.12.exe"));
        assert_eq!(found("both", &environment), first.join("both.exe"));
        environment.set("PATHEXT", ".CMD;.EXE");
        assert_eq!(found("both", &environment), first.join("both.cmd"));
        assert_eq!(found(second.join("az").to_str().unwrap(), &environment), second.join("az.exe"));
        for as_it_is in ["az.cmd", "AZ.EXE", "none", "", "."] {
            assert_eq!(found(as_it_is, &environment), as_it_is);
        }
        environment.set("PATH", "first");
        assert_eq!(found("az", &environment), "az", "a relative folder is whoever's the working folder is");
    }
}
