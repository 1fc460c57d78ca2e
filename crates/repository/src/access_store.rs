//! Reads the table of API keys, and records their use. The ledger writes the keys.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::NaiveDate;
use hermes_domain::access::{KeyId, KeyTable};
use hermes_domain::ports::{AccessStore, StoreError};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{DatabaseConnection, QuerySelect, TransactionTrait};

use crate::Database;
use crate::entity::{access_keys, access_secrets, access_uses};
use crate::error::statement_error;
use crate::mapping::key_id;
use crate::reader;

/// The API keys on SQLite, MySQL or MariaDB.
#[derive(Debug, Clone)]
pub struct SqlAccessStore {
    database: Database,
}

impl SqlAccessStore {
    /// Creates a store on an open, migrated database.
    pub fn new(database: &Database) -> Self {
        Self { database: database.clone() }
    }
}

#[async_trait]
impl AccessStore for SqlAccessStore {
    async fn key_table(&self) -> Result<KeyTable, StoreError> {
        self.database.reader.read(|connection| async move { read_table(&connection).await }).await
    }

    async fn record_use(&self, key: KeyId, day: NaiveDate) -> Result<(), StoreError> {
        let record =
            move |connection| async move { insert_use(&connection, key, day).await.map_err(statement_error) };
        self.database.writer.write(record).await
    }

    async fn last_uses(&self) -> Result<HashMap<KeyId, NaiveDate>, StoreError> {
        self.database.reader.read(|connection| async move { read_last_uses(&connection).await }).await
    }
}

/// Reads the head first, because the first SELECT takes the snapshot.
async fn read_table(connection: &DatabaseConnection) -> Result<KeyTable, StoreError> {
    let snapshot = connection.begin().await.map_err(statement_error)?;
    let access_seq = reader::head(&snapshot).await?.access_seq;
    let keys = access_keys::Entity::find().all(&snapshot).await.map_err(statement_error)?;
    let secrets = access_secrets::Entity::find().all(&snapshot).await.map_err(statement_error)?;
    snapshot.commit().await.map_err(statement_error)?;
    let keys = keys.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
    let secrets = secrets.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
    Ok(KeyTable::new(access_seq, keys, secrets))
}

async fn insert_use(connection: &DatabaseConnection, key: KeyId, day: NaiveDate) -> Result<(), DbErr> {
    use access_uses::Column;
    let row = access_uses::ActiveModel { key_id: Set(key.to_string()), day: Set(day) };
    let primary_key = [Column::KeyId, Column::Day];
    access_uses::Entity::insert(row)
        .on_conflict(OnConflict::columns(primary_key).do_nothing_on(primary_key).to_owned())
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

async fn read_last_uses(connection: &DatabaseConnection) -> Result<HashMap<KeyId, NaiveDate>, StoreError> {
    use access_uses::Column;
    let rows: Vec<(String, NaiveDate)> = access_uses::Entity::find()
        .select_only()
        .column(Column::KeyId)
        .column_as(Column::Day.max(), "last_day")
        .group_by(Column::KeyId)
        .into_tuple()
        .all(connection)
        .await
        .map_err(statement_error)?;
    rows.into_iter().map(|(key, day)| Ok((key_id(&key)?, day))).collect()
}
