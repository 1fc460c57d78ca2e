//! The pages for payers: HTML that works without scripts.
//!
//! [`form`] shows the booking form, and [`book`] accepts it. A booking redirects to the page in [`payment_status`]. If
//! the form's key has already booked other data, [`book`] shows both bookings. [`problems`] documents the
//! problem codes and shows errors. [`view`] formats amounts, times and statuses for every page.
//!
//! **Invariant:** templates escape every text from a payer. No template uses `safe`.

mod book;
mod form;
mod payment_status;
mod problems;
mod view;

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, get};

pub(crate) use book::book_payment;
pub(crate) use form::booking_form;
pub(crate) use payment_status::{path as payer_page_path, payer_page};
pub use problems::problem_page;
pub(crate) use problems::{problem_list, problem_of_code};
pub(crate) use view::{check_label, format_money, group_thousands, page, rfc3339, status_label};

/// Redirects to the booking form.
#[get("/")]
pub(crate) async fn home() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, "/payment")).finish()
}
