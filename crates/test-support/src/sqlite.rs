//! SQLite databases.

use crate::test_database::TestDatabase;

/// Returns an SQLite database in its own folder. The first connection creates the file.
pub async fn sqlite() -> TestDatabase {
    let folder = tempfile::Builder::new().prefix("hermes-sqlite-").tempdir();
    TestDatabase::in_folder(folder.expect("the folder for temporary files is writable"))
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, Database};

    use super::sqlite;

    #[tokio::test]
    async fn the_first_connection_creates_the_file_and_the_handle_removes_it() {
        let database = sqlite().await;
        let folder = database.folder().unwrap().to_path_buf();
        let connection = Database::connect(&database.url).await.unwrap();
        connection.execute_unprepared("CREATE TABLE texts (text TEXT)").await.unwrap();
        connection.close().await.unwrap();
        assert!(folder.join("test.db").is_file());

        drop(database);

        assert!(!folder.exists());
    }
}
