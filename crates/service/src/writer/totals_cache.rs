//! Caches the totals per currency as of the writer's last batch, which saves one query per batch.
//!
//! **Measurement:** a single client books 1.10 times as fast on MariaDB and 1.07 times as fast on SQLite (medians of five
//! alternating pairs).
//!
//! While no other instance writes, each batch finds the head that the previous batch left, so the totals are unchanged.
//! The cache compares heads by [`HeadId`], which contains a random token. Totals recorded for a batch that is not
//! committed do no harm: no later head has that token.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hermes_domain::ledger::{Changes, HeadId, Totals};
use hermes_domain::money::Currency;

/// The totals at one head.
#[derive(Debug, Default)]
pub(super) struct TotalsCache(Mutex<Option<CachedTotals>>);

#[derive(Debug)]
struct CachedTotals {
    head: HeadId,
    totals: HashMap<Currency, Totals>,
}

impl TotalsCache {
    /// Returns the totals of the given currencies at `head`, or `None` unless all of them are cached.
    pub fn get(&self, head: HeadId, currencies: &[Currency]) -> Option<Vec<Totals>> {
        let cached = self.cached();
        let cached = cached.as_ref().filter(|cached| cached.head == head)?;
        currencies.iter().map(|currency| cached.totals.get(currency).copied()).collect()
    }

    /// Records the totals that a batch found at `head` and the totals that it writes.
    pub fn record(&self, head: HeadId, found: Vec<Totals>, changes: &Changes) {
        let mut cached = self.cached();
        let previous = cached.take().filter(|cached| cached.head == head);
        let mut totals = previous.map(|cached| cached.totals).unwrap_or_default();
        totals.extend(found.into_iter().map(|found| (found.currency, found)));
        totals.extend(&changes.totals);
        *cached = Some(CachedTotals { head: changes.head.id(), totals });
    }

    fn cached(&self) -> MutexGuard<'_, Option<CachedTotals>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
