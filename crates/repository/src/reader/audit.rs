//! Audit rows: in pages, and along the chain.

use futures_util::TryStreamExt;
use hermes_domain::ledger::{AuditEntry, ChainBreak, ChainVerifier};
use hermes_domain::ports::reader_limits::AUDIT_CHUNK_MAX;
use hermes_domain::ports::{AuditPage, StoreError};
use sea_orm::prelude::*;
use sea_orm::{DatabaseConnection, QueryOrder, QuerySelect, QueryTrait, Select, Statement, StreamTrait};

use super::SqlPaymentReader;
use crate::entity::audit_log::{Column, Entity};
use crate::error::statement_error;
use crate::mapping::audit_entry;

impl SqlPaymentReader {
    /// Walks on along the chain, over at most [`AUDIT_CHUNK_MAX`] rows and not beyond the row with the number
    /// `last`; a walk that comes back as it was has no more rows to go over.
    ///
    /// A row is checked while the next one is read, and none is kept.
    ///
    /// # Errors
    /// The outer on a fault of the database, [`StoreError::Corrupt`] for a row that cannot be read; the inner
    /// when a row is not the one that was written there.
    pub async fn verify_chain_chunk(
        &self,
        chain: ChainVerifier,
        last: i64,
    ) -> Result<Result<ChainVerifier, ChainBreak>, StoreError> {
        let rows = Entity::find()
            .filter(Column::Seq.gt(chain.last_seq()))
            .filter(Column::Seq.lte(last))
            .order_by_asc(Column::Seq)
            .limit(AUDIT_CHUNK_MAX)
            .build(self.database.backend());
        self.database
            .reader
            .read(|connection| {
                let (chain, rows) = (chain.clone(), rows.clone());
                async move { walk(&connection, chain, rows).await }
            })
            .await
    }

    /// Reads a page in the order of the numbers.
    pub(super) async fn audit_page(&self, rows: Select<Entity>, limit: u64) -> Result<AuditPage, StoreError> {
        let rows = rows.order_by_asc(Column::Seq).limit(limit);
        self.database
            .reader
            .read(|connection| {
                let rows = rows.clone();
                async move { entries(&connection, &rows).await }
            })
            .await
    }
}

/// Reads entries.
pub(super) async fn entries<C: ConnectionTrait>(
    connection: &C,
    rows: &Select<Entity>,
) -> Result<Vec<AuditEntry>, StoreError> {
    let rows = connection.query_all(rows.as_query()).await.map_err(statement_error)?;
    rows.iter().map(audit_entry).collect()
}

async fn walk(
    connection: &DatabaseConnection,
    mut chain: ChainVerifier,
    rows: Statement,
) -> Result<Result<ChainVerifier, ChainBreak>, StoreError> {
    let mut rows = connection.stream_raw(rows).await.map_err(statement_error)?;
    let mut walked = Ok(Ok(()));
    // To the last row in any case: a running statement is never given up.
    while let Some(row) = rows.try_next().await.map_err(statement_error)? {
        if let Ok(Ok(())) = walked {
            walked = audit_entry::<&str>(&row).map(|entry| chain.verify_next(&entry));
        }
    }
    Ok(walked?.map(|()| chain))
}
