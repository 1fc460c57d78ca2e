//! Bodies: codings, media types, sizes and JSON.

use crate::case::{Answer, BOOKING, Case, Request, book, case, get, post, problem};

/// A gzip member that claims to contain more.
const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00";
const MALFORMED: Answer = problem(400, "malformed-json");
const INVALID: Answer = problem(422, "invalid-fields");
const COMPRESSED: Answer = problem(415, "unsupported-encoding").with("Accept-Encoding", "identity");

pub fn cases() -> Vec<Case> {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(5_000), close.repeat(5_000));
    let many: Vec<_> = (0..5_000).map(|number| format!("\"m{number}\":1")).collect();
    let mut cases = vec![
        // Sizes.
        case("a body above the limit", book(vec![b' '; 70_000]), problem(413, "body-too-large")),
        case("a form above the limit", form(vec![b'a'; 70_000]), problem(413, "body-too-large")),
        case("chunks above the limit", chunked(70_000), problem(413, "body-too-large")),
        case("a body at the limit", book(format!("{{{}}}", " ".repeat(65_534))), INVALID),
        case(
            "an announced body of 8 EiB",
            "POST /api/bookings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9223372036854775807\r\n\r\n",
            problem(413, "body-too-large"),
        ),
        // JSON.
        case("no body", book(""), MALFORMED),
        case("a body that is not UTF-8", book(&b"{\"name\":\"\xff\"}"[..]), MALFORMED),
        case("UTF-16", book(&b"\xff\xfe{\0}\0"[..]), MALFORMED),
        case("a byte order mark", book(format!("\u{feff}{BOOKING}")), MALFORMED),
        case("two objects", book(format!("{BOOKING}{BOOKING}")), MALFORMED),
        case("a comment", book("{/* */}"), MALFORMED),
        case("a trailing comma", book("{\"name\":\"A\",}"), MALFORMED),
        case("single quotes", book("{'name':'A'}"), MALFORMED),
        case("NUL after the object", book("{}\0"), MALFORMED),
        case("half a surrogate", book(r#"{"name":"\ud800"}"#), INVALID),
        case("nested arrays", book(deep("[", "]")), MALFORMED),
        case("nested objects", book(deep("{\"a\":", "}")), MALFORMED),
        case("a value of nested arrays", book(format!("{{\"name\":{}}}", deep("[", "]"))), INVALID),
        case("five thousand members", book(format!("{{{}}}", many.join(","))), INVALID),
        case(
            "a member twice",
            book(r#"{"name":"A","name":"B","email":"a@example.org","amount":"1"}"#),
            INVALID,
        ),
        case(
            "a member twice with escapes",
            book(r#"{"amount":"1","\u0061mount":"2","name":"A","email":"a@example.org"}"#),
            INVALID,
        ),
        case("members of other languages", book(r#"{"__proto__":{"x":1},"constructor":1,"$ne":1}"#), INVALID),
        case("the amount received", book(with("amount_received", "\"10\"")), INVALID),
        case("a member name of 60 kB", book(format!("{{\"{}\":1}}", "m".repeat(60_000))), INVALID),
        case("a cancellation without a reason", post("/api/bookings/REF001/cancel", "{}"), INVALID),
        case(
            "a cancellation with a list as reason",
            post("/api/bookings/REF001/cancel", r#"{"reason":["x"]}"#),
            INVALID,
        ),
    ];
    for coding in [
        "br",
        "gzip",
        "deflate",
        "zstd",
        "x-gzip",
        "compress",
        "identity, gzip",
        "GZIP",
        "unknown",
        "\"gzip\"",
    ] {
        let request = book(GZIP).header(format!("Content-Encoding: {coding}"));
        cases.push(case(&format!("the coding {coding}"), request, COMPRESSED));
    }
    let twice = book(GZIP).header("Content-Encoding: identity").header("Content-Encoding: gzip");
    cases.push(case("two codings", twice, COMPRESSED));
    cases.push(case("a compressed form", form(GZIP.to_vec()).header("Content-Encoding: gzip"), COMPRESSED));
    cases.push(case(
        "a compressed body of a GET request",
        get("/payment").header("Content-Encoding: br").body(GZIP),
        COMPRESSED,
    ));
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "text/json",
        "json",
        "*/*",
    ] {
        let request = Request::new("POST", "/api/bookings").header(format!("Content-Type: {media_type}"));
        cases.push(case(
            &format!("the media type {media_type}"),
            request.body(BOOKING),
            problem(415, "unsupported-media-type"),
        ));
    }
    for body in ["[]", "null", "true", "1", "\"x\"", "{", "{\"name\"", "{\"name\":}", "{]", "nonsense"] {
        cases.push(case(&format!("the body {body}"), book(body), MALFORMED));
    }
    for value in ["null", "1", "true", "[]", "{}", "[\"Ana\"]"] {
        cases.push(case(&format!("the name {value}"), book(with("name", value)), INVALID));
    }
    for value in [
        "0",
        "-1",
        "-0",
        "1e400",
        "1e-400",
        "0.001",
        "1E+99",
        "NaN",
        "-Infinity",
        "true",
        "[1]",
        "\"\"",
        "\"1,000\"",
        "\"0x10\"",
        "\"１０\"",
        "\"1e3\"",
        "\"+1\"",
        "\" \"",
        "99999999999999999999999999",
        "\"1\\u0000\"",
    ] {
        cases.push(case(&format!("the amount {value}"), book(with("amount", value)), INVALID));
    }
    let digits = "9".repeat(60_000);
    cases.push(case("an amount of 60,000 digits", book(with("amount", &digits)), INVALID));
    cases.push(case("an amount of 60,000 decimals", book(with("amount", &format!("0.{digits}"))), INVALID));
    cases
}

/// Returns a booking with another value of one member.
fn with(name: &str, value: &str) -> String {
    let members = [("name", "\"Ana Ruiz\""), ("email", "\"hostile@example.org\""), ("amount", "\"10\"")];
    let others = members.into_iter().filter(|(known, _)| *known != name);
    let members: Vec<_> =
        others.chain([(name, value)]).map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

fn form(body: Vec<u8>) -> Request {
    crate::case::submit(body)
}

/// Creates a booking with chunks of this many bytes together.
fn chunked(bytes: usize) -> String {
    let head = "POST /api/bookings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let chunk = format!("3e8\r\n{}\r\n", " ".repeat(1_000));
    format!("{head}Transfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n", chunk.repeat(bytes / 1_000))
}
