//! The pages and the dashboard as browsers meet them, over a ledger in memory.

mod booking_form;
mod dashboard;
mod payer_page;
mod problem_pages;
mod support;
