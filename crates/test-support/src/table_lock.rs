//! The lock that a backup holds.

use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::login::Login;

/// All tables of a server, locked for reading (`FLUSH TABLES WITH READ LOCK`) until it is released. A server that
/// ends forgets it.
#[derive(Debug)]
pub struct TableLock {
    connection: DatabaseConnection,
}

impl TableLock {
    pub(crate) async fn take(login: &Login) -> Self {
        let connection = login.connect().await.expect("the server answers");
        let locked = connection.execute_unprepared("FLUSH TABLES WITH READ LOCK").await;
        locked.expect("the user may lock tables");
        Self { connection }
    }

    /// Lets the writes go on.
    pub async fn release(self) {
        self.connection.execute_unprepared("UNLOCK TABLES").await.expect("the server still answers");
        self.connection.close().await.expect("a pool can be closed");
    }
}

#[cfg(test)]
mod tests {
    use crate::private_mariadb;

    #[tokio::test]
    async fn writes_wait_and_reads_do_not_until_the_lock_is_released() {
        let Some(server) = private_mariadb().await else {
            return;
        };
        let login = server.login().clone();
        login.execute("CREATE DATABASE locked").await.unwrap();
        login.execute("CREATE TABLE locked.word (word VARCHAR(10)) ENGINE = InnoDB").await.unwrap();

        let lock = server.lock_tables().await;
        let writer = login.clone();
        let write =
            tokio::spawn(async move { writer.execute("INSERT INTO locked.word VALUES ('late')").await });
        let waits =
            "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'INSERT INTO locked%'";
        let waits = format!("SELECT CAST(({waits}) AS CHAR)");
        while login.query(&waits).await.unwrap() != ["1"] {}
        assert_eq!(login.query("SELECT word FROM locked.word").await.unwrap(), [""; 0]);
        assert!(!write.is_finished());
        lock.release().await;

        write.await.unwrap().unwrap();
        assert_eq!(login.query("SELECT word FROM locked.word").await.unwrap(), ["late"]);
    }
}
