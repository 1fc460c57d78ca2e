//! Counters of requests and faults.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;

use crate::run::lock;

pub const ACKNOWLEDGED: &str = "writes acknowledged";
pub const REPLAYED: &str = "writes replayed";
pub const WRITE_REJECTED: &str = "writes rejected";
pub const WRITE_UNKNOWN: &str = "writes without a response";
pub const CHECKED: &str = "reads checked";
pub const FROM_L1: &str = "reads from l1";
pub const FROM_L2: &str = "reads from l2";
pub const FROM_DB: &str = "reads from db";
pub const NOT_MODIFIED: &str = "reads with 304";
pub const UNVERIFIED: &str = "reads unverified";
pub const READ_REJECTED: &str = "reads rejected";
pub const READ_FAILED: &str = "reads without a response";

/// All counters by name; a fault is counted under its name.
#[derive(Default)]
pub struct Report(Mutex<BTreeMap<&'static str, u64>>);

impl Report {
    pub fn count(&self, counter: &'static str) {
        *lock(&self.0).entry(counter).or_default() += 1;
    }

    pub fn get(&self, counter: &str) -> u64 {
        lock(&self.0).get(counter).copied().unwrap_or_default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counters: Vec<_> = lock(&self.0).iter().map(|(name, count)| format!("{name} {count}")).collect();
        formatter.write_str(&counters.join(", "))
    }
}
