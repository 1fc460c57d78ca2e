//! Private MariaDB servers.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::folder::Folder;
use crate::program;
use crate::requirement::missing;
use crate::sql_server::{Programs, SqlServer, argument};

const PROGRAM_VARIABLE: &str = "HERMES_TEST_MARIADBD";

/// Small files and buffers start fast. No option weakens durability.
const SIZES: [&str; 3] =
    ["--innodb-log-file-size=32M", "--innodb-buffer-pool-size=64M", "--innodb-undo-tablespaces=0"];

/// Starts a MariaDB for one test, which may kill, restart and pause it. `None` if none is installed.
///
/// For a database on a shared server, use [`mariadb`](crate::mariadb()).
pub async fn private_mariadb() -> Option<SqlServer> {
    private_mariadb_with(&[]).await
}

/// Starts a MariaDB with more options, which override the default ones.
pub async fn private_mariadb_with(options: &[&str]) -> Option<SqlServer> {
    let Some(program) = program::find(PROGRAM_VARIABLE, &["mariadbd", "mysqld"], is_mariadb) else {
        let reason = "no mariadbd on the PATH (install mariadb-server, or set HERMES_TEST_MARIADBD)";
        return missing("mariadb", reason);
    };
    Some(SqlServer::start(programs(&program), Folder::new("mariadb"), options).await)
}

fn is_mariadb(version: &str) -> bool {
    version.contains("MariaDB")
}

fn programs(program: &Path) -> Programs {
    let installation = program::installation(program);
    let base = argument("basedir", &installation);

    let mut prepare = Command::new(install_program(&installation));
    prepare.arg("--no-defaults").arg(&base).args(SIZES);
    prepare.args(["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]);
    // An incomplete folder is discarded, so the preparation need not flush.
    prepare.args(["--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync"]);

    let mut serve = Command::new(program);
    serve.arg("--no-defaults").arg(&base).args(SIZES);
    Programs { prepare, serve }
}

fn install_program(installation: &Path) -> PathBuf {
    let near = ["bin", "scripts"].map(|folder| installation.join(folder).join("mariadb-install-db"));
    let found = near.into_iter().find(|path| path.is_file());
    found
        .or_else(|| program::candidates(&["mariadb-install-db"]).next())
        .expect("mariadb-install-db is installed with mariadbd")
}

#[cfg(test)]
mod tests {
    use super::private_mariadb;

    #[tokio::test]
    async fn a_committed_row_survives_a_kill() {
        let Some(mut server) = private_mariadb().await else {
            return;
        };
        let login = server.login().clone();
        login.execute("CREATE DATABASE durable").await.unwrap();
        login.execute("CREATE TABLE durable.texts (text VARCHAR(10)) ENGINE = InnoDB").await.unwrap();
        login.execute("INSERT INTO durable.texts VALUES ('here')").await.unwrap();

        server.kill();
        assert!(std::net::TcpStream::connect(("127.0.0.1", server.port())).is_err());
        server.restart().await;

        assert_eq!(login.query("SELECT text FROM durable.texts").await.unwrap(), ["here"]);
    }

    #[tokio::test]
    async fn a_paused_server_replies_when_it_is_resumed() {
        let Some(mut server) = private_mariadb().await else {
            return;
        };
        let login = server.login().clone();

        server.pause();
        let reply = tokio::spawn(async move { login.query("SELECT 'late'").await });
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert!(!reply.is_finished());
        server.resume();

        assert_eq!(reply.await.unwrap().unwrap(), ["late"]);
    }

    #[tokio::test]
    async fn durability_is_not_weakened() {
        let Some(server) = private_mariadb().await else {
            return;
        };
        let sql = "SELECT CONCAT(@@innodb_flush_log_at_trx_commit, @@innodb_doublewrite)";
        assert_eq!(server.login().query(sql).await.unwrap(), ["1ON"]);
    }
}
