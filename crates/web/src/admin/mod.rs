//! Endpoints for operators and finance staff: the dashboard, the state of the cache and the metrics.

pub mod cache;
pub mod dashboard;
pub(crate) mod metrics;
