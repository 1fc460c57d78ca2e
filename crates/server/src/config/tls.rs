//! How the TLS connection to the database is verified.

use super::Environment;
use super::environment::is_loopback;
use super::settings::Database;

/// The mode that encrypts and verifies the certificate, its authority and the host name.
const VERIFY_IDENTITY: &str = "verify_identity";
/// The mode that verifies the authority, but not the host name.
const VERIFY_CA: &str = "verify_ca";
/// The mode that encrypts if the server can, and verifies nothing.
const PREFERRED: &str = "preferred";

/// The TLS modes of the database connection.
pub(super) const SSL_MODES: [&str; 5] = ["disabled", PREFERRED, "required", VERIFY_CA, VERIFY_IDENTITY];

/// Sets the mode if the configuration leaves it empty.
pub(super) fn set_default_mode(database: &mut Database, environment: Environment) {
    if database.ssl_mode.is_empty() {
        database.ssl_mode = default_mode(environment, &database.host).to_owned();
    }
}

/// Returns the default mode. Across a network in production, only a verified server gets the password.
fn default_mode(environment: Environment, host: &str) -> &'static str {
    // A path is a UNIX socket. An empty host is SQLite.
    let is_local = host.is_empty() || host.starts_with('/') || is_loopback(host);
    match environment {
        Environment::Production if !is_local => VERIFY_IDENTITY,
        Environment::Production | Environment::Development => PREFERRED,
    }
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

    #[test]
    fn production_verifies_the_identity_of_a_server_on_another_host() {
        let production = |host| default_mode(Environment::Production, host);
        for host in ["db.example.org", "10.0.0.5", "mysql", "::ffff:10.0.0.5"] {
            assert_eq!(production(host), "verify_identity", "{host}");
            assert_eq!(default_mode(Environment::Development, host), "preferred", "{host}");
        }
        for host in ["", "localhost", "127.0.0.1", "127.0.0.2", "::1", "/run/mysqld/mysqld.sock"] {
            assert_eq!(production(host), "preferred", "{host}");
        }
    }
}
