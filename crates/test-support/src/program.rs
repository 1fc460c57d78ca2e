//! Finds the program of a server.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where distributions put servers without adding it to everybody's `PATH`.
const SYSTEM_FOLDERS: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// The program named by the environment `variable`, else the first of `names` whose version is accepted.
///
/// Panics if the variable names something that is not accepted: a wrong setting is not a missing server.
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

/// The folder a program was installed under: `/usr` of `/usr/sbin/mariadbd`.
pub(crate) fn installation(program: &Path) -> PathBuf {
    let real = program.canonicalize().expect("the program was run a moment ago");
    real.ancestors().nth(2).expect("a program stands in a folder of an installation").to_path_buf()
}

/// All existing files with one of these names, in the order of the names, then of the folders.
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
    fn a_program_is_found_by_what_it_says_of_itself() {
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
