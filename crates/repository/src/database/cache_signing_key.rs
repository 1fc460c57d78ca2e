//! Reads the key that signs cache entries. A step of the schema has drawn the key.

use hermes_domain::ports::StoreError;
use sea_orm::{ConnectionTrait, Statement};

use super::Database;
use crate::error::statement_error;

const SELECT: &str = "SELECT secret FROM cache_signing_key WHERE id = 1";

impl Database {
    /// Returns the secret bytes of the key that signs cache entries. All instances on the database use the same key.
    ///
    /// # Errors
    /// If the database cannot be read. [`StoreError::Corrupt`] if there is no key of 32 bytes.
    pub async fn cache_signing_key(&self) -> Result<[u8; 32], StoreError> {
        let read = |connection: sea_orm::DatabaseConnection| async move {
            let select = Statement::from_string(connection.get_database_backend(), SELECT);
            let row = connection.query_one_raw(select).await.map_err(statement_error)?;
            let secret = row.map(|row| row.try_get_by_index::<Vec<u8>>(0)).transpose();
            let secret = secret.map_err(statement_error)?.and_then(|bytes| bytes.try_into().ok());
            secret.ok_or_else(|| StoreError::Corrupt("cache_signing_key has no key of 32 bytes".to_owned()))
        };
        // The writer pool leads to the primary, which has the row even if a replica does not have it yet.
        self.writer.write(read).await
    }
}
