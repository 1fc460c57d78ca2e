//! Access to a database server.

use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, Statement};

/// The time limit of a first connection. A crashed server recovers first.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(60);

/// The address of a MariaDB or MySQL server, and a user with all privileges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Name of the user.
    pub user: String,
    /// Password of the user. It contains only letters, digits and hyphens, so a URL needs no escapes.
    pub password: String,
}

impl Login {
    /// The user of every private server.
    pub(crate) fn private(port: u16) -> Self {
        let [user, password] = ["hermes", "hermes-Test-1"].map(str::to_owned);
        Self { host: "127.0.0.1".to_owned(), port, user, password }
    }

    /// Reads `mysql://user:password@host:port/anything`.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("mysql://")?;
        let (user, rest) = rest.split_once(':')?;
        let (password, rest) = rest.split_once('@')?;
        let (address, _) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = address.rsplit_once(':').unwrap_or((address, "3306"));
        let plain = |text: &str| !text.is_empty() && !text.contains(['%', '@', ':']);
        if ![user, password, host].into_iter().all(plain) {
            return None;
        }
        let [host, user, password] = [host, user, password].map(str::to_owned);
        Some(Self { host, port: port.parse().ok()?, user, password })
    }

    /// Returns the URL of the database `name` on this server.
    pub(crate) fn url(&self, name: &str) -> String {
        let Self { host, port, user, password } = self;
        format!("mysql://{user}:{password}@{host}:{port}/{name}")
    }

    /// Executes one statement on its own connection.
    pub(crate) async fn execute(&self, sql: &str) -> Result<(), DbErr> {
        let connection = self.connect().await?;
        let result = connection.execute_unprepared(sql).await;
        connection.close().await?;
        result.map(|_| ())
    }

    /// Returns the first column of every row of a query as text.
    pub(crate) async fn query(&self, sql: &str) -> Result<Vec<String>, DbErr> {
        let connection = self.connect().await?;
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let rows = connection.query_all_raw(statement).await;
        connection.close().await?;
        rows?.iter().map(|row| row.try_get_by_index(0)).collect()
    }

    pub(crate) async fn connect(&self) -> Result<DatabaseConnection, DbErr> {
        let mut options = ConnectOptions::new(self.url("information_schema"));
        options
            .max_connections(1)
            .connect_timeout(CONNECT_TIMEOUT)
            .acquire_timeout(CONNECT_TIMEOUT)
            .sqlx_logging(false);
        // Boxed: the nested futures would otherwise exceed the compiler's recursion limit.
        Box::pin(Database::connect(options)).await
    }
}

#[cfg(test)]
mod tests {
    use super::Login;

    #[test]
    fn a_url_is_read_into_its_parts_and_written_again() {
        let login = Login::parse("mysql://hermes:hermes-Test-1@db.test:3317/hermes_payments").unwrap();
        assert_eq!((login.host.as_str(), login.port), ("db.test", 3317));
        assert_eq!(login.url("other"), "mysql://hermes:hermes-Test-1@db.test:3317/other");
    }

    #[test]
    fn the_port_has_a_default() {
        assert_eq!(Login::parse("mysql://hermes:secret@db.test").unwrap().port, 3306);
    }

    #[test]
    fn a_url_with_escapes_or_without_a_password_is_rejected() {
        assert_eq!(Login::parse("mysql://hermes:se%40cret@db.test/x"), None);
        assert_eq!(Login::parse("mysql://hermes@db.test/x"), None);
        assert_eq!(Login::parse("postgres://hermes:secret@db.test/x"), None);
    }
}
