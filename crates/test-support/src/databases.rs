//! Empty databases on servers that the tests of a binary share.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sea_orm::DbErr;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::login::Login;
use crate::mariadb::private_mariadb;
use crate::mysql::{running_mysql, start_mysql};
use crate::requirement::missing;
use crate::sql_server::SqlServer;
use crate::test_database::{PREFIX, TestDatabase, drop_database};

/// The age of a database that no running test can use.
const ORPHAN_AGE: Duration = Duration::from_secs(3600);

/// Creates a database on the MariaDB that the tests of this binary share. `None` if none is installed.
pub async fn mariadb() -> Option<TestDatabase> {
    static SERVER: OnceCell<SqlServer> = OnceCell::const_new();
    // A missing server is not cached, so each skipped test reports it.
    let server = SERVER.get_or_try_init(async || private_mariadb().await.ok_or(())).await.ok()?;
    Some(TestDatabase::on_shared_server(server.login()).await)
}

/// Creates a database on the MySQL of `HERMES_TEST_MYSQL_URL`, or on one that the tests of this binary share.
/// `None` if there is neither.
pub async fn mysql() -> Option<TestDatabase> {
    static SERVER: OnceCell<SqlServer> = OnceCell::const_new();
    static SWEPT: OnceCell<()> = OnceCell::const_new();
    if let Some(login) = running_mysql() {
        SWEPT.get_or_init(async || drop_orphans(&login).await.expect("the named MySQL replies")).await;
        return Some(TestDatabase::on_shared_server(&login).await);
    }
    match SERVER.get_or_try_init(async || start_mysql(&[]).await.ok_or(())).await {
        Ok(server) => Some(TestDatabase::on_shared_server(server.login()).await),
        Err(()) => missing(
            "mysql",
            "no MySQL (set HERMES_TEST_MYSQL_URL, install mysql-server, or set HERMES_TEST_MYSQLD)",
        ),
    }
}

/// Drops the databases that killed tests have left on a running server.
async fn drop_orphans(login: &Login) -> Result<(), DbErr> {
    let names = login.query("SELECT CAST(schema_name AS CHAR) FROM information_schema.schemata").await?;
    for name in names.iter().filter(|name| is_orphan(name, SystemTime::now())) {
        drop_database(login, name).await?;
    }
    Ok(())
}

fn is_orphan(name: &str, now: SystemTime) -> bool {
    let id = name.strip_prefix(PREFIX).and_then(|id| Uuid::try_parse(id).ok());
    let Some(created) = id.and_then(|id| id.get_timestamp()) else {
        return false;
    };
    let (seconds, _) = created.to_unix();
    now > UNIX_EPOCH + Duration::from_secs(seconds) + ORPHAN_AGE
}

#[cfg(test)]
mod tests;
