//! The reads: the cost of the read-your-writes promise.

mod cached_list;
mod cold_cache;
mod first_page;
mod harness;
mod memory;
mod rebuild;
mod redis_queries;

pub use harness::{ClusterMode, Harness};

use crate::report::Case;

/// The cases, in the order of the table.
pub const CASES: &[Case] = &[
    Case { name: "cached-list", measure: |scale| Box::pin(cached_list::measure(scale)) },
    Case { name: "redis-queries", measure: |scale| Box::pin(redis_queries::measure(scale)) },
    Case { name: "first-page", measure: |scale| Box::pin(first_page::measure(scale)) },
    Case { name: "rebuild", measure: |scale| Box::pin(rebuild::measure(scale)) },
    Case { name: "cold-cache", measure: |scale| Box::pin(cold_cache::measure(scale)) },
    Case { name: "memory", measure: |scale| Box::pin(memory::measure(scale)) },
];
