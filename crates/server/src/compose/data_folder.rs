//! The data folder: only the user of Hermes has access to the payments and the server key in it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use hermes_repository::create_private_folder;

/// The SQLite file. Its write-ahead log and its lock files have names that begin with this one.
pub const SQLITE_FILE: &str = "hermes.db";
/// The server key, unless a setting names another file.
pub const SERVER_KEY_FILE: &str = "server.key";
/// The folder of the statements that are being imported, unless a setting names another one.
pub const STATEMENTS_FOLDER: &str = "statements";

const PRIVATE_FOLDER: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;
/// The permission bits of the group and of all others.
const OTHERS: u32 = 0o077;

/// A folder or file that others can use.
pub struct OpenToOthers {
    /// The folder or the file.
    pub path: PathBuf,
    /// Its permission bits.
    pub mode: u32,
    /// The mode that it should have, unless other programs use it too.
    private: u32,
}

/// Creates the folder if missing, and removes the permissions of others from the folder and from its files.
///
/// A folder that also contains other files retains its mode.
///
/// # Errors
/// If the folder cannot be created.
pub fn prepare(folder: &Path) -> Result<()> {
    let path = folder.display();
    create_private_folder(folder).with_context(|| {
        format!("cannot create the folder {path}; let the user of Hermes create it, or set DATA_DIR to another folder")
    })?;
    let is_shared = contains_other_files(folder);
    let found = find_open_to_others(folder);
    for OpenToOthers { path, private, .. } in
        found.into_iter().filter(|found| !is_shared || found.path != folder)
    {
        if let Err(error) = fs::set_permissions(&path, Permissions::from_mode(private)) {
            log::warn!(
                "other users have access to {}, and its mode cannot be changed: {error}",
                path.display()
            );
        }
    }
    Ok(())
}

/// Returns the folder and the files of Hermes in it that others can use.
pub fn find_open_to_others(folder: &Path) -> Vec<OpenToOthers> {
    let private = |path: PathBuf| {
        let private = if path.is_dir() { PRIVATE_FOLDER } else { PRIVATE_FILE };
        (path, private)
    };
    let files = entries(folder).into_iter().filter(|path| is_ours(path)).map(private);
    std::iter::once((folder.to_path_buf(), PRIVATE_FOLDER))
        .chain(files)
        .filter_map(|(path, private)| {
            let mode = fs::metadata(&path).ok()?.mode() & 0o7777;
            (mode & OTHERS != 0).then_some(OpenToOthers { path, mode, private })
        })
        .collect()
}

fn contains_other_files(folder: &Path) -> bool {
    entries(folder).iter().any(|path| !is_ours(path))
}

fn is_ours(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name == STATEMENTS_FOLDER || [SQLITE_FILE, SERVER_KEY_FILE].iter().any(|ours| name.starts_with(ours))
}

/// Returns the entries of a folder, or none if it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use hermes_repository::create_private_file;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    /// Creates a folder of mode 0755 with files of mode 0644.
    fn open_folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        for name in files {
            fs::write(folder.path().join(name), "").unwrap();
            fs::set_permissions(folder.path().join(name), Permissions::from_mode(0o644)).unwrap();
        }
        folder
    }

    #[test]
    fn a_new_folder_and_file_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("a/data");
        prepare(&data).unwrap();
        create_private_file(&data.join(SQLITE_FILE)).unwrap();
        assert_eq!((mode(&data), mode(&data.join(SQLITE_FILE))), (0o700, 0o600));
        assert!(find_open_to_others(&data).is_empty());
    }

    #[test]
    fn an_existing_folder_and_all_files_of_hermes_become_private() {
        let files = ["hermes.db", "hermes.db-wal", "hermes.db-shm", "hermes.db.serve-lock", "server.key"];
        let folder = open_folder(&files);
        assert_eq!(find_open_to_others(folder.path()).len(), 6);
        prepare(folder.path()).unwrap();
        assert!(find_open_to_others(folder.path()).is_empty());
        assert_eq!(mode(folder.path()), 0o700);
        assert!(files.iter().all(|name| mode(&folder.path().join(name)) == 0o600));
    }

    #[test]
    fn a_folder_with_other_files_retains_its_mode_and_theirs() {
        let folder = open_folder(&["hermes.db", "notes.txt"]);
        prepare(folder.path()).unwrap();
        let found: Vec<_> = find_open_to_others(folder.path()).into_iter().map(|found| found.mode).collect();
        assert_eq!(found, [0o755]);
        assert_eq!(mode(&folder.path().join("notes.txt")), 0o644);
        assert_eq!(mode(&folder.path().join("hermes.db")), 0o600);
    }

    #[test]
    fn a_folder_that_cannot_be_created_is_named_with_the_remedy() {
        let error = format!("{:#}", prepare(Path::new("/dev/null/data")).unwrap_err());
        assert!(error.contains("/dev/null/data; ") && error.contains("set DATA_DIR"), "{error}");
    }
}
