//! The server key: read from its file, or created in the data folder.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use data_encoding::HEXLOWER_PERMISSIVE;
use hermes_domain::access::ServerKey;
use secrecy::ExposeSecret;

use super::data_folder::{self, SERVER_KEY_FILE};
use crate::config::{Settings, read_secret};

const VARIABLE: &str = "HERMES__ACCESS__SERVER_KEY_FILE";

/// Permissions that a file with a secret must not grant: writing to the group, and anything to all others.
pub const FORBIDDEN_MODE: u32 = 0o027;

/// Reads the server key. If its file is in the data folder and missing, creates it with mode 0600.
///
/// # Errors
/// If the file cannot be read or created, or does not contain a key. The message contains no part of the key.
pub fn load(settings: &Settings) -> Result<ServerKey> {
    let path = path(settings);
    if path.parent() == Some(settings.database.data_dir.as_path()) && !path.exists() {
        data_folder::prepare(&settings.database.data_dir)?;
        create(&path).with_context(|| {
            format!(
                "cannot create the server key {}; let the user of Hermes write to its folder",
                path.display()
            )
        })?;
        if !settings.is_embedded() {
            log::warn!(
                "created the server key {}: if several instances use this database, give all of them the same file \
                 and set {VARIABLE}",
                path.display()
            );
        }
    }
    read(&path)
}

/// Checks the key and the permissions of its file, without creating it.
///
/// # Errors
/// If the key is invalid, or other users have access to it.
pub fn check(settings: &Settings) -> Result<String> {
    let path = path(settings);
    let shown = path.display();
    if settings.access.server_key_file.as_os_str().is_empty() && !path.exists() {
        return Ok(format!("the next start creates {shown}"));
    }
    read(&path)?;
    let mode = fs::metadata(&path)?.mode() & 0o7777;
    if mode & FORBIDDEN_MODE != 0 {
        bail!("{shown} has mode {mode:04o}, so other users have access to the key; run chmod 600 {shown}");
    }
    Ok(format!("{shown} has mode {mode:04o}"))
}

fn path(settings: &Settings) -> PathBuf {
    let named = &settings.access.server_key_file;
    if named.as_os_str().is_empty() {
        settings.database.data_dir.join(SERVER_KEY_FILE)
    } else {
        named.clone()
    }
}

/// Writes a new key to a temporary file and renames it. Until then, no process sees the file. If another process creates
/// the key first, its key remains.
fn create(path: &Path) -> io::Result<()> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    // The file has mode 0600.
    let mut file = tempfile::Builder::new().prefix(SERVER_KEY_FILE).tempfile_in(folder)?;
    writeln!(file, "{}", HEXLOWER_PERMISSIVE.encode(&bytes))?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => fs::File::open(folder)?.sync_all(),
    }
}

fn read(path: &Path) -> Result<ServerKey> {
    let text = read_secret(path, VARIABLE)?;
    parse(text.expose_secret()).ok_or_else(|| {
        anyhow!(
            "{} must contain 32 bytes as 64 hexadecimal digits; create another key with `openssl rand -hex 32`",
            path.display()
        )
    })
}

fn parse(text: &str) -> Option<ServerKey> {
    HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok()?.try_into().ok().map(ServerKey::new)
}

#[cfg(test)]
mod tests {
    use tempfile::NamedTempFile;

    use super::*;

    fn derive(key: &ServerKey) -> [u8; 32] {
        key.derive("test", &[])
    }

    #[test]
    fn a_key_is_32_bytes_as_hexadecimal_digits() {
        let expected = derive(&ServerKey::new([0xab; 32]));
        for text in ["ab".repeat(32), "AB".repeat(32) + " "] {
            assert_eq!(parse(&text).map(|key| derive(&key)), Some(expected), "{text}");
        }
        for text in [
            "",
            "ab",
            &"ab".repeat(31),
            &"ab".repeat(33),
            &"zz".repeat(32),
            "a key of thirty-two characters..",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn processes_that_create_the_key_at_the_same_time_read_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SERVER_KEY_FILE);
        let start = std::sync::Barrier::new(8);
        let keys: Vec<_> = std::thread::scope(|scope| {
            let create_and_read = || {
                start.wait();
                create(&path).unwrap();
                derive(&read(&path).unwrap())
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(create_and_read)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a temporary file remains");
    }

    #[test]
    fn an_invalid_key_is_rejected_with_its_path_and_is_not_repeated() {
        let file = NamedTempFile::new().unwrap();
        fs::write(file.path(), "tops3cret").unwrap();
        let error = format!("{:#}", read(file.path()).unwrap_err());
        assert!(error.contains(&file.path().display().to_string()) && error.contains("openssl"), "{error}");
        assert!(!error.contains("tops3cret"), "{error}");
    }
}
