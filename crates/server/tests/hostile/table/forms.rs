//! The booking form and its pages.

use crate::case::{Case, FORM, case, get, problem, status, submit};

pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("an empty form", submit(""), status(422)),
        case("a field twice", submit(format!("{FORM}&amount=20")), problem(400, "bad-request")),
        case(
            "a field twice with an escape",
            submit(format!("{FORM}&%61mount=20")),
            problem(400, "bad-request"),
        ),
        case(
            "bytes that are not UTF-8",
            submit("name=%ff&email=a%40example.org&amount=1"),
            problem(400, "bad-request"),
        ),
        case(
            "an overlong encoding",
            submit("name=%c0%af&email=a%40example.org&amount=1"),
            problem(400, "bad-request"),
        ),
        case("NUL in a field", submit("name=A%00B&email=a%40example.org&amount=1"), status(422)),
        case(
            "a line break in a field",
            submit("name=A%0d%0ASet-Cookie:%20x&email=a%40example.org&amount=1"),
            status(422),
        ),
        case("tags in an invalid field", submit("name=%3Cscript%3E&amount=x"), status(422)),
        case("a form as JSON", crate::case::post("/payment", "{}"), problem(415, "unsupported-media-type")),
        case("a form with many fields", submit("a=1&".repeat(3)), problem(400, "bad-request")),
        case(
            "an unknown payment page",
            get("/payment/REF001/00000000000000000000000000000000"),
            problem(404, "not-found"),
        ),
        case("a payment page with an empty token", get("/payment/REF001/"), problem(404, "not-found")),
        case(
            "a payment page with a long token",
            get(&format!("/payment/REF001/{}", "0".repeat(5_000))),
            problem(404, "not-found"),
        ),
        case("a payment page with an SQL reference", get("/payment/REF001'--/0"), problem(404, "not-found")),
    ];
    for escape in ["%zz", "%", "%4", "100%", "%%34", "%u0041"] {
        let request = submit(format!("name=Ana{escape}&email=a%40example.org&amount=10"));
        cases.push(case(&format!("the escape {escape}"), request, problem(400, "bad-request")));
    }
    cases
}
