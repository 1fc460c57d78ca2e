//! The totals_cache of currencies as the lane's last batch left them.
//!
//! While no other instance writes, the head that a batch finds is the one the batch before it made, and then the
//! totals_cache are still those that were written: they need not be read again. Heads are told apart by their random names,
//! so a batch that was noted here and then not committed does no harm: no head ever has its name.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hermes_domain::ledger::{Changes, HeadId, Totals};
use hermes_domain::money::Currency;

/// What is known of the totals_cache.
#[derive(Debug, Default)]
pub(super) struct TotalsCache(Mutex<Option<CachedTotals>>);

#[derive(Debug)]
struct CachedTotals {
    at: HeadId,
    totals: HashMap<Currency, Totals>,
}

impl TotalsCache {
    /// The totals_cache of these currencies at a head; `None` unless all of them are known.
    pub fn at(&self, head: HeadId, currencies: &[Currency]) -> Option<Vec<Totals>> {
        let known = self.known();
        let known = known.as_ref().filter(|known| known.at == head)?;
        currencies.iter().map(|currency| known.totals.get(currency).copied()).collect()
    }

    /// Notes what a batch found at a head and what it writes.
    pub fn record(&self, head: HeadId, found: Vec<Totals>, changes: &Changes) {
        let mut known = self.known();
        let before = known.take().filter(|known| known.at == head);
        let mut totals = before.map(|known| known.totals).unwrap_or_default();
        totals.extend(found.into_iter().map(|found| (found.currency, found)));
        totals.extend(&changes.totals);
        *known = Some(CachedTotals { at: changes.head.id(), totals });
    }

    fn known(&self) -> MutexGuard<'_, Option<CachedTotals>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
