//! Checks who can read the files of Hermes, and the free disk space.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use hermes_web::limits::StorageLevel;

use super::Finding;
use crate::cli::KeyFile;
use crate::compose::{self, data_folder, server_key};
use crate::config::{self, Configuration, Settings};

/// Names of secrets in `.env` and in configuration files. A URL is a secret only if it contains a login.
const SECRETS: [&str; 5] =
    ["DB_PASSWORD", "REDIS_PASSWORD", "HERMES__DATABASE__PASSWORD", "HERMES__MAIL__PASSWORD", "PASSWORD"];
const SECRET_URLS: [&str; 3] = ["REDIS_URL", "HERMES__REDIS__URL", "URL"];

pub(super) fn check(configuration: &Configuration, key: &KeyFile) -> Vec<Finding> {
    let settings = &configuration.settings;
    let mut findings = vec![check_server_key(settings), check_secret_files(configuration, key)];
    if settings.is_embedded() {
        findings.push(check_data_folder(&settings.database.data_dir));
    }
    findings
}

fn check_server_key(settings: &Settings) -> Finding {
    let action = "name the file of the key in HERMES__ACCESS__SERVER_KEY_FILE, and let only the user of Hermes read it";
    match server_key::check(settings) {
        Ok(found) => Finding::ok("server-key", found),
        Err(error) => Finding::error("server-key", &error, action),
    }
}

fn check_data_folder(folder: &Path) -> Finding {
    let open = data_folder::find_open_to_others(folder);
    if open.is_empty() {
        return Finding::ok("data-folder", "only this user has access");
    }
    let texts: Vec<_> =
        open.iter().map(|found| format!("{} has mode {:04o}", found.path.display(), found.mode)).collect();
    let folder = folder.display();
    Finding::problem(
        "data-folder",
        format!("other users have access: {}", texts.join(", ")),
        format!(
            "run `chmod -R go= {folder}`, or start Hermes, which does so unless other programs use the folder"
        ),
    )
}

/// Checks every file that contains a password or a key.
fn check_secret_files(configuration: &Configuration, key: &KeyFile) -> Finding {
    let files: Vec<_> = secret_files(configuration, key).into_iter().filter(|file| file.exists()).collect();
    let mode = |file: &PathBuf| fs::metadata(file).map_or(0, |metadata| metadata.mode() & 0o7777);
    let open: Vec<_> = files.iter().filter(|file| mode(file) & server_key::FORBIDDEN_MODE != 0).collect();
    if open.is_empty() {
        return Finding::ok("secret-files", format!("other users can read none of {} files", files.len()));
    }
    let texts: Vec<_> =
        open.iter().map(|file| format!("{} has mode {:04o}", file.display(), mode(file))).collect();
    let names: Vec<_> = open.iter().map(|file| file.display().to_string()).collect();
    Finding::problem(
        "secret-files",
        format!("other users have access to secrets: {}", texts.join(", ")),
        format!("run `chmod 600 {}`", names.join(" ")),
    )
}

fn secret_files(configuration: &Configuration, key: &KeyFile) -> Vec<PathBuf> {
    let Settings { database, redis, mail, access, .. } = &configuration.settings;
    let named = [&database.password_file, &redis.url_file, &mail.password_file, &access.first_key_file];
    let named = named.into_iter().filter(|file| !file.as_os_str().is_empty()).cloned();
    let texts = config::files(configuration.environment)
        .into_iter()
        .chain([PathBuf::from(".env")])
        .filter(|file| fs::read_to_string(file).is_ok_and(|text| contains_secret(&text)));
    named.chain(key.key_file.clone()).chain(texts).collect()
}

/// Returns whether a file of assignments sets a secret.
fn contains_secret(text: &str) -> bool {
    text.lines().filter_map(|line| line.split_once('=')).any(|(name, value)| {
        let name = name.trim().trim_start_matches("export ").to_ascii_uppercase();
        let value = value.trim().trim_matches(['"', '\'']);
        let is_secret = SECRETS.contains(&name.as_str()) && !value.is_empty();
        is_secret || (SECRET_URLS.contains(&name.as_str()) && value.contains('@'))
    })
}

/// Checks the disk of an SQLite database.
pub(super) fn check_disk_space(settings: &Settings) -> Finding {
    const CODE: &str = "disk-space";
    const ACTION: &str = "free disk space, or move DATA_DIR to a larger disk";
    if !settings.is_embedded() {
        return Finding::ok(CODE, "the database server has its own disk, which its monitoring must watch");
    }
    let min = settings.server.min_free_bytes;
    let free = match compose::free_bytes(&settings.database.data_dir) {
        Ok(free) => free,
        Err(error) => {
            return Finding::problem(CODE, format!("cannot measure the free space: {error}"), ACTION);
        }
    };
    let mib = |bytes: u64| bytes / (1024 * 1024);
    let space = format!("{} MiB are free, and server.min_free_bytes is {} MiB", mib(free), mib(min));
    match StorageLevel::new(free, min) {
        StorageLevel::Sufficient => Finding::ok(CODE, space),
        StorageLevel::Low => Finding::problem(CODE, format!("{space}: the booking form is closed"), ACTION),
        StorageLevel::Full => {
            Finding::problem(CODE, format!("{space}: all writes except receipts are rejected"), ACTION)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_a_password_or_a_login_in_a_url_contains_a_secret() {
        for text in [
            "DB_PASSWORD=x",
            "HERMES__MAIL__PASSWORD=x",
            "a=1\nexport DB_PASSWORD='x'",
            "[database]\npassword = \"x\"",
            "REDIS_URL=redis://:x@h",
        ] {
            assert!(contains_secret(text), "{text}");
        }
        for text in
            ["DB_PASSWORD=", "#DB_PASSWORD=x", "password = \"\"", "REDIS_URL=redis://h:6379", "PORT=1"]
        {
            assert!(!contains_secret(text), "{text}");
        }
    }
}
