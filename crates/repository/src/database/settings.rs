//! The address and the limits of a database.

use std::path::Path;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Every byte except letters, digits, `-`, `.`, `_` and `~` (RFC 3986, 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// The settings with which [`Database::connect`](super::Database::connect) opens a database.
///
/// The type has no `Debug`, because the URL may contain a password.
#[derive(Clone)]
pub struct DatabaseSettings {
    /// `mysql://user:password@host:port/name`, with percent-encoded parts, or `sqlite://path`.
    ///
    /// [`MySqlAddress::url`] and [`DatabaseSettings::sqlite`] encode the parts. Parameters of sqlx may follow a `?`.
    pub url: String,
    /// Connections of the reader pool. The writer pool has one or two connections of its own.
    pub max_readers: u32,
    /// How long a caller waits for a connection.
    pub acquire_timeout: Duration,
    /// The limit of one statement, including its wait for locks.
    pub statement_timeout: Duration,
    /// The duration from which a statement is logged as slow.
    pub slow_statement: Duration,
}

impl DatabaseSettings {
    /// Returns the default settings for a URL: 4 readers, 500 ms to acquire a connection, 3 s for a statement, and
    /// statements logged as slow from 500 ms.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_readers: 4,
            acquire_timeout: Duration::from_millis(500),
            statement_timeout: Duration::from_secs(3),
            slow_statement: Duration::from_millis(500),
        }
    }

    /// Returns the default settings for a SQLite file, which is created if missing.
    pub fn sqlite(file: &Path) -> Self {
        let path = file.to_string_lossy();
        Self::new(format!("sqlite://{}", utf8_percent_encode(&path, RESERVED_IN_PATH)))
    }

    /// Returns the default settings for a MySQL or MariaDB server.
    pub fn mysql(address: &MySqlAddress<'_>) -> Self {
        Self::new(address.url())
    }
}

/// The address of a MySQL or MariaDB server and the login. Every part may contain any characters.
#[derive(Clone, Copy, Default)]
pub struct MySqlAddress<'a> {
    /// The host name, the IP address, or the path of a UNIX socket.
    pub host: &'a str,
    /// The TCP port; `None` means 3306.
    pub port: Option<u16>,
    /// The user name.
    pub user: &'a str,
    /// The user's password.
    pub password: &'a str,
    /// The name of the database.
    pub name: &'a str,
    /// `DISABLED`, `PREFERRED` (the default, which verifies no certificate), `REQUIRED`, `VERIFY_CA` or
    /// `VERIFY_IDENTITY`.
    pub ssl_mode: Option<&'a str>,
    /// The file with the CA certificates that verify the server's certificate.
    pub ssl_ca: Option<&'a str>,
}

impl MySqlAddress<'_> {
    /// Returns the address as a URL.
    pub fn url(&self) -> String {
        let socket = self.host.starts_with('/').then_some(self.host);
        let host = match socket {
            Some(_) => "localhost".to_owned(),
            None if self.host.contains(':') => format!("[{}]", self.host),
            None => encode(self.host),
        };
        let parameters = [("socket", socket), ("ssl-mode", self.ssl_mode), ("ssl-ca", self.ssl_ca)]
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", encode(value?))))
            .collect::<Vec<_>>()
            .join("&");
        format!(
            "mysql://{}:{}@{host}:{}/{}{}{parameters}",
            encode(self.user),
            encode(self.password),
            self.port.unwrap_or(3306),
            encode(self.name),
            if parameters.is_empty() { "" } else { "?" },
        )
    }
}

/// Percent-encodes every byte that is not plain.
fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sea_orm::sqlx::mysql::MySqlConnectOptions;
    use sea_orm::sqlx::sqlite::SqliteConnectOptions;

    use super::{DatabaseSettings, MySqlAddress};

    const SPECIAL: MySqlAddress<'static> = MySqlAddress {
        host: "db.test",
        port: Some(3317),
        user: "fin@nce",
        password: "p:a/s?s#%w@rd ü",
        name: "hermes payments",
        ssl_mode: Some("VERIFY_IDENTITY"),
        ssl_ca: Some("/etc/ca & more.pem"),
    };

    #[test]
    fn the_driver_reads_any_characters_unchanged() {
        let options: MySqlConnectOptions = SPECIAL.url().parse().unwrap();
        assert_eq!((options.get_host(), options.get_port()), ("db.test", 3317));
        assert_eq!(options.get_username(), "fin@nce");
        assert_eq!(options.get_database(), Some("hermes payments"));
        assert!(SPECIAL.url().contains("p%3Aa%2Fs%3Fs%23%25w%40rd%20%C3%BC@"));
    }

    #[test]
    fn a_path_is_a_socket_and_an_ipv6_address_gets_brackets() {
        let at = |host| MySqlAddress { host, ..SPECIAL }.url();
        let options: MySqlConnectOptions = at("/run/my sql.sock").parse().unwrap();
        assert_eq!(options.get_socket().unwrap(), Path::new("/run/my sql.sock"));
        let options: MySqlConnectOptions = at("::1").parse().unwrap();
        assert_eq!(options.get_host().trim_matches(['[', ']']), "::1");
    }

    #[test]
    fn a_file_name_may_contain_any_characters() {
        let path = Path::new("/tmp/da ta?/50%/her#mes.db");
        let options: SqliteConnectOptions = DatabaseSettings::sqlite(path).url.parse().unwrap();
        assert_eq!(options.get_filename(), path);
        let relative = Path::new("data/hermes.db");
        let options: SqliteConnectOptions = DatabaseSettings::sqlite(relative).url.parse().unwrap();
        assert_eq!(options.get_filename(), relative);
    }
}
