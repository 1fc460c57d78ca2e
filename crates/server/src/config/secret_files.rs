//! Secrets from files, such as those that Docker and Kubernetes mount.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use secrecy::{ExposeSecret, SecretString};

use super::Settings;

/// The maximum size of a secret in a file, in bytes.
const SECRET_BYTES_MAX: u64 = 4_096;

/// Replaces each secret that is in a file by the content of the file.
///
/// # Errors
/// If a secret is set twice, or its file cannot be read or is empty. The message contains no secret.
pub(super) fn resolve(settings: &mut Settings) -> Result<()> {
    let Settings { database, redis, mail, .. } = settings;
    resolve_one(&mut database.password, &database.password_file, "DB_PASSWORD", "database.password")?;
    resolve_one(&mut redis.url, &redis.url_file, "REDIS_URL", "redis.url")?;
    resolve_one(&mut mail.password, &mail.password_file, "HERMES__MAIL__PASSWORD", "mail.password")
}

fn resolve_one(secret: &mut SecretString, file: &Path, variable: &str, key: &str) -> Result<()> {
    if file.as_os_str().is_empty() {
        return Ok(());
    }
    ensure!(
        secret.expose_secret().is_empty(),
        "{variable} ({key}) and {variable}_FILE ({key}_file) are both set; remove one of them"
    );
    *secret = read_secret(file, &format!("{variable}_FILE"))?;
    Ok(())
}

/// Reads a secret from the file that `variable` names, without the newline at its end.
///
/// # Errors
/// If the file cannot be read, is empty or is too large. The message names the file and the variable.
pub fn read_secret(file: &Path, variable: &str) -> Result<SecretString> {
    let path = file.display();
    let mut text = String::new();
    File::open(file)
        .and_then(|file| file.take(SECRET_BYTES_MAX + 1).read_to_string(&mut text))
        .with_context(|| {
            format!(
                "cannot read {path}; let the user of Hermes read the file, or name another one with {variable}"
            )
        })?;
    ensure!(
        u64::try_from(text.len()).is_ok_and(|length| length <= SECRET_BYTES_MAX),
        "{path} is larger than {SECRET_BYTES_MAX} bytes; {variable} must name a file that contains only the secret"
    );
    let secret = text.trim_end_matches(['\r', '\n']);
    ensure!(
        !secret.is_empty(),
        "{path} is empty; write the secret into it, or name another file with {variable}"
    );
    Ok(secret.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &str) -> Result<String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        read_secret(file.path(), "DB_PASSWORD_FILE").map(|secret| secret.expose_secret().to_owned())
    }

    #[test]
    fn a_newline_at_the_end_is_not_part_of_the_secret() {
        for content in ["se cret", "se cret\n", "se cret\r\n"] {
            assert_eq!(read(content).unwrap(), "se cret");
        }
        assert_eq!(read(" x ").unwrap(), " x ");
    }

    #[test]
    fn an_empty_large_or_missing_file_is_rejected_with_its_path_and_the_variable() {
        let missing = read_secret(Path::new("/no/such/file"), "DB_PASSWORD_FILE").map(drop);
        for (result, reason) in [
            (read("").map(drop), "is empty"),
            (read("\n").map(drop), "is empty"),
            (read(&"x".repeat(5_000)).map(drop), "larger than 4096 bytes"),
            (missing, "cannot read /no/such/file"),
        ] {
            let error = format!("{:#}", result.unwrap_err());
            assert!(error.contains(reason) && error.contains("DB_PASSWORD_FILE"), "{error}");
            assert!(error.contains('/') && !error.contains("xx"), "{error}");
        }
    }

    #[test]
    fn a_secret_that_is_set_twice_is_rejected_with_both_names() {
        let mut secret = SecretString::from("tops3cret");
        let error =
            resolve_one(&mut secret, Path::new("x"), "REDIS_URL", "redis.url").unwrap_err().to_string();
        assert_eq!(
            error,
            "REDIS_URL (redis.url) and REDIS_URL_FILE (redis.url_file) are both set; remove one of them"
        );
    }
}
