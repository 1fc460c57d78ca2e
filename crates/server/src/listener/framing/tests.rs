//! Tests of the framing.

use super::head::FIELD_NAME_MAX;
use super::line::LINE_START_MAX;
use super::*;

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// Follows an input that arrives in two parts, for every place to divide it.
fn in_two_parts(input: &str) -> Vec<(Result<(), RejectedLine>, u64, Stage)> {
    let run = |middle| {
        let mut framing = RequestFraming::new();
        let (first, second) = input.as_bytes().split_at(middle);
        let result = framing.advance(first).and_then(|()| {
            let second = framing.advance(second);
            second.map_err(|line| RejectedLine { at: line.at + middle, ..line })
        });
        (result, framing.requests(), framing.stage())
    };
    (0..=input.len()).map(run).collect()
}

#[track_caller]
fn assert_follows(input: &str, requests: u64, stage: Stage) {
    for result in in_two_parts(input) {
        assert_eq!(result, (Ok(()), requests, stage), "{input:?}");
    }
}

#[test]
fn requests_with_and_without_a_body_follow_each_other() {
    let post = "POST / HTTP/1.1\r\nHost: a\r\ncontent-LENGTH:  7 \r\n\r\na\nb\n\nGE";
    let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n5;x=y\r\nab\n\nc\r\nA\r\n0123\n5678\n\r\n0\r\n\r\n";
    let trailer = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\n\r\nC: d\r\n\r\n";
    assert_follows(&GET.repeat(3), 3, Stage::Idle);
    assert_follows(&format!("{post}{GET}{chunked}{trailer}\r\n{GET}"), 5, Stage::Idle);
    assert_follows(&format!("{GET}GET / HTTP/1.1\r\nHost"), 1, Stage::Head);
    assert_follows(&format!("{GET}{}", &post[..post.len() - 1]), 1, Stage::Body);
    assert_follows(&format!("{GET}{}", &chunked[..chunked.len() - 1]), 1, Stage::Body);
}

#[test]
fn only_the_body_of_a_statement_is_an_upload() {
    for (target, stage) in [
        ("/api/statements", Stage::Upload),
        ("/api/statements?name=a.xml", Stage::Upload),
        ("/api/statements/1/undo", Stage::Body),
        ("/api/bookings", Stage::Body),
    ] {
        assert_follows(&format!("POST {target} HTTP/1.1\r\nContent-Length: 2\r\n\r\na"), 0, stage);
    }
    assert_follows(
        &format!("POST /api/statements HTTP/1.1\r\nContent-Length: 1\r\n\r\na{GET}GE"),
        2,
        Stage::Head,
    );
}

#[test]
fn bytes_after_an_upgrade_or_connect_belong_to_the_body() {
    let upgrade = "GET / HTTP/1.1\r\nUpgrade: WebSocket\r\nContent-Length: 1\r\n\r\nab\ncd\n\r\n";
    assert_follows(upgrade, 0, Stage::Body);
    assert_follows(&format!("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n\n\n{GET}"), 0, Stage::Body);
    assert_follows(&format!("GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n{GET}"), 2, Stage::Idle);
}

#[test]
fn a_bare_lf_is_found_in_every_line_of_a_head_and_nowhere_else() {
    for (at, _) in GET.match_indices("\r\n") {
        let input = format!("{GET}{}{}{GET}", &GET[..at], &GET[at + 1..]);
        for (result, requests, _) in in_two_parts(&input) {
            assert_eq!((result, requests), (Err(bare_lf(GET.len() + at)), 1), "{input:?}");
        }
    }
    assert_eq!(RequestFraming::new().advance(b"\nGET"), Err(bare_lf(0)));
}

fn bare_lf(at: usize) -> RejectedLine {
    RejectedLine { at, reason: Reason::BareLf }
}

#[test]
fn a_line_that_never_ends_uses_little_memory() {
    let trailer = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    for (start, part, stage) in [
        (trailer, "a\n", Stage::Body),
        (trailer, "a", Stage::Body),
        ("GET / HTTP/1.1\r\nCookie: ", "a", Stage::Head),
        ("GET /", "a\r", Stage::Head),
    ] {
        let mut framing = RequestFraming::new();
        framing.advance(start.as_bytes()).unwrap();
        for _ in 0..1_000 {
            framing.advance(part.repeat(512).as_bytes()).unwrap();
            assert!(framing.line.capacity() <= 2 * LINE_START_MAX, "{}", framing.line.capacity());
        }
        assert_eq!((framing.stage(), framing.requests()), (stage, 0));
    }
}

#[test]
fn a_long_line_is_followed_to_its_end() {
    let long = "x".repeat(3 * LINE_START_MAX);
    assert_follows(&format!("GET /{long} HTTP/1.1\r\nCookie: {long}\r\n\r\nG"), 1, Stage::Head);
    let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    assert_follows(&format!("{chunked}A: {long}\r\n\r\nG"), 1, Stage::Head);
    let head = format!("GET / HTTP/1.1\r\nCookie: {long}");
    for (result, ..) in in_two_parts(&format!("{head}\n\r\n")) {
        assert_eq!(result, Err(bare_lf(head.len())));
    }
    for field in ["Content-Length", "transfer-encoding", "Upgrade"] {
        for (result, ..) in
            in_two_parts(&format!("GET / HTTP/1.1\r\n{field}: {}1\r\n\r\n", " ".repeat(LINE_START_MAX)))
        {
            assert_eq!(result.unwrap_err().reason, Reason::LongFieldName);
        }
    }
}

#[test]
fn an_empty_line_between_requests_belongs_to_none() {
    assert_follows("\r", 0, Stage::Idle);
    assert_follows("\r\n", 0, Stage::Idle);
    assert_follows(&format!("{GET}\r\n"), 1, Stage::Idle);
    assert_follows(&format!("{GET}\r\n{GET}\r\nG"), 2, Stage::Head);
    // More empty lines count as the beginning of a head, so that its deadline ends the connection.
    assert_follows(&format!("{GET}\r\n\r\n"), 1, Stage::Head);
}

#[test]
fn a_long_field_name_is_rejected() {
    let head = |length| format!("GET / HTTP/1.1\r\n{}: a\r\n\r\n", "x".repeat(length));
    assert_eq!(RequestFraming::new().advance(head(FIELD_NAME_MAX).as_bytes()), Ok(()));
    let rejected = RequestFraming::new().advance(head(FIELD_NAME_MAX + 1).as_bytes());
    assert_eq!(rejected.unwrap_err().reason, Reason::LongFieldName);
}
