//! Methods and request lines.

use crate::case::{Case, Request, case, problem, refused, status};

pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("HEAD has no body", Request::new("HEAD", "/api/bookings"), status(200).without_body()),
        case("HEAD of an unknown path", Request::new("HEAD", "/nothing"), status(404).without_body()),
        case(
            "the methods of a payment",
            Request::new("DELETE", "/api/bookings/REF001"),
            problem(405, "method-not-allowed").with("Allow", "GET, HEAD, PATCH"),
        ),
        case(
            "a write on the dashboard",
            Request::new("POST", "/").body(""),
            problem(405, "method-not-allowed"),
        )
        .on_dashboard(),
        case(
            "CONNECT to another server",
            "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
            status(421),
        ),
        case("OPTIONS for the whole server", Request::new("OPTIONS", "*"), problem(404, "not-found")),
        case("a version that does not exist", "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", refused(400)),
        case("a version in lower case", "GET / http/1.1\r\nHost: localhost\r\n\r\n", refused(400)),
        case("no target", "GET  HTTP/1.1\r\nHost: localhost\r\n\r\n", refused(400)),
        case("two spaces", "GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n", refused(400)),
        case("a tab in the request line", "GET\t/\tHTTP/1.1\r\nHost: localhost\r\n\r\n", refused(400)),
        case("more than a version", "GET / HTTP/1.1 x\r\nHost: localhost\r\n\r\n", refused(400)),
        case("a method that is not a token", "G(T / HTTP/1.1\r\nHost: localhost\r\n\r\n", refused(400)),
        case(
            "a method of 100 kB",
            format!("{} / HTTP/1.1\r\nHost: localhost\r\n\r\n", "G".repeat(100_000)),
            status(405),
        ),
        case(
            "an unsafe method of 60 kB that the gate rejects and logs",
            format!("{} / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "M".repeat(60_000)),
            status(421),
        ),
    ];
    for method in ["DELETE", "PUT", "PATCH", "TRACE", "OPTIONS", "PROPFIND", "get", "FOO"] {
        let request = Request::new(method, "/api/bookings");
        cases.push(case(&format!("the method {method}"), request, problem(405, "method-not-allowed")));
    }
    cases
}
