//! The reads: what the promise never to be stale costs.

mod cached_list;
mod cold_cache;
mod first_page;
mod memory;
mod rebuild;
mod redis_questions;
mod stage;

pub use stage::{Mode, Stage};

use crate::case::Case;

/// The cases, in the order of the table.
pub const CASES: &[Case] = &[
    Case { name: "cached-list", measure: |scale| Box::pin(cached_list::measure(scale)) },
    Case { name: "redis-questions", measure: |scale| Box::pin(redis_questions::measure(scale)) },
    Case { name: "first-page", measure: |scale| Box::pin(first_page::measure(scale)) },
    Case { name: "rebuild", measure: |scale| Box::pin(rebuild::measure(scale)) },
    Case { name: "cold-cache", measure: |scale| Box::pin(cold_cache::measure(scale)) },
    Case { name: "memory", measure: |scale| Box::pin(memory::measure(scale)) },
];
