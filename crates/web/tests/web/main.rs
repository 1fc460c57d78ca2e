//! The pages, the dashboard, the event feed and cached responses over an in-memory ledger.
#![expect(clippy::unwrap_used, reason = "an unexpected response fails the test")]

mod access;
mod api_docs;
mod booking_form;
mod cached;
mod dashboard;
mod event_feed;
mod form_keys;
mod gate;
mod health;
mod limits;
mod mail;
mod payer_changes;
mod payer_journey;
mod payer_page;
mod problem_pages;
mod receipts;
mod support;
