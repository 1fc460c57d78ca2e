//! The figures on top of the dashboard: sums over all payments, never over the rows below.

use crate::dto::{CurrencyStats, Stats};
use crate::pages::AmountView;

/// A number, and where its rows are.
pub(super) struct Tile {
    pub label: &'static str,
    pub count: i64,
    /// The address of the rows; there is none where no filter selects them.
    pub rows: Option<&'static str>,
    /// Whether the number asks for somebody's attention.
    pub alerts: bool,
}

/// The money of one currency.
pub(super) struct CurrencyTile {
    pub to_collect: AmountView,
    pub received: AmountView,
    pub payments: i64,
}

/// The numbers of payments.
pub(super) fn tiles(stats: &Stats) -> [Tile; 5] {
    let tile = |label, count, rows| Tile { label, count, rows, alerts: false };
    let alert = |label, count, rows| Tile { alerts: count > 0, ..tile(label, count, rows) };
    [
        tile("Payments", stats.payments, Some("/")),
        tile("Passed", stats.passed, Some("/?validation_status=PASSED")),
        alert("Flagged", stats.flagged, Some("/?validation_status=FLAGGED")),
        alert("Above threshold", stats.above_threshold, None),
        tile("Cancelled", stats.cancelled, Some("/?status=CANCELLED")),
    ]
}

/// The money, by currency.
pub(super) fn currency_tiles(by_currency: Vec<CurrencyStats>) -> Vec<CurrencyTile> {
    let tile = |sums: CurrencyStats| CurrencyTile {
        to_collect: AmountView::new(sums.amount_outstanding, sums.currency_from),
        received: AmountView::new(sums.amount_received, sums.currency_from),
        payments: sums.payments,
    };
    by_currency.into_iter().map(tile).collect()
}
