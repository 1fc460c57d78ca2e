//! A disk that a test can fill. Requires permission to mount a file system.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The unit in which a large disk is filled, in bytes.
const FILL_BLOCK: usize = 1024 * 1024;

/// An in-memory file system.
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts a file system of 16 MiB; `None` without the permission to do so.
    pub fn mount() -> Option<Self> {
        Self::mount_mib(16)
    }

    /// Mounts a file system of another size, in MiB.
    pub fn mount_mib(size: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}m"), "tmpfs"])
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
        for size in [FILL_BLOCK, 4_096] {
            let reserve = u64::try_from(size).unwrap();
            while self.free_bytes() >= free_bytes + reserve && file.write_all(&vec![0; size]).is_ok() {}
        }
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
