//! The totals of all payments.

use hermes_domain::ledger::Totals;
use hermes_domain::money::Money;
use serde::Serialize;
use utoipa::ToSchema;

/// The totals of all payments, updated with every change.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stats {
    /// The number of payments ever booked.
    #[schema(example = 1)]
    pub payments: i64,
    /// The number of payments whose checks all passed.
    #[schema(example = 1)]
    pub passed: i64,
    /// The number of payments with at least one failed check.
    #[schema(example = 0)]
    pub flagged: i64,
    /// The number of cancelled payments.
    #[schema(example = 0)]
    pub cancelled: i64,
    /// The number of payments above the threshold of their currency.
    #[schema(example = 0)]
    pub above_threshold: i64,
    /// The totals of each currency, by currency code.
    pub by_currency: Vec<CurrencyStats>,
}

/// The totals of one currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurrencyStats {
    /// The currency (ISO 4217).
    #[schema(example = "USD", pattern = "^[A-Z]{3}$")]
    pub currency_from: &'static str,
    /// The number of payments ever booked in this currency.
    #[schema(example = 1)]
    pub payments: i64,
    /// The total that must still arrive.
    #[schema(example = "35700.00")]
    pub amount_outstanding: String,
    /// The total that payments have received.
    #[schema(example = "0.00")]
    pub amount_received: String,
    /// The total of all receipts that are not reversed.
    #[schema(example = "0.00")]
    pub receipts: String,
    /// The total credit of all receipts.
    #[schema(example = "0.00")]
    pub credit: String,
    /// The part of the credit that is due for refunds.
    #[schema(example = "0.00")]
    pub refunds_due: String,
}

impl From<&[Totals]> for Stats {
    fn from(totals: &[Totals]) -> Self {
        let sum = |count: fn(&Totals) -> i64| totals.iter().map(count).fold(0, i64::saturating_add);
        let mut by_currency: Vec<_> = totals.iter().map(CurrencyStats::from).collect();
        by_currency.sort_by_key(|stats| stats.currency_from);
        Self {
            payments: sum(|totals| totals.payments),
            passed: sum(|totals| totals.passed),
            flagged: sum(|totals| totals.flagged),
            cancelled: sum(|totals| totals.cancelled),
            above_threshold: sum(|totals| totals.above_threshold),
            by_currency,
        }
    }
}

impl From<&Totals> for CurrencyStats {
    fn from(totals: &Totals) -> Self {
        let money = |minor| Money::from_minor(minor, totals.currency).to_string();
        Self {
            currency_from: totals.currency.code(),
            payments: totals.payments,
            amount_outstanding: money(totals.outstanding_minor),
            amount_received: money(totals.received_minor),
            receipts: money(totals.receipts_minor),
            credit: money(totals.credit_minor),
            refunds_due: money(totals.refunds_due_minor),
        }
    }
}
