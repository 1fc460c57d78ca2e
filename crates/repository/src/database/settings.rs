//! Where the database is and what it may take.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use super::url;

/// How to open a database.
#[derive(Clone)]
pub struct DatabaseSettings {
    /// `mysql://user:password@host:port/name`, its parts percent-encoded, or `sqlite://path`; see
    /// [`MySqlAddress::url`] and [`DatabaseSettings::sqlite`]. Parameters of sqlx may follow a `?`.
    pub url: String,
    /// The most connections that read. Writing has its own few.
    pub readers_max: u32,
    /// How long a caller may wait for a connection.
    pub acquire_timeout: Duration,
    /// How long one statement may take, and a lock be waited for.
    pub statement_timeout: Duration,
    /// From how long on a statement is logged as slow.
    pub slow_statement: Duration,
}

impl DatabaseSettings {
    /// The default of [`Self::readers_max`].
    pub const READERS_MAX: u32 = 4;
    /// The default of [`Self::acquire_timeout`].
    pub const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(500);
    /// The default of [`Self::statement_timeout`].
    pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(3);
    /// The default of [`Self::slow_statement`].
    pub const SLOW_STATEMENT: Duration = Duration::from_millis(500);

    /// The defaults for a database.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            readers_max: Self::READERS_MAX,
            acquire_timeout: Self::ACQUIRE_TIMEOUT,
            statement_timeout: Self::STATEMENT_TIMEOUT,
            slow_statement: Self::SLOW_STATEMENT,
        }
    }

    /// The defaults for a SQLite file, which is created when it is not there.
    pub fn sqlite(file: &Path) -> Self {
        Self::new(url::of_file(file))
    }

    /// The defaults for a MySQL or MariaDB server.
    pub fn mysql(address: &MySqlAddress<'_>) -> Self {
        Self::new(address.url())
    }
}

impl fmt::Debug for DatabaseSettings {
    /// Leaves the password out.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DatabaseSettings")
            .field("url", &url::without_password(&self.url))
            .field("readers_max", &self.readers_max)
            .field("acquire_timeout", &self.acquire_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .field("slow_statement", &self.slow_statement)
            .finish()
    }
}

/// Where a MySQL or MariaDB server is and as whom to log in; any characters in any part.
#[derive(Clone, Copy, Default)]
pub struct MySqlAddress<'a> {
    /// Host name, address, or the path of a UNIX socket.
    pub host: &'a str,
    /// TCP port; without one, 3306.
    pub port: Option<u16>,
    /// The user.
    pub user: &'a str,
    /// The user's password.
    pub password: &'a str,
    /// The database.
    pub name: &'a str,
    /// `DISABLED`, `PREFERRED` (the default, which verifies nothing), `REQUIRED`, `VERIFY_CA` or
    /// `VERIFY_IDENTITY`.
    pub ssl_mode: Option<&'a str>,
    /// The file with the certificates that the server's is verified against.
    pub ssl_ca: Option<&'a str>,
}

impl MySqlAddress<'_> {
    /// The address as a URL.
    pub fn url(&self) -> String {
        let socket = self.host.starts_with('/').then_some(self.host);
        let host = match socket {
            Some(_) => "localhost".to_owned(),
            None if self.host.contains(':') => format!("[{}]", self.host),
            None => url::encode(self.host),
        };
        let parameters = [("socket", socket), ("ssl-mode", self.ssl_mode), ("ssl-ca", self.ssl_ca)]
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", url::encode(value?))))
            .collect::<Vec<_>>()
            .join("&");
        format!(
            "mysql://{}:{}@{host}:{}/{}{}{parameters}",
            url::encode(self.user),
            url::encode(self.password),
            self.port.unwrap_or(3306),
            url::encode(self.name),
            if parameters.is_empty() { "" } else { "?" },
        )
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sea_orm::sqlx::mysql::MySqlConnectOptions;
    use sea_orm::sqlx::sqlite::SqliteConnectOptions;

    use super::{DatabaseSettings, MySqlAddress};

    const ODD: MySqlAddress<'static> = MySqlAddress {
        host: "db.test",
        port: Some(3317),
        user: "fin@nce",
        password: "p:a/s?s#%w@rd ü",
        name: "hermes payments",
        ssl_mode: Some("VERIFY_IDENTITY"),
        ssl_ca: Some("/etc/ca & more.pem"),
    };

    #[test]
    fn any_characters_reach_the_driver_as_they_are() {
        let options: MySqlConnectOptions = ODD.url().parse().unwrap();
        assert_eq!((options.get_host(), options.get_port()), ("db.test", 3317));
        assert_eq!(options.get_username(), "fin@nce");
        assert_eq!(options.get_database(), Some("hermes payments"));
        assert!(ODD.url().contains("p%3Aa%2Fs%3Fs%23%25w%40rd%20%C3%BC@"));
    }

    #[test]
    fn a_path_is_a_socket_and_an_ipv6_address_gets_brackets() {
        let at = |host| MySqlAddress { host, ..ODD }.url();
        let options: MySqlConnectOptions = at("/run/my sql.sock").parse().unwrap();
        assert_eq!(options.get_socket().unwrap(), Path::new("/run/my sql.sock"));
        let options: MySqlConnectOptions = at("::1").parse().unwrap();
        assert_eq!(options.get_host().trim_matches(['[', ']']), "::1");
    }

    #[test]
    fn a_file_may_have_any_name() {
        let path = Path::new("/tmp/da ta?/50%/her#mes.db");
        let options: SqliteConnectOptions = DatabaseSettings::sqlite(path).url.parse().unwrap();
        assert_eq!(options.get_filename(), path);
        let relative = Path::new("data/hermes.db");
        let options: SqliteConnectOptions = DatabaseSettings::sqlite(relative).url.parse().unwrap();
        assert_eq!(options.get_filename(), relative);
    }

    #[test]
    fn a_password_is_not_printed() {
        let printed = format!("{:?}", DatabaseSettings::mysql(&ODD));
        assert!(printed.contains("fin%40nce:…@db.test"), "{printed}");
        assert!(!printed.contains("p%3Aa"), "{printed}");
    }
}
