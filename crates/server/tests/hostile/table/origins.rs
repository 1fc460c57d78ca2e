//! Origins: a page of another site must not change anything in the name of a user's browser.

use crate::case::{BOOKING, Case, FORM, Request, book, case, correct, get, post, problem, status, submit};

pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        case(
            "a form of another site",
            submit(FORM).header("Origin: http://evil.example"),
            problem(403, "cross-site"),
        ),
        case(
            "a correction of another site",
            correct("{}").header("Origin: http://evil.example"),
            problem(403, "cross-site"),
        ),
        case(
            "a cancellation of another site",
            post("/api/bookings/REF001/cancel", "{}").header("Sec-Fetch-Site: cross-site"),
            problem(403, "cross-site"),
        ),
        case(
            "a warm-up of another site",
            post("/api/cache/warm", "{}").header("Sec-Fetch-Site: cross-site"),
            problem(403, "cross-site"),
        ),
        case(
            "an unknown path of another site",
            post("/nothing", "{}").header("Sec-Fetch-Site: cross-site"),
            problem(403, "cross-site"),
        ),
        case(
            "a simple request of another site",
            Request::new("POST", "/api/bookings")
                .header("Content-Type: text/plain")
                .header("Origin: http://evil.example")
                .body(BOOKING),
            problem(403, "cross-site"),
        ),
        case(
            "two origins",
            book(BOOKING).header("Origin: http://localhost").header("Origin: http://evil.example"),
            problem(403, "cross-site"),
        ),
        case(
            "two senders",
            book(BOOKING).header("Sec-Fetch-Site: same-origin").header("Sec-Fetch-Site: cross-site"),
            problem(403, "cross-site"),
        ),
        case(
            "the origin of a proxy that is not trusted",
            book(BOOKING).header("X-Forwarded-Host: evil.example").header("Origin: http://evil.example"),
            problem(403, "cross-site"),
        ),
        case("a link from another site", get("/payment").header("Sec-Fetch-Site: cross-site"), status(200)),
        case(
            "a preflight request",
            Request::new("OPTIONS", "/api/bookings")
                .header("Origin: http://evil.example")
                .header("Access-Control-Request-Method: POST"),
            problem(405, "method-not-allowed"),
        ),
        case(
            "a form of this site",
            submit("").header("Sec-Fetch-Site: same-origin").header("Origin: http://localhost"),
            status(422),
        ),
    ];
    for origin in [
        "http://evil.example",
        "null",
        "",
        "http://localhost:1",
        "http://localhost.evil.example",
        "file://",
        "localhost",
    ] {
        cases.push(case(
            &format!("the origin {origin:?}"),
            book(BOOKING).header(format!("Origin: {origin}")),
            problem(403, "cross-site"),
        ));
    }
    for site in ["cross-site", "same-site", "", "SAME-ORIGIN", "same-origin, cross-site"] {
        cases.push(case(
            &format!("the sender {site:?}"),
            book(BOOKING).header(format!("Sec-Fetch-Site: {site}")),
            problem(403, "cross-site"),
        ));
    }
    cases
}
