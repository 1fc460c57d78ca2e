//! MySQL servers: private ones, or one that already runs.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::folder::Folder;
use crate::login::Login;
use crate::program;
use crate::requirement::missing;
use crate::sql_server::{Programs, SqlServer, argument};

const PROGRAM_VARIABLE: &str = "HERMES_TEST_MYSQLD";
const URL_VARIABLE: &str = "HERMES_TEST_MYSQL_URL";

/// Starts a MySQL for one test, which may kill, restart and pause it. `None` if none is installed.
///
/// For a database on a shared server, use [`mysql`](crate::mysql()). `HERMES_TEST_REQUIRE` calls a private server
/// `mysqld`, because [`mysql`](crate::mysql()) also accepts a running server.
pub async fn private_mysql() -> Option<SqlServer> {
    private_mysql_with(&[]).await
}

/// Starts a MySQL with more options, which override the default ones.
pub async fn private_mysql_with(options: &[&str]) -> Option<SqlServer> {
    match start_mysql(options).await {
        None => missing(
            "mysqld",
            "no mysqld of MySQL on the PATH (install mysql-server, or set HERMES_TEST_MYSQLD)",
        ),
        started => started,
    }
}

/// Starts a private MySQL if one is installed.
pub(crate) async fn start_mysql(options: &[&str]) -> Option<SqlServer> {
    let program = program::find(PROGRAM_VARIABLE, &["mysqld"], is_mysql)?;
    Some(SqlServer::start(programs(&program), Folder::new("mysql"), options).await)
}

/// Returns the running server that the environment names.
pub(crate) fn running_mysql() -> Option<Login> {
    let url = env::var(URL_VARIABLE).ok().filter(|url| !url.is_empty())?;
    let login = Login::parse(&url);
    Some(
        login.unwrap_or_else(|| {
            panic!("{URL_VARIABLE} is not mysql://user:password@host:port, without escapes")
        }),
    )
}

/// A MySQL build may omit its name from the version. MariaDB never does.
fn is_mysql(version: &str) -> bool {
    !version.contains("MariaDB")
}

fn programs(program: &Path) -> Programs {
    let base = argument("basedir", &program::installation(program));
    let command = |mode: &[&str]| {
        let mut command = Command::new(program);
        command.arg("--no-defaults").arg(&base).args(mode);
        command.args(["--mysqlx=OFF", "--secure-file-priv=NULL", "--innodb-buffer-pool-size=64M"]);
        command
    };
    Programs { prepare: command(&["--initialize-insecure"]), serve: command(&[]) }
}

#[cfg(test)]
mod tests {
    use super::private_mysql;

    #[tokio::test]
    async fn a_private_server_starts_and_is_not_mariadb() {
        let Some(server) = private_mysql().await else {
            return;
        };
        let version = server.login().query("SELECT VERSION()").await.unwrap();
        assert!(!version[0].contains("MariaDB"));
    }
}
