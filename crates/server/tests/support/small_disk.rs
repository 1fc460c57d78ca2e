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
    pub fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
            .arg(folder.path())
            .output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(Self(folder));
        }
        hermes_test_support::missing("mount", "no permission to mount a file system")
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills the disk; returns the file to remove to free the space.
    pub fn fill(&self) -> PathBuf {
        self.fill_to(0)
    }

    /// Fills the disk until the given number of bytes is free; returns the file to remove to free the space.
    pub fn fill_to(&self, free_bytes: u64) -> PathBuf {
        let path = self.path().join("filler");
        let mut file = File::options().create(true).append(true).open(&path).unwrap();
        while self.free_bytes() > free_bytes && file.write_all(&[0; 4_096]).is_ok() {}
        path
    }

    fn free_bytes(&self) -> u64 {
        let disk = rustix::fs::statvfs(self.path()).unwrap();
        disk.f_bavail * disk.f_frsize
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}
