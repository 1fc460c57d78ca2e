//! Headers: sizes, names and values, preconditions, idempotency keys, request ids and forwarded addresses.

use crate::case::{Case, book, case, correct, get, problem, refused, status, steps};

pub fn cases() -> Vec<Case> {
    let long = "x".repeat(100_000);
    let mut cases = vec![
        case("a header of 100 kB", get("/health/live").header(format!("A: {long}")), status(200)),
        case("a header of 1 MB", get("/health/live").header(format!("A: {}", long.repeat(10))), refused(431)),
        steps("a header name of 100 kB")
            .send(get("/health/live").header(format!("{long}: a")))
            .expect_or_closed(refused(400)),
        case(
            "a thousand headers",
            get("/health/live").header("A: b\r\n".repeat(1_000).trim_end()),
            refused(431),
        ),
        case("a header without a colon", get("/health/live").header("Nonsense"), refused(400)),
        case("a header without a name", get("/health/live").header(": a"), refused(400)),
        case("NUL in a header", get("/health/live").header(b"A: b\0c"), refused(400)),
        case("bytes that are not UTF-8 in a header", get("/health/live").header(b"A: \xff\xfe"), status(200)),
        case("a header name that is not ASCII", get("/health/live").header("Ä: b"), refused(400)),
        case("two media types", book("{}").header("Content-Type: text/plain"), problem(400, "bad-request")),
        case(
            "an expectation that is unknown",
            book("{}").header("Expect: 200-ok"),
            problem(422, "invalid-fields"),
        ),
        case("a range", get("/api/bookings").header("Range: bytes=0-0,1-1,2-2"), status(200)),
        case(
            "a thousand accepted types",
            get("/payment").header(format!("Accept: {}", "a/b,".repeat(1_000))),
            status(200),
        ),
        case(
            "a thousand accepted codings",
            get("/api/bookings").header(format!("Accept-Encoding: {}", "br;q=0.1,".repeat(1_000))),
            status(200),
        ),
        case(
            "a coding with an invalid weight",
            get("/api/bookings").header("Accept-Encoding: br;q=NaN, gzip;q=-1"),
            status(200),
        ),
        case(
            "a thousand entity tags",
            get("/api/bookings").header(format!("If-None-Match: {}", "\"x\",".repeat(1_000))),
            status(200),
        ),
        case("an entity tag without quotes", get("/api/bookings").header("If-None-Match: x\\"), status(200)),
        case(
            "a cookie of 30 kB",
            get("/payment").header(format!("Cookie: hermes_form={}", "a".repeat(30_000))),
            status(200),
        ),
        case(
            "a cookie with quotes and tags",
            get("/payment").header("Cookie: hermes_form=\"><script>"),
            status(200),
        ),
        // Request ids and user agents must not reach the log or the response unchecked.
        case(
            "a request id with a line break",
            get("/health/live").header("X-Request-Id: a\r\n b"),
            refused(400),
        ),
        case("a request id with tags", get("/health/live").header("X-Request-Id: <script>"), status(200)),
        case(
            "a request id of 100 kB",
            get("/health/live").header(format!("X-Request-Id: {long}")),
            status(200),
        ),
        case(
            "a request id that a client chooses",
            get("/nothing").header("X-Request-Id: forged"),
            problem(404, "not-found"),
        ),
        case("a user agent with control sequences", book("{}").header(b"User-Agent: \x1b[2J"), refused(400)),
        case(
            "a user agent like a log line",
            book("{}").header("User-Agent: [2026-11-22T00:00:00Z ERROR hermes] panicked"),
            problem(422, "invalid-fields"),
        ),
        case(
            "a user agent with a card number",
            book("{}").header("User-Agent: 4111111111111111"),
            problem(422, "invalid-fields"),
        ),
        // An untrusted peer cannot choose its address or scheme.
        case(
            "a forwarded address",
            get("/health/live").header("X-Forwarded-For: 10.0.0.1, 127.0.0.1"),
            status(200),
        ),
        case(
            "a forwarded address that is nonsense",
            book("{}").header("X-Forwarded-For: ' OR 1=1; --"),
            problem(422, "invalid-fields"),
        ),
        case(
            "a forwarded header",
            get("/health/live").header("Forwarded: for=\"[::1]\";host=evil.example;proto=https"),
            status(200),
        ),
        case("a forwarded scheme", get("/payment").header("X-Forwarded-Proto: javascript"), status(200)),
        // A key in a header that Hermes does not use.
        case(
            "an override of the method",
            book("{}").header("X-HTTP-Method-Override: DELETE"),
            problem(422, "invalid-fields"),
        ),
        case("an override of the path", get("/health/live").header("X-Original-URL: /metrics"), status(200)),
        // Preconditions.
        case(
            "no precondition",
            crate::case::Request::new("PATCH", "/api/bookings/REF001")
                .header("Content-Type: application/json")
                .body("{}"),
            problem(428, "precondition-required"),
        ),
        case("two preconditions", correct("{}").header("If-Match: *"), problem(400, "bad-request")),
    ];
    for tag in ["\"v0\"", "\"v-1\"", "\"v99999999999999999999\"", "W/\"v1\"", "v1", "\"\"", "' OR 1=1"] {
        let request = correct("{}").header("X: y");
        let request =
            String::from_utf8(request.into()).unwrap().replace("If-Match: *", &format!("If-Match: {tag}"));
        cases.push(case(&format!("the precondition {tag}"), request, problem(412, "version-mismatch")));
    }
    for key in ["", "\"\"", "\"open", "a b", "é", &"k".repeat(256), "a\"b"] {
        let name = format!("the idempotency key {:?}", key.chars().take(20).collect::<String>());
        cases.push(case(
            &name,
            book("{}").header(format!("Idempotency-Key: {key}")),
            problem(400, "invalid-idempotency-key"),
        ));
    }
    let two_keys = book("{}").header("Idempotency-Key: a").header("Idempotency-Key: b");
    cases.push(case("two idempotency keys", two_keys, problem(400, "invalid-idempotency-key")));
    cases
}
