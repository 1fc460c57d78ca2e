//! Finds the program of a server.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders with servers that are often missing from `PATH`.
const SYSTEM_FOLDERS: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// Finds the program that the environment `variable` names, else the first of `names` with an accepted version.
///
/// # Panics
/// If the variable names a program that is not accepted. A wrong setting is not a missing server.
pub(crate) fn find(variable: &str, names: &[&str], accepts: fn(version: &str) -> bool) -> Option<PathBuf> {
    if let Some(named) = env::var_os(variable).filter(|value| !value.is_empty()) {
        let named = PathBuf::from(named);
        let version = version(&named);
        let accepted = version.as_deref().is_some_and(accepts);
        assert!(accepted, "{variable} is {}, which is not that server: {version:?}", named.display());
        return Some(named);
    }
    candidates(names).find(|path| version(path).as_deref().is_some_and(accepts))
}

/// Returns the installation folder of a program: `/usr` for `/usr/sbin/mariadbd`.
pub(crate) fn installation(program: &Path) -> PathBuf {
    let real = program.canonicalize().expect("the program was run a moment ago");
    real.ancestors().nth(2).expect("a program is in a folder of an installation").to_path_buf()
}

/// Returns the existing files with these names, ordered by name, then by folder.
pub(crate) fn candidates(names: &[&str]) -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(SYSTEM_FOLDERS.iter().map(PathBuf::from)).collect::<Vec<_>>();
    let paths = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    paths.filter(|path| path.is_file()).collect::<Vec<_>>().into_iter()
}

fn version(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{find, installation};

    #[test]
    fn a_program_is_found_by_its_version() {
        assert!(find("HERMES_TEST_NOT_SET", &["cargo"], |version| version.contains("cargo")).is_some());
        assert!(find("HERMES_TEST_NOT_SET", &["cargo"], |version| version.contains("MariaDB")).is_none());
        assert!(find("HERMES_TEST_NOT_SET", &["no-such-program"], |_| true).is_none());
    }

    #[test]
    fn an_installation_is_two_folders_up() {
        let program = find("HERMES_TEST_NOT_SET", &["cargo"], |_| true).unwrap();
        assert!(installation(&program).join("bin").is_dir());
    }
}
