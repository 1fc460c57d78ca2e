//! SQLite databases.

use crate::test_database::TestDatabase;

/// Makes an SQLite database in a folder of its own. The file is created by the first connection.
pub async fn sqlite() -> TestDatabase {
    let folder = tempfile::Builder::new().prefix("hermes-sqlite-").tempdir();
    TestDatabase::in_folder(folder.expect("the folder for temporary files is writable"))
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, Database};

    use super::sqlite;

    #[tokio::test]
    async fn a_file_is_made_by_the_first_connection_and_goes_with_the_handle() {
        let database = sqlite().await;
        let folder = database.folder().unwrap().to_path_buf();
        let connection = Database::connect(&database.url).await.unwrap();
        connection.execute_unprepared("CREATE TABLE word (word TEXT)").await.unwrap();
        connection.close().await.unwrap();
        assert!(folder.join("test.db").is_file());

        drop(database);

        assert!(!folder.exists());
    }
}
