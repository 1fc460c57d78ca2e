//! A disk that a test can fill. Requires permission to mount a file system.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// An in-memory file system of 16 MB.
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts the file system; `None` without the permission to do so.
    #[allow(clippy::print_stderr, reason = "says that the test is skipped")]
    pub fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
            .arg(folder.path())
            .output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(Self(folder));
        }
        eprintln!("skipped: no permission to mount a file system");
        None
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills the disk; returns the file to remove to free the space.
    pub fn fill(&self) -> PathBuf {
        let path = self.path().join("filler");
        let mut file = File::create(&path).unwrap();
        while file.write_all(&[0; 4_096]).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}
