//! The API keys of the ledger in memory.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use hermes_domain::access::{ApiKey, KeyId, KeyRecord, KeyTable, Scope, StoredSecret};
use hermes_domain::ports::{AccessStore, StoreError};

use super::faults::StoreStep;
use super::{MemoryLedger, MemoryStore};

impl MemoryLedger {
    /// Stores a key that never expires, as a committed command does.
    pub fn add_key(&mut self, key: &ApiKey, scopes: &[Scope]) {
        self.keys.push(KeyRecord {
            id: key.id(),
            name: "test".into(),
            scopes: scopes.iter().copied().collect(),
            created_by: "system".to_owned(),
            created_at: self.clock,
            expires_at: None,
            revoked_at: None,
        });
        self.add_secret(key, None);
    }

    /// Stores another secret of a key, and limits the time of the earlier ones.
    pub fn add_secret(&mut self, key: &ApiKey, earlier_expire_at: Option<DateTime<Utc>>) {
        for secret in self.secrets.iter_mut().filter(|secret| secret.key_id == key.id()) {
            secret.expires_at = earlier_expire_at;
        }
        self.secrets.push(StoredSecret { key_id: key.id(), digest: key.digest(), expires_at: None });
        self.head.access_seq += 1;
    }

    /// Revokes a key.
    pub fn revoke_key(&mut self, id: KeyId) {
        let key = self.keys.iter_mut().find(|key| key.id == id).unwrap();
        key.revoked_at = Some(self.clock);
        self.head.access_seq += 1;
    }
}

#[async_trait]
impl AccessStore for MemoryStore {
    async fn key_table(&self) -> Result<KeyTable, StoreError> {
        let _call = self.key_reads.start();
        self.faults.check(StoreStep::Read)?;
        let table = {
            let ledger = self.lock();
            KeyTable::new(ledger.head.access_seq, ledger.keys.clone(), ledger.secrets.clone())
        };
        self.key_reply_gate.pass().await;
        Ok(table)
    }

    async fn record_use(&self, key: KeyId, day: NaiveDate) -> Result<(), StoreError> {
        self.faults.check(StoreStep::Write)?;
        self.lock().key_uses.insert(key, day);
        Ok(())
    }
}
