//! [`MemoryStore`] as the store of keys.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::NaiveDate;
use hermes_domain::access::{KeyId, KeyTable};
use hermes_domain::ports::{AccessStore, StoreError};

use super::{MemoryStore, StoreStep};

#[async_trait]
impl AccessStore for MemoryStore {
    async fn key_table(&self) -> Result<KeyTable, StoreError> {
        let _call = self.key_reads.start();
        self.faults.check(StoreStep::Read)?;
        self.faults.check(StoreStep::ReadKeys)?;
        let table = {
            let ledger = self.lock();
            KeyTable::new(ledger.head.access_seq, ledger.keys.clone(), ledger.secrets.clone())
        };
        self.key_reply_gate.pass().await;
        Ok(table)
    }

    async fn record_use(&self, key: KeyId, day: NaiveDate) -> Result<(), StoreError> {
        self.faults.check(StoreStep::Write)?;
        let mut ledger = self.lock();
        let last = ledger.key_uses.entry(key).or_insert(day);
        *last = day.max(*last);
        Ok(())
    }

    async fn last_uses(&self) -> Result<HashMap<KeyId, NaiveDate>, StoreError> {
        self.faults.check(StoreStep::Read)?;
        Ok(self.lock().key_uses.clone())
    }
}
