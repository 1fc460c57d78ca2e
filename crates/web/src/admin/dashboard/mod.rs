//! The dashboard for staff, and the metrics for Prometheus: port 8080.
//!
//! [`overview`] renders the whole page, so the page works without scripts. With scripts, `assets/dashboard.js` loads the
//! page again every few seconds and replaces the parts that changed.
//!
//! **Invariant:** the dashboard contains no link of a payer page. Only the payer can open a payment's own page.

mod filter;
pub(crate) mod overview;
