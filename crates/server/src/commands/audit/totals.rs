//! The sums of the dashboard, counted anew.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use hermes_domain::ledger::Totals;
use hermes_domain::payment::Payment;

/// Sums over payments that are looked at one after the other.
#[derive(Debug, Default)]
pub(super) struct Sums(BTreeMap<&'static str, Totals>);

impl Sums {
    /// Adds a payment.
    pub fn add(&mut self, payment: &Payment) -> Result<()> {
        let currency = payment.amount.currency();
        let sum = self.0.entry(currency.code()).or_insert_with(|| Totals::empty(currency));
        *sum = sum.after_change(None, payment).context("the sums are larger than can be counted")?;
        Ok(())
    }

    /// The currencies whose kept sums are others.
    pub fn that_differ_from(&self, kept: &[Totals]) -> Vec<&'static str> {
        let mut counted = self.0.clone();
        let differs = |kept: &&Totals| {
            let empty = Totals::empty(kept.currency);
            counted.remove(kept.currency.code()).unwrap_or(empty) != **kept
        };
        let mut differ: Vec<_> = kept.iter().filter(differs).map(|kept| kept.currency.code()).collect();
        differ.extend(counted.into_keys());
        differ
    }
}
