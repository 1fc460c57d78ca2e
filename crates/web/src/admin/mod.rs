//! What operators and finance staff read: the dashboard, the cache's statistics and the metrics.

pub mod cache;
pub mod dashboard;
pub(crate) mod metrics;
