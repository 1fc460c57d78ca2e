//! Folders that are removed even if the test process is killed.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use crate::supervised::guard_command;

/// Waits for the pipe to close, then removes the folder. A server that is killed at the same time may still write into
/// the folder, so the removal is repeated.
const SCRIPT: &str = r#"
while read -r _; do :; done
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    rm -rf -- "$1" && exit 0
    sleep 0.1
done
"#;

/// The folder of one server. The folder is removed on drop, or when the process ends.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    guard: Child,
}

impl Folder {
    /// Creates an empty folder whose name contains its purpose.
    ///
    /// The name is short because the path of a Unix socket in it may have only about a hundred bytes.
    pub(crate) fn new(purpose: &str) -> Self {
        let folder = tempfile::Builder::new().prefix(&format!("hermes-{purpose}-")).tempdir();
        let path = folder.expect("the folder for temporary files is writable").keep();
        let mut command = guard_command(SCRIPT);
        let guard = command.arg(&path).stdout(Stdio::null()).spawn().expect("there is a shell");
        Self { path, guard }
    }

    /// Returns the path of the folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Waiting closes the pipe.
        let _ = self.guard.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Folder;

    #[test]
    fn a_dropped_folder_is_removed_with_its_files() {
        let folder = Folder::new("folder");
        let path = folder.path().to_path_buf();
        fs::write(path.join("file"), "text").unwrap();

        drop(folder);

        assert!(!path.exists());
    }
}
