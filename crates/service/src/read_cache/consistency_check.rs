//! Consistency check: periodically compares the cached list with the database.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ports::{AtHead, StoreError};

use super::{Query, ReadCache};

/// The result of a consistency check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckResult {
    /// L1 has no list.
    NotCached,
    /// The ledger head differs from the head of the cached list, so the lists cannot be compared.
    HeadMoved,
    /// The bytes are equal.
    Match,
    /// The bytes differ at the same head: a bug in Hermes, or a row that was changed by hand.
    Mismatch,
}

impl ReadCache {
    /// Compares the list in L1 with a list from the database at the same head. Invalidates on a mismatch.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn check_consistency(&self) -> Result<CheckResult, StoreError> {
        let Some(cached) = self.l1.get(Query::List.key()) else { return Ok(CheckResult::NotCached) };
        let AtHead { head, value } = self.loader.fetch(&Query::List).await?;
        if head != cached.head {
            return Ok(CheckResult::HeadMoved);
        }
        self.metrics.compared.increment();
        if value.is_some_and(|fresh| fresh.body == cached.body && fresh.link == cached.link) {
            return Ok(CheckResult::Match);
        }
        self.metrics.mismatches.increment();
        metrics::counter!("hermes_invariant_violations_total", "invariant" => "cached_list").increment(1);
        self.invalidator.invalidate().await;
        Ok(CheckResult::Mismatch)
    }
}

/// Runs a consistency check per interval. Never returns.
pub async fn run_consistency_checker(reads: Arc<ReadCache>, interval: Duration) {
    loop {
        tokio::time::sleep(interval).await;
        match reads.check_consistency().await {
            Ok(CheckResult::Mismatch) => log::error!(
                "the cached list differed from the database at the same ledger head and is no longer served: a row was \
                 changed outside Hermes, or this is a bug in Hermes; report it"
            ),
            Ok(CheckResult::NotCached | CheckResult::HeadMoved | CheckResult::Match) => {}
            Err(error) => log::debug!("the cached list was not compared with the database: {error}"),
        }
    }
}
