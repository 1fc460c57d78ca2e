//! The watched folder: each file in it is imported once, by one of the instances that watch it. A CSV file belongs in the
//! subfolder with the name of its profile.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hermes_statements::Problem;
use uuid::Uuid;

use super::{FileOptions, ImportError, StatementFile, StatementImporter, move_file, sync};

/// How often the folder is read.
const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// The age at which a file is complete. A program that writes longer without a pause must write elsewhere and rename.
const SETTLED_AFTER: Duration = Duration::from_secs(2);
/// The age at which a claimed file belongs to a process that was killed, so that it is imported again.
const CLAIM_EXPIRES_AFTER: Duration = Duration::from_secs(600);
/// The ending of a claimed file.
const CLAIMED: &str = "claimed";
/// The actor of files from the folder.
const ACTOR: &str = "statement inbox";

/// The subfolders of imported and of refused files.
const FINISHED: [&str; 2] = ["done", "refused"];

/// A watched folder.
pub struct Inbox {
    folder: PathBuf,
    importer: Arc<StatementImporter>,
}

impl Inbox {
    /// Creates the folder with its subfolders `done`, `refused` and those of the profiles, if they do not exist.
    ///
    /// # Errors
    /// Returns an error if a folder cannot be created.
    pub fn open(folder: &Path, importer: Arc<StatementImporter>) -> Result<Self, io::Error> {
        let profiles = importer.config.csv_profiles.keys().map(String::as_str);
        for subfolder in FINISHED.into_iter().chain(profiles) {
            std::fs::create_dir_all(folder.join(subfolder))?;
        }
        Ok(Self { folder: folder.to_owned(), importer })
    }

    /// Imports the files of the folder, now and later. Never returns.
    pub async fn watch(self) {
        loop {
            if let Err(error) = self.import_files().await {
                log::warn!("the folder {} cannot be read: {error}", self.folder.display());
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Imports the files that are in the folder and in the subfolders of profiles now.
    ///
    /// # Errors
    /// Returns an error if the folder cannot be read.
    pub async fn import_files(&self) -> Result<(), io::Error> {
        self.import_files_of(&self.folder, None).await?;
        for profile in self.importer.config.csv_profiles.keys() {
            let folder = self.folder.join(profile);
            // An operator may remove the subfolders that no bank uses. Imported files are not imported again.
            if folder.is_dir() && !FINISHED.contains(&profile.as_str()) {
                self.import_files_of(&folder, Some(profile)).await?;
            }
        }
        Ok(())
    }

    async fn import_files_of(&self, folder: &Path, csv_profile: Option<&String>) -> Result<(), io::Error> {
        let mut files: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_file() && is_due(&path) {
                files.push(path);
            }
        }
        files.sort();
        for file in files {
            if let Some((claimed, name)) = claim(&file, self.importer.deps.random_source.random()) {
                let options = FileOptions { csv_profile: csv_profile.cloned(), csv_account: None };
                self.import(&claimed, &name, options).await;
            }
        }
        Ok(())
    }

    /// Imports a copy of a claimed file, so that the file itself ends up in `done` or `refused`.
    async fn import(&self, claimed: &Path, name: &str, options: FileOptions) {
        let copy = self.importer.upload_path();
        let accepted = match self.copy(claimed, &copy, name).await {
            Ok(()) => {
                let file = StatementFile {
                    path: copy.clone(),
                    name: name.to_owned(),
                    options,
                    actor: ACTOR.to_owned(),
                };
                self.importer.accept(file).await
            }
            Err(error) => Err(error),
        };
        let moved = match accepted {
            Ok(id) => {
                log::info!("the statement {name} is accepted as import {id}");
                move_into(claimed, &self.folder.join("done"), name)
            }
            Err(error) if error.is_refusal() => {
                super::remove_file(&copy);
                log::warn!("the statement {name} is refused: {}", error.log_message());
                self.refuse(claimed, name, &error)
            }
            Err(error) => {
                super::remove_file(&copy);
                let cause = error.log_message();
                log::warn!("the statement {name} cannot be imported now and will be retried: {cause}");
                move_into(claimed, claimed.parent().unwrap_or(&self.folder), name)
            }
        };
        if let Err(error) = moved {
            log::warn!("the statement {name} cannot be moved: {error}");
        }
    }

    /// Copies a claimed file to the disk, unless it is too large.
    async fn copy(&self, from: &Path, to: &Path, name: &str) -> Result<(), ImportError> {
        let mut source =
            File::open(from).map_err(|error| not_permitted(&error, "read", &self.folder.join(name)))?;
        let limit = self.importer.max_bytes();
        if source.metadata()?.len() > limit {
            return Err(ImportError::Refused(Problem::TooLarge { limit }.into()));
        }
        let mut copy = File::create_new(to).map_err(|error| not_permitted(&error, "write", to))?;
        let copied = tokio::task::spawn_blocking(move || io::copy(&mut source, &mut copy)).await;
        copied.map_err(|_| ImportError::Internal)??;
        sync(to).await
    }

    /// Moves a file to `refused`, and writes the reason beside it before.
    fn refuse(&self, claimed: &Path, name: &str, error: &ImportError) -> Result<(), io::Error> {
        for target in free_names(&self.folder.join("refused"), name) {
            let mut reason = target.clone().into_os_string();
            reason.push(".reason.txt");
            // The new file reserves the name among the instances.
            let written = File::create_new(&reason).and_then(|mut file| writeln!(file, "{error}"));
            match written.and_then(|()| move_new(claimed, &target)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                result => return result,
            }
        }
        Ok(())
    }
}

/// Returns whether a file is complete, or claimed by a process that was killed.
fn is_due(path: &Path) -> bool {
    let age = path.metadata().and_then(|data| data.modified()).ok();
    let age = age.and_then(|modified| SystemTime::now().duration_since(modified).ok()).unwrap_or_default();
    let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let is_claimed = path.extension() == Some(OsStr::new(CLAIMED));
    !is_hidden && age >= if is_claimed { CLAIM_EXPIRES_AFTER } else { SETTLED_AFTER }
}

/// Claims a file by renaming it. Returns the claimed file and its name, or `None` if another process was faster.
///
/// The new name is unique, because the bank may deliver the next file under the same name before this one is imported.
fn claim(path: &Path, id: Uuid) -> Option<(PathBuf, String)> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let original = original_name(&name).to_owned();
    let claimed = path.with_file_name(format!("{original}.{id}.{CLAIMED}"));
    if let Err(error) = std::fs::rename(path, &claimed) {
        if error.kind() != io::ErrorKind::NotFound {
            let error = not_permitted(&error, "write", path.parent().unwrap_or(path));
            log::warn!("the inbox file {name} cannot be renamed, so it is not imported: {error}");
        }
        return None;
    }
    // The time of the claim is the time of the file from now on.
    let touched = File::options().append(true).open(&claimed);
    let _ = touched.and_then(|file| file.set_modified(SystemTime::now()));
    Some((claimed, original))
}

/// Adds the path to an error, and the permission that is missing.
fn not_permitted(error: &io::Error, permission: &str, path: &Path) -> io::Error {
    let path = path.display();
    let remedy = match error.kind() {
        io::ErrorKind::PermissionDenied => format!("; give Hermes the permission to {permission} {path}"),
        _ => String::new(),
    };
    io::Error::new(error.kind(), format!("{path}: {error}{remedy}"))
}

/// Returns the name that a file had before it was claimed.
fn original_name(name: &str) -> &str {
    let claimed = name.strip_suffix(CLAIMED).and_then(|name| name.strip_suffix('.'));
    let parts = claimed.and_then(|name| name.rsplit_once('.'));
    parts.filter(|(_, id)| Uuid::try_parse(id).is_ok()).map_or(name, |(original, _)| original)
}

/// Moves a file into a folder, under a numbered name if its name exists there.
fn move_into(from: &Path, folder: &Path, name: &str) -> Result<(), io::Error> {
    for target in free_names(folder, name) {
        match move_new(from, &target) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result,
        }
    }
    Ok(())
}

