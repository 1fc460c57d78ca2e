//! The pages of the portal: HTML for payers, without a script.
//!
//! [`book`] takes what [`form`] shows and leads to the [`payer`]'s own page, or asks [`again`]; [`problems`]
//! documents every problem, [`problem`] shows one that happened. [`view`] holds what several pages show alike.
//!
//! **Invariant:** whatever came from a payer is escaped by the templates; none of them says `safe`.

mod book;
mod confirm_duplicate;
mod countries;
mod currencies;
mod form;
pub(crate) mod home;
mod payment_status;
mod problem;
mod problems;
mod same_site;
mod view;

pub use problem::problem_page;

pub(crate) use book::book_payment;
pub(crate) use form::booking_form;
pub(crate) use payment_status::payer_page;
pub(crate) use problems::{problem_list, problem_of_code};
pub(crate) use view::{AmountView, FormattedTime, page};
