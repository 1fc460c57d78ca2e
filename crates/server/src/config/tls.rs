//! How the TLS connection to the database is verified.

use anyhow::{Context, Result};

use super::Environment;
use super::safety::is_loopback;
use super::settings::Database;

/// The mode that encrypts and verifies the certificate, its authority and the host name.
const VERIFY_IDENTITY: &str = "verify_identity";
/// The mode that verifies the authority, but not the host name.
const VERIFY_CA: &str = "verify_ca";
/// The mode that encrypts if the server can, and verifies nothing.
const PREFERRED: &str = "preferred";

/// The TLS modes of the database connection.
pub(super) const SSL_MODES: [&str; 5] = ["disabled", PREFERRED, "required", VERIFY_CA, VERIFY_IDENTITY];

impl Database {
    /// Returns whether no network lies between Hermes and the database: SQLite, a UNIX socket or a loopback address.
    pub fn is_local(&self) -> bool {
        self.host.is_empty() || self.host.starts_with('/') || is_loopback(&self.host)
    }
}

/// Sets the mode if the configuration leaves it empty.
///
/// Across a network in production, only a verified server gets the password, unless the operator trusts the network.
pub(super) fn set_default_mode(database: &mut Database, environment: Environment) {
    if !database.ssl_mode.is_empty() {
        return;
    }
    let must_verify =
        environment == Environment::Production && !database.is_local() && !database.allow_plaintext;
    database.ssl_mode = if must_verify { VERIFY_IDENTITY } else { PREFERRED }.to_owned();
}

/// Checks that the file of the certificate authority can be read. The driver's error would not name the file.
///
/// # Errors
/// If the file cannot be read.
pub(super) fn check_authority(database: &Database) -> Result<()> {
    let file = &database.ssl_ca;
    if !file.is_empty() && !database.host.is_empty() {
        std::fs::read(file).with_context(|| {
            format!(
                "cannot read {file}, which database.ssl_ca names as the file of the certificate authority"
            )
        })?;
    }
    Ok(())
}

/// Returns a warning for a mode that verifies less than its name suggests.
pub(super) fn warning(database: &Database) -> Option<String> {
    (database.ssl_mode == VERIFY_CA && !database.host.is_empty()).then(|| {
        "database.ssl_mode is verify_ca: the driver then also trusts every public certificate authority and does not \
         compare the host name, so another server with a public certificate is accepted; set it to verify_identity"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::config::sources::DEFAULTS;

    fn database(host: &str) -> Database {
        let source = config::File::from_str(DEFAULTS, config::FileFormat::Toml);
        let merged = config::Config::builder().add_source(source).build().unwrap();
        Database { host: host.to_owned(), ..merged.try_deserialize::<Settings>().unwrap().database }
    }

    /// Returns the mode that the defaults result in.
    fn mode(environment: Environment, host: &str, allow_plaintext: bool) -> String {
        let mut database = database(host);
        database.allow_plaintext = allow_plaintext;
        set_default_mode(&mut database, environment);
        database.ssl_mode
    }

    #[test]
    fn a_missing_authority_is_named() {
        let with = |ssl_ca: &str| Database { ssl_ca: ssl_ca.to_owned(), ..database("db.example.org") };
        let error = check_authority(&with("/missing/ca.pem")).unwrap_err().to_string();
        assert!(error.contains("/missing/ca.pem") && error.contains("database.ssl_ca"), "{error}");
        assert!(check_authority(&with("")).is_ok());
        assert!(check_authority(&with(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))).is_ok());
    }

    #[test]
    fn production_verifies_the_identity_of_a_server_on_another_host() {
        for host in ["db.example.org", "10.0.0.5", "mysql", "::ffff:10.0.0.5"] {
            assert_eq!(mode(Environment::Production, host, false), "verify_identity", "{host}");
            assert_eq!(mode(Environment::Production, host, true), "preferred", "{host}");
            assert_eq!(mode(Environment::Development, host, false), "preferred", "{host}");
        }
        for host in ["", "localhost", "127.0.0.1", "127.0.0.2", "::1", "/run/mysqld/mysqld.sock"] {
            assert_eq!(mode(Environment::Production, host, false), "preferred", "{host}");
        }
    }
}
