//! The dashboard: port 8080, for finance staff and for whoever watches the machine.
//!
//! [`overview`] is the page: [`tiles`] over all payments, [`filter`] and [`row`]s of some. It renders whole; the
//! script in `assets/dashboard.js` only fetches it again and swaps what has changed, so that without a script
//! the same page works. [`metrics`] is for Prometheus.
//!
//! **Invariant:** the dashboard shows no page token: staff see a payment here, its payer's page is the payer's.

mod filter;
pub(crate) mod overview;
mod row;
mod tiles;
