//! An instance's connection to the database.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use hermes_domain::ledger::{Digest, IdempotencyRecord, LedgerHead, Totals};
use hermes_domain::payment::{Payment, PaymentId, PaymentKey};
use hermes_domain::ports::{AtHead, AuditPage, ListPage, Page, PaymentFilter, PaymentReader, StoreError};

use crate::environment::Environment;
use crate::faults::Fault;
use crate::instance::Process;

/// The maximum latency of a slow database, each way.
const SLOW_MS: u64 = 700;
/// The maximum latency otherwise: a fraction of D.
const USUAL_MS: u64 = 60;

pub struct DatabaseConnection {
    environment: Arc<Environment>,
    number: usize,
    process: Arc<Process>,
}

impl DatabaseConnection {
    pub const fn new(environment: Arc<Environment>, number: usize, process: Arc<Process>) -> Self {
        Self { environment, number, process }
    }

    /// Reads at one moment between the request and the reply.
    async fn read<T>(&self, read: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.transmit().await?;
        let result = read.await;
        self.transmit().await?;
        result
    }

    async fn transmit(&self) -> Result<(), StoreError> {
        let slow = self.environment.faults.include(Fault::DatabaseSlow);
        self.environment.latency(if slow { SLOW_MS } else { USUAL_MS }).await;
        self.process.check_running().await;
        if self.environment.database_cut[self.number].load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("cut off".to_owned()));
        }
        Ok(())
    }
}

#[async_trait]
impl PaymentReader for DatabaseConnection {
    async fn head(&self) -> Result<LedgerHead, StoreError> {
        self.read(self.environment.store.head()).await
    }

    async fn find(&self, key: &PaymentKey) -> Result<Option<Payment>, StoreError> {
        self.read(self.environment.store.find(key)).await
    }

    async fn find_idempotency(&self, scope: &Digest) -> Result<Option<IdempotencyRecord>, StoreError> {
        self.read(self.environment.store.find_idempotency(scope)).await
    }

    async fn find_at_head(&self, key: &PaymentKey) -> Result<AtHead<Option<Payment>>, StoreError> {
        self.read(self.environment.store.find_at_head(key)).await
    }

    async fn list(
        &self,
        filter: &PaymentFilter,
        page: Page,
        limit: u64,
    ) -> Result<AtHead<ListPage>, StoreError> {
        self.read(self.environment.store.list(filter, page, limit)).await
    }

    async fn totals(&self) -> Result<AtHead<Vec<Totals>>, StoreError> {
        self.read(self.environment.store.totals()).await
    }

    async fn audit_of(&self, id: PaymentId, after: i64, limit: u64) -> Result<AuditPage, StoreError> {
        self.environment.store.audit_of(id, after, limit).await
    }

    async fn audit_after(&self, seq: i64, limit: u64) -> Result<AuditPage, StoreError> {
        self.environment.store.audit_after(seq, limit).await
    }
}
