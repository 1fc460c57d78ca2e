//! The pages for payers: HTML that works without scripts.
//!
//! [`form`] shows the booking form, and [`book`] accepts it. A booking redirects to the page in [`payment_status`]. If
//! the form's key has already booked other data, [`confirm_duplicate`] shows both bookings. [`problems`] documents the
//! problem codes and shows errors. [`view`] formats amounts, times and statuses for every page.
//!
//! **Invariant:** templates escape every text from a payer. No template uses `safe`.

mod book;
mod confirm_duplicate;
mod form;
mod payment_status;
mod problems;
mod same_site;
mod view;

use actix_web::dev::ResourceDef;
use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, get, web};

pub(crate) use book::book_payment;
pub(crate) use form::booking_form;
pub(crate) use payment_status::payer_page;
pub use problems::problem_page;
pub(crate) use problems::{problem_list, problem_of_code};
pub(crate) use view::{check_label, format_money, group_thousands, page, rfc3339, status_label};

/// The methods of every page, for the `Allow` header.
const METHODS: &[(&str, &str)] = &[
    ("/", "GET, HEAD"),
    ("/payment", "GET, HEAD, POST"),
    ("/payment/{reference}/{token}", "GET, HEAD"),
    ("/problems", "GET, HEAD"),
    ("/problems/{code}", "GET, HEAD"),
    ("/assets/{name}", "GET, HEAD"),
];

/// Adds the routes of the pages.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(home)
        .service(booking_form)
        .service(book_payment)
        .service(payer_page)
        .service(problem_list)
        .service(problem_of_code);
}

/// Returns the methods of a page, or `None` if no page has this path.
pub fn methods_of(path: &str) -> Option<String> {
    METHODS
        .iter()
        .find(|(pattern, _)| ResourceDef::new(*pattern).is_match(path))
        .map(|(_, methods)| (*methods).to_owned())
}

/// Redirects to the booking form.
#[get("/")]
pub(crate) async fn home() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, "/payment")).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_have_methods() {
        assert_eq!(methods_of("/payment").as_deref(), Some("GET, HEAD, POST"));
        assert_eq!(methods_of("/payment/REF001/abc").as_deref(), Some("GET, HEAD"));
        for path in ["/payments", "/payment/REF001", "/payment/a/b/c", "/api/bookings", ""] {
            assert_eq!(methods_of(path), None, "{path}");
        }
    }
}
