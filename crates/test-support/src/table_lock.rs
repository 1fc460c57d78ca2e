//! The table lock of a backup.

use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::login::Login;

/// A read lock on all tables of a server (`FLUSH TABLES WITH READ LOCK`). The lock ends with the server.
#[derive(Debug)]
pub struct TableLock {
    connection: DatabaseConnection,
}

impl TableLock {
    pub(crate) async fn acquire(login: &Login) -> Self {
        let connection = login.connect().await.expect("the server replies");
        let locked = connection.execute_unprepared("FLUSH TABLES WITH READ LOCK").await;
        locked.expect("the user may lock tables");
        Self { connection }
    }

    /// Releases the lock.
    pub async fn release(self) {
        self.connection.execute_unprepared("UNLOCK TABLES").await.expect("the server still replies");
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
        login.execute("CREATE TABLE locked.texts (text VARCHAR(10)) ENGINE = InnoDB").await.unwrap();

        let lock = server.lock_tables().await;
        let writer = login.clone();
        let write =
            tokio::spawn(async move { writer.execute("INSERT INTO locked.texts VALUES ('late')").await });
        let waiting =
            "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'INSERT INTO locked%'";
        let waiting = format!("SELECT CAST(({waiting}) AS CHAR)");
        while login.query(&waiting).await.unwrap() != ["1"] {}
        assert_eq!(login.query("SELECT text FROM locked.texts").await.unwrap(), [""; 0]);
        assert!(!write.is_finished());
        lock.release().await;

        write.await.unwrap().unwrap();
        assert_eq!(login.query("SELECT text FROM locked.texts").await.unwrap(), ["late"]);
    }
}
