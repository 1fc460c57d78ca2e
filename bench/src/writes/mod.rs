//! The writes: the cost of durable bookings, receipts and imports, and the gain of group commit.

mod harness;
mod import;
mod instructions;
mod one_client;
mod overload;
mod receipts;
mod seventy_percent;
mod throughput;

pub use harness::Harness;

use crate::report::Case;

/// The cases, in the order of the table.
pub const CASES: &[Case] = &[
    Case { name: "throughput", measure: |scale| Box::pin(throughput::measure(scale)) },
    Case { name: "receipts", measure: |scale| Box::pin(receipts::measure(scale)) },
    Case { name: "import", measure: |scale| Box::pin(import::measure(scale)) },
    Case { name: "one-client", measure: |scale| Box::pin(one_client::measure(scale)) },
    Case { name: "seventy-percent", measure: |scale| Box::pin(seventy_percent::measure(scale)) },
    Case { name: "overload", measure: |scale| Box::pin(overload::measure(scale)) },
    Case { name: "instructions", measure: |scale| Box::pin(instructions::measure(scale)) },
];
