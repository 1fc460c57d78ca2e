//! The background comparer: what this process would serve, held against the database now and then.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ports::{AtHead, StoreError};

use super::{Query, ReadCache};

/// What a comparison found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckResult {
    /// Nothing is l1.
    NotCached,
    /// The ledger is at another head by now: nothing can be said.
    HeadMoved,
    /// The same bytes.
    Match,
    /// Other bytes at the same head: a fault of the program, or somebody has changed rows by hand.
    Mismatch,
}

impl ReadCache {
    /// Compares the list that is l1 with a fresh one of the same head.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn compare(&self) -> Result<CheckResult, StoreError> {
        let key = Query::List.key();
        let Some(l1) = self.l1.get(key) else { return Ok(CheckResult::NotCached) };
        let AtHead { head, value } = self.load(&Query::List, key, None).read().await?;
        if head != l1.head {
            return Ok(CheckResult::HeadMoved);
        }
        self.metrics.compared.count();
        if value.is_some_and(|fresh| fresh.body == l1.body && fresh.link == l1.link) {
            return Ok(CheckResult::Match);
        }
        self.metrics.mismatches.count();
        // No instance serves it any more.
        self.version.invalidate().await;
        Ok(CheckResult::Mismatch)
    }
}

/// Compares again and again; never ends.
pub async fn run_consistency_checker(reads: Arc<ReadCache>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        match reads.compare().await {
            Ok(CheckResult::Mismatch) => log::error!(
                "the cached list was not what the database says at the same head, and was dropped: a row was \
                 changed outside Hermes, or this is a fault of Hermes; please report it"
            ),
            Ok(CheckResult::NotCached | CheckResult::HeadMoved | CheckResult::Match) => {}
            Err(error) => log::debug!("the cached list was not compared: {error}"),
        }
    }
}
