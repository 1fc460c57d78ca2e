//! The route table of the pages.

use actix_web::dev::ResourceDef;
use actix_web::web;

use super::{book, form, home, payment_status, problems};

/// Every page's address with the methods it takes, for the `Allow` header; a test holds it against the routes.
const METHODS: &[(&str, &str)] = &[
    ("/", "GET, HEAD"),
    ("/payment", "GET, HEAD, POST"),
    ("/payment/{reference}/{token}", "GET, HEAD"),
    ("/problems", "GET, HEAD"),
    ("/problems/{code}", "GET, HEAD"),
    ("/assets/{name}", "GET, HEAD"),
];

/// Adds the pages' routes.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(home::home)
        .service(form::booking_form)
        .service(book::book_payment)
        .service(payment_status::payer_page)
        .service(problems::problem_list)
        .service(problems::problem_of_code);
}

/// The methods that a page's address takes, when it is one.
pub fn methods_of(path: &str) -> Option<String> {
    METHODS
        .iter()
        .find(|(pattern, _)| ResourceDef::new(*pattern).is_match(path))
        .map(|(_, methods)| (*methods).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_methods_of_an_address_are_known() {
        assert_eq!(methods_of("/payment").as_deref(), Some("GET, HEAD, POST"));
        assert_eq!(methods_of("/payment/REF001/abc").as_deref(), Some("GET, HEAD"));
        assert_eq!(methods_of("/problems/not-found").as_deref(), Some("GET, HEAD"));
        for path in ["/payments", "/payment/REF001", "/payment/a/b/c", "/api/bookings", ""] {
            assert_eq!(methods_of(path), None, "{path}");
        }
    }
}
