//! A portal on a private database server and a private Redis.

use std::time::Duration;

use hermes_test_support::{SqlServer, private_mariadb, private_mysql};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use super::Portal;
use super::record::Record;
use crate::support::{TestApp, TestEnvironment, rows};

/// A user without the privileges that bypass `read_only` and `max_connections`.
const USER: &str = "portal";
const PASSWORD: &str = "portal-Test-1";
const LOGIN: [(&str, &str); 2] = [("DB_USER", USER), ("DB_PASSWORD", PASSWORD)];

/// Attempts to list the sessions while they execute statements.
const LIST_ATTEMPTS: usize = 1_000;

/// The servers of one check. The order of the fields matters: the portal ends first.
pub struct Setup {
    pub portal: Portal,
    /// A connection of the administrator.
    pub owner: DatabaseConnection,
    pub environment: TestEnvironment,
    pub server: SqlServer,
    pub name: &'static str,
    record: Record,
}

impl Setup {
    /// Starts one setup for each installed database server.
    pub async fn all(fault: &str, injection: &'static str) -> Vec<Self> {
        Self::all_with(fault, injection, &[]).await
    }

    /// Starts the setups with additional variables.
    pub async fn all_with(fault: &str, injection: &'static str, more: &[(&'static str, &str)]) -> Vec<Self> {
        let servers = [("MariaDB", private_mariadb().await), ("MySQL", private_mysql().await)];
        let mut all = Vec::new();
        for (name, server) in servers {
            let Some(server) = server else { continue };
            let Some(redis) = hermes_test_support::redis().await else { continue };
            let environment = TestEnvironment::new(server.create_database().await, Some(redis));
            let owner = rows::connect(&environment).await;
            for sql in [
                format!("CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}'"),
                format!("GRANT ALL ON {}.* TO '{USER}'@'%'", environment.database.name()),
            ] {
                owner.execute_unprepared(&sql).await.unwrap();
            }
            let record = Record::begin(fault, name, injection);
            let app = TestApp::start_with(&environment, &[&LOGIN, more].concat()).await;
            let portal = Portal::new(app).await;
            all.push(Self { portal, owner, environment, server, name, record });
        }
        all
    }

    /// Executes a statement of the administrator.
    pub async fn execute(&self, sql: &str) {
        self.owner.execute_unprepared(sql).await.unwrap();
    }

    /// Ends all database sessions of the portal.
    pub async fn end_sessions(&self) {
        let sql =
            format!("SELECT CAST(id AS SIGNED) FROM information_schema.processlist WHERE user = '{USER}'");
        let statement = Statement::from_string(self.owner.get_database_backend(), sql);
        // MySQL rejects the query while a session executes a statement with binary values.
        let listed = async || self.owner.query_all_raw(statement.clone()).await;
        let mut sessions = listed().await;
        for _ in 0..LIST_ATTEMPTS {
            if sessions.is_err() {
                sessions = listed().await;
            }
        }
        for session in sessions.unwrap() {
            let id: i64 = session.try_get_by_index(0).unwrap();
            // The session may have ended meanwhile.
            let _ = self.owner.execute_unprepared(&format!("KILL {id}")).await;
        }
    }

    /// Creates another user with the rights of the portal; returns the URL of the database for it.
    pub async fn foreign_url(&self) -> String {
        let (login, name) = (self.environment.database.login().unwrap(), self.environment.database.name());
        self.execute(&format!("CREATE USER 'foreign'@'%' IDENTIFIED BY '{PASSWORD}'")).await;
        self.execute(&format!("GRANT ALL ON {name}.* TO 'foreign'@'%'")).await;
        format!("mysql://foreign:{PASSWORD}@{}:{}/{name}", login.host, login.port)
    }

    /// Measures the recovery after the fault has ended, and checks that nothing is lost.
    pub async fn finish(self, (reads, writes): (String, String)) {
        let recovered = self.portal.wait_for_recovery().await;
        self.finish_after(reads, writes, Some(recovered)).await;
    }

    /// Checks that nothing is lost.
    pub async fn finish_after(self, reads: String, writes: String, recovered: Option<Duration>) {
        self.portal.assert_nothing_is_lost().await;
        self.record.finish(reads, writes, recovered);
    }
}
