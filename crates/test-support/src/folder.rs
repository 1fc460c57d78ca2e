//! Folders that are removed whatever becomes of the test process.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use crate::supervised::guard_command;

/// Waits for the pipe to close, then removes the folder. A server that is being killed at the same moment may
/// still write into it, hence the tries.
const SCRIPT: &str = r#"
while read -r _; do :; done
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    rm -rf -- "$1" && exit 0
    sleep 0.1
done
"#;

/// A folder for one server. Removed when dropped, and when the process ends in any other way.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    guard: Child,
}

impl Folder {
    /// Makes an empty folder whose name tells what it is for.
    ///
    /// The name is short because the path of a Unix socket in it may have only about a hundred bytes.
    pub(crate) fn new(purpose: &str) -> Self {
        let folder = tempfile::Builder::new().prefix(&format!("hermes-{purpose}-")).tempdir();
        let path = folder.expect("the folder for temporary files is writable").keep();
        let mut command = guard_command(SCRIPT);
        let guard = command.arg(&path).stdout(Stdio::null()).spawn().expect("there is a shell");
        Self { path, guard }
    }

    /// Where the folder is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Waiting closes the pipe first.
        let _ = self.guard.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Folder;

    #[test]
    fn a_dropped_folder_is_gone_with_what_is_in_it() {
        let folder = Folder::new("folder");
        let path = folder.path().to_path_buf();
        fs::write(path.join("file"), "text").unwrap();

        drop(folder);

        assert!(!path.exists());
    }
}
