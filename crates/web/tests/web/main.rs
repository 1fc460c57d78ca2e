//! The pages and the dashboard as browsers meet them, over a ledger in memory.
#![expect(clippy::unwrap_used, reason = "an answer that is not as expected fails the test")]

mod booking_form;
mod dashboard;
mod payer_page;
mod problem_pages;
mod support;
