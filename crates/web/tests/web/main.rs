//! The pages, the dashboard and the feed of events as callers meet them, over a ledger in memory.
#![expect(clippy::unwrap_used, reason = "an answer that is not as expected fails the test")]

mod booking_form;
mod cached;
mod dashboard;
mod event_feed;
mod health;
mod payer_page;
mod problem_pages;
mod support;
