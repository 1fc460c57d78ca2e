//! Ambiguous framing: a proxy in front of Hermes must never see other requests than Hermes does (RFC 9112, section 11.2).

use crate::case::{Case, book, case, get, problem, refused, status, steps};

/// A head that lacks its last lines.
const POST: &str = "POST /api/bookings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
const GET: &str = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n";
/// A request that an attacker hides in the body of another.
const HIDDEN: &str = "GET /api/stats HTTP/1.1\r\nHost: localhost\r\n\r\n";

pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        // Two lengths.
        case(
            "a length and chunks",
            post("Content-Length: 4\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
            refused(400),
        ),
        case(
            "chunks and a length",
            post("Transfer-Encoding: chunked\r\nContent-Length: 4", "0\r\n\r\n"),
            refused(400),
        ),
        case(
            "a hidden request after chunks and a length",
            post("Content-Length: 6\r\nTransfer-Encoding: chunked", &format!("0\r\n\r\n{HIDDEN}")),
            refused(400),
        ),
        case("two different lengths", post("Content-Length: 2\r\nContent-Length: 60", "{}"), refused(400)),
        case("two equal lengths", post("Content-Length: 2\r\nContent-Length: 2", "{}"), refused(400)),
        case("a list of lengths", post("Content-Length: 2, 2", "{}"), refused(400)),
        // Lengths that are not numbers.
        case("a length with a sign", post("Content-Length: +2", "{}"), refused(400)),
        case("a negative length", post("Content-Length: -1", "{}"), refused(400)),
        case("a hexadecimal length", post("Content-Length: 0x2", "{}"), refused(400)),
        case("a length with a fraction", post("Content-Length: 2.0", "{}"), refused(400)),
        case("a length with a space", post("Content-Length: 1 2", "{}"), refused(400)),
        case("an empty length", post("Content-Length:", "{}"), refused(400)),
        case("a length above 64 bits", post("Content-Length: 99999999999999999999999", "{}"), refused(400)),
        // Transfer codings.
        case("an unknown transfer coding", post("Transfer-Encoding: cow", "0\r\n\r\n"), refused(400)),
        case(
            "chunks inside another coding",
            post("Transfer-Encoding: chunked, identity", "0\r\n\r\n"),
            refused(400),
        ),
        case(
            "two transfer codings",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n"),
            refused(400),
        ),
        case(
            "a transfer coding with a tab",
            post("Transfer-Encoding:\tchunked\r\nContent-Length: 1", "0\r\n\r\n"),
            refused(400),
        ),
        case(
            "chunks in HTTP/1.0",
            "POST /api/bookings HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            refused(400),
        ),
        // Chunks. The server closes the connection with unread bytes, so the reset may overtake the response.
        steps("a chunk size that is not a number")
            .send(chunked("zz\r\n{}\r\n0\r\n\r\n"))
            .expect_or_closed(problem(400, "bad-request")),
        steps("a chunk size above 64 bits")
            .send(chunked("fffffffffffffffff\r\n{}\r\n0\r\n\r\n"))
            .expect_or_closed(problem(400, "bad-request")),
        steps("a negative chunk size")
            .send(chunked("-2\r\n{}\r\n0\r\n\r\n"))
            .expect_or_closed(problem(400, "bad-request")),
        steps("a chunk that is longer than its size")
            .send(chunked("1\r\n{}\r\n0\r\n\r\n"))
            .expect_or_closed(problem(400, "bad-request")),
        steps("a chunk size with a prefix")
            .send(chunked("0x2\r\n{}\r\n0\r\n\r\n"))
            .expect_or_closed(problem(400, "bad-request")),
        // Line ends.
        case("bare LF in a head", "GET /health/live HTTP/1.1\nHost: localhost\n\n", refused(400)),
        case(
            "bare LF after the request line",
            "GET /health/live HTTP/1.1\nHost: localhost\r\n\r\n",
            refused(400),
        ),
        case("bare LF after a header", format!("{GET}A: b\n\r\n"), refused(400)),
        case("bare LF inside a header", format!("{GET}A: b\nHost: evil.example\r\n\r\n"), refused(400)),
        case("bare LF at the end of the head", format!("{GET}\n"), refused(400)),
        case("bare CR inside a header", format!("{GET}A: b\rc\r\n\r\n"), refused(400)),
        case("a continued header", format!("{GET}A: b\r\n c\r\n\r\n"), refused(400)),
        case("a continued header with a tab", format!("{GET}A: b\r\n\tc\r\n\r\n"), refused(400)),
        case(
            "a continued first header",
            "GET /health/live HTTP/1.1\r\n Host: localhost\r\n\r\n",
            refused(400),
        ),
        // Several requests on one connection.
        steps("pipelined requests get their responses in order")
            .send([Vec::from(get("/health/live")), get("/nothing").into(), get("/api/stats").into()].concat())
            .expect(status(200))
            .expect(problem(404, "not-found"))
            .expect(status(200)),
        steps("a malformed request after a valid one")
            .send(format!("{GET}\r\nNONSENSE\r\n\r\n"))
            .expect(status(200))
            .expect(refused(400))
            .expect_closed(),
        steps("bare LF in a pipelined request")
            .send(format!("{GET}\r\n{GET}A: b\n\r\n"))
            .expect(status(200))
            .expect(refused(400))
            .expect_closed(),
        steps("a body is not the next request").send(get("/health/live").body(HIDDEN)).expect(status(200)),
        steps("a body longer than its length is the next request")
            .send(post("Content-Length: 2", "{}GARBAGE / HTTP/1.1\r\n\r\n"))
            .expect(problem(422, "invalid-fields"))
            .expect(refused(400))
            .expect_closed(),
        steps("garbage after a booking")
            .send([Vec::from(book("{}")), vec![0xFF; 64], b"\r\n\r\n".to_vec()].concat())
            .expect(problem(422, "invalid-fields"))
            .expect(refused(400))
            .expect_closed(),
    ];
    for name in
        ["Content-Length ", "Content-Length\t", " Content-Length", "Content Length", "Content-Length\u{0}"]
    {
        cases.push(case(
            &format!("the header name {name:?}"),
            post(&format!("{name}: 2"), "{}"),
            refused(400),
        ));
    }
    for coding in ["xchunked", "chunked;x=1", "\u{b}chunked", "\"chunked\"", "chunked, chunked"] {
        let name = format!("the transfer coding {coding:?}");
        cases.push(case(&name, post(&format!("Transfer-Encoding: {coding}"), "0\r\n\r\n"), refused(400)));
    }
    cases
}

/// Creates a POST request with a header that describes its body.
fn post(header: &str, body: &str) -> String {
    format!("{POST}{header}\r\n\r\n{body}")
}

fn chunked(chunks: &str) -> String {
    post("Transfer-Encoding: chunked", chunks)
}
