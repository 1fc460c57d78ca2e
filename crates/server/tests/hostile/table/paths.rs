//! Paths: traversal, encodings, lengths and targets that are no paths.

use crate::case::{Answer, Case, case, get, problem, refused, status};

const NOT_FOUND: Answer = problem(404, "not-found");

pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("a path of 5 kB", get(&format!("/{}", "a".repeat(5_000))), NOT_FOUND),
        case("a path of 100 kB", get(&format!("/{}", "a".repeat(100_000))), refused(400)),
        case("a path with a thousand segments", get(&"/a".repeat(1_000)), NOT_FOUND),
        case("a path of slashes", get(&"/".repeat(4_000)), NOT_FOUND),
        case("a target without a slash", get("health"), problem(400, "bad-request")),
        case("a target that is not ASCII", get("/é"), refused(400)),
        case("a fragment is ignored", get("/payment#x"), status(200)),
        case("a target with a space", get("/payment x"), refused(400)),
        case("metrics on the portal", get("/metrics"), NOT_FOUND),
        case("bookings on the dashboard", get("/api/bookings"), NOT_FOUND).on_dashboard(),
        case("a key of 5 kB", get(&format!("/api/bookings/{}", "R".repeat(5_000))), NOT_FOUND),
    ];
    for path in [
        "/../etc/passwd",
        "/assets/../../etc/passwd",
        "/assets/..%2f..%2fetc%2fpasswd",
        "/assets/%2e%2e/%2e%2e/Cargo.toml",
        "/assets/..\\..\\Cargo.toml",
        "/assets/%00",
        "/assets/",
        "//evil.example/",
        "/%2e%2e/",
        "/payment/",
        "/payment%00",
        "/PAYMENT",
        "/payment;a=b",
        "/api/bookings/",
        "/api//bookings",
        "/api/./bookings",
        "/.env",
        "/.git/config",
        "/api/bookings/REF001%00",
        "/api/bookings/REF001%0d%0aX:y",
        "/api/bookings/REF%2F001",
        "/api/bookings/REF1",
        "/api/bookings/REF0001",
        "/api/bookings/REF-001",
        "/api/bookings/REF999999999999999999999999",
        "/api/bookings/'%20OR%201=1--",
        "/api/bookings/%ff",
        "/api/bookings/00000000-0000-0000-0000-000000000000",
        "/api/bookings/..",
        "/problems/%3Cscript%3E",
        "/problems/nonsense",
    ] {
        cases.push(case(&format!("the path {path}"), get(path), NOT_FOUND));
    }
    cases
}
