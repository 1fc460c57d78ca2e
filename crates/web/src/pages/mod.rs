//! The pages for payers: HTML that works without scripts.
//!
//! [`form`] shows the booking form, [`check`] shows the answers with the fee and the total, and [`book`] books the
//! payment. A booking redirects to the page in [`payment`]. If the form's key has already booked other data, [`book`]
//! shows both bookings. [`quote`] serves the form's script.
//!
//! [`locale`] chooses the language, and [`frame`] is what all these pages share. [`input`] reads entries in the language
//! of the page, with the texts of `input_errors`; [`email`] doubts addresses.
//!
//! [`payer_problem`] shows payers an error in their language. [`problems`] shows staff an error, and documents the codes.
//! [`view`] formats amounts, times and statuses of staff pages.
//!
//! **Invariant:** templates escape every text from a payer. No template uses `safe`.

mod book;
mod check;
mod email;
mod form;
mod frame;
mod info;
mod input;
mod input_errors;
mod locale;
mod payer_problem;
mod payment;
mod problems;
mod quote;
mod view;

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, get};

pub(crate) use book::book_payment;
pub(crate) use check::{check_again, check_payment};
pub(crate) use form::booking_form;
pub(crate) use info::{accessibility, favicon, institution_logo, institution_look, privacy, robots};
pub(crate) use payer_problem::{is_payer_page, payer_problem_page};
pub(crate) use payment::{
    change_form, change_payment, lost_link, path as payer_page_path, payer_page, payment_code_image,
    payment_confirmation, send_lost_link, withdraw_form, withdraw_payment,
};
pub use problems::problem_page;
pub(crate) use problems::{problem_list, problem_of_code};
pub(crate) use quote::quote_payment;
pub(crate) use view::{check_label, group_thousands, page, rfc3339, status_label};

/// Redirects to the booking form.
#[get("/")]
pub(crate) async fn home() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, "/payment")).finish()
}