/// Returns the paths for a name in a folder that do not exist yet. A file may appear there meanwhile.
fn free_names(folder: &Path, name: &str) -> impl Iterator<Item = PathBuf> {
    let numbered = (1_u64..).map(move |number| format!("{name}.{number}"));
    let paths = std::iter::once(name.to_owned()).chain(numbered).map(|name| folder.join(name));
    paths.filter(|path| !path.exists())
}

/// Moves a file to a path that does not exist. A link, unlike renaming, replaces no file that appears there meanwhile.
///
/// # Errors
/// Returns [`io::ErrorKind::AlreadyExists`] if the path exists, or an error if the file cannot be moved.
fn move_new(from: &Path, to: &Path) -> Result<(), io::Error> {
    match std::fs::hard_link(from, to) {
        Ok(()) => std::fs::remove_file(from),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // The folder is on another file system, the file system has no links, or the file belongs to another user.
        Err(_) => {
            File::create_new(to)?;
            move_file(from, to).inspect_err(|_| super::remove_file(to))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_permission_is_named_with_its_file() {
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let error = ImportError::File(not_permitted(&denied, "read", Path::new("/inbox/a.xml")));
        assert!(
            error.log_message().ends_with(
                "/inbox/a.xml: permission denied; give Hermes the permission to read /inbox/a.xml"
            )
        );
    }

    #[test]
    fn a_file_that_was_delivered_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("claimed"), "first").unwrap();
        let mut names = free_names(folder.path(), "a.xml");
        let target = names.next().unwrap();
        std::fs::write(path("a.xml"), "second").unwrap();
        let error = move_new(&path("claimed"), &target).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        move_into(&path("claimed"), folder.path(), "a.xml").unwrap();
        let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
        assert_eq!((read("a.xml"), read("a.xml.1")), ("second".to_owned(), "first".to_owned()));
        assert!(!path("claimed").exists());
    }
}
