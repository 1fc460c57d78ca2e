//! Follows the framing of HTTP/1 requests (RFC 9112) in the bytes of a connection.
//!
//! The deadlines need to know whether a connection is in a request head, in a body or between requests. The HTTP
//! library accepts a bare LF as the end of a line in a head. Other programs may not, so such a head is rejected. The
//! library panics if the name of a header field has 64 KiB, so such a head is rejected as well.
//!
//! A request that the library rejects ends its connection. The framing therefore has to be correct only for the
//! requests that the library accepts.

use std::borrow::Cow;

use memchr::memchr;

use super::closings::Reason;

/// The longest name of a header field, in bytes. The names in use have fewer than 50.
const FIELD_NAME_MAX: usize = 1_024;

/// The bytes that are kept of the beginning of an incomplete line. The rest is not needed, except for its end.
const LINE_START_MAX: usize = 2 * FIELD_NAME_MAX;

/// The bytes that are kept of the end of an incomplete line: a CR, or a CRLF.
const LINE_END: usize = 2;

/// The part of a request that a connection receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// No byte of the next request has arrived, except for an empty line.
    Idle,
    /// The request line and the header fields.
    Head,
    /// The body.
    Body,
    /// The body of an upload, which may be large.
    Upload,
}

/// A line of a head that the HTTP library must reject.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RejectedLine {
    /// The index of its LF in the bytes given.
    pub(super) at: usize,
    /// [`Reason::BareLf`] or [`Reason::LongFieldName`].
    pub(super) reason: Reason,
}

/// The state of a connection's incoming bytes.
#[derive(Debug)]
pub(super) struct RequestFraming {
    state: State,
    head: Head,
    /// The first [`LINE_START_MAX`] and the last [`LINE_END`] bytes of a line whose end has not arrived.
    line: Vec<u8>,
    requests: u64,
    /// Whether the current body is that of an upload.
    is_upload: bool,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Idle,
    Head,
    /// A body of which this number of bytes is missing.
    Sized(u64),
    ChunkSize,
    /// A chunk of which this number of bytes is missing, including its final CRLF.
    Chunk(u64),
    Trailer,
    /// Everything that follows belongs to the body.
    UntilClose,
}

/// The fields of a head that determine the length of the body.
#[derive(Debug, Default)]
struct Head {
    has_empty_line: bool,
    has_request_line: bool,
    is_connect: bool,
    is_upload: bool,
    is_chunked: bool,
    is_websocket: bool,
    length: u64,
}

impl RequestFraming {
    pub(super) fn new() -> Self {
        Self { state: State::Idle, head: Head::default(), line: Vec::new(), requests: 0, is_upload: false }
    }

    /// Returns the part of a request that the next byte belongs to.
    pub(super) fn stage(&self) -> Stage {
        match self.state {
            State::Idle => Stage::Idle,
            State::Head => Stage::Head,
            _ if self.is_upload => Stage::Upload,
            _ => Stage::Body,
        }
    }

    /// Returns the number of requests that have arrived completely.
    pub(super) fn requests(&self) -> u64 {
        self.requests
    }

    /// Follows the next bytes of the connection.
    ///
    /// # Errors
    /// If a line of a head ends with a bare LF, or is a long field. The framing ignores all further bytes then.
    pub(super) fn advance(&mut self, input: &[u8]) -> Result<(), RejectedLine> {
        let mut rest = input;
        while !rest.is_empty() {
            rest = match self.state {
                State::Idle | State::Head => {
                    if !self.is_before_request(rest) {
                        self.state = State::Head;
                    }
                    let (line, after) = self.take_line(rest);
                    if let Some(Err(reason)) = line.map(|line| self.accept_head_line(&line)) {
                        self.state = State::UntilClose;
                        return Err(RejectedLine { at: input.len() - after.len() - 1, reason });
                    }
                    after
                }
                State::Sized(missing) => {
                    let (missing, after) = skip(rest, missing);
                    self.state = State::Sized(missing);
                    if missing == 0 {
                        self.complete();
                    }
                    after
                }
                State::ChunkSize => {
                    let (line, after) = self.take_line(rest);
                    self.state = line.map_or(State::ChunkSize, |line| after_chunk_size(&line));
                    after
                }
                State::Chunk(missing) => {
                    let (missing, after) = skip(rest, missing);
                    self.state = if missing == 0 { State::ChunkSize } else { State::Chunk(missing) };
                    after
                }
                State::Trailer => {
                    let (line, after) = self.take_line(rest);
                    match line {
                        Some(line) if *line == *b"\r\n" => self.complete(),
                        // The HTTP library regards a bare LF as a part of the trailer line.
                        Some(line) if !line.ends_with(b"\r\n") => self.keep(&line),
                        _ => {}
                    }
                    after
                }
                State::UntilClose => return Ok(()),
            };
        }
        Ok(())
    }

    /// Returns whether the next bytes are the empty line that a client may send before a request (RFC 9112, section 2.2).
    fn is_before_request(&self, next: &[u8]) -> bool {
        let starts_with_cr = self.line.first().or(next.first()) == Some(&b'\r');
        starts_with_cr && !self.head.has_request_line && !self.head.has_empty_line
    }

    /// Returns the next line with its LF, or `None` if the end of the line has not arrived, and the bytes after it. Of a
    /// line that arrived in parts, the middle may be missing.
    fn take_line<'a>(&mut self, input: &'a [u8]) -> (Option<Cow<'a, [u8]>>, &'a [u8]) {
        let end = memchr(b'\n', input).map(|at| at + 1);
        let (line, after) = input.split_at(end.unwrap_or(input.len()));
        if end.is_some() && self.line.is_empty() {
            return (Some(Cow::Borrowed(line)), after);
        }
        self.keep(line);
        (end.map(|_| Cow::Owned(std::mem::take(&mut self.line))), after)
    }

    /// Appends bytes to the incomplete line, and drops its middle.
    fn keep(&mut self, bytes: &[u8]) {
        let missing = LINE_START_MAX.saturating_sub(self.line.len());
        let (start, rest) = bytes.split_at(missing.min(bytes.len()));
        self.line.extend_from_slice(start);
        self.line.extend_from_slice(rest.split_at(rest.len().saturating_sub(LINE_END)).1);
        if self.line.len() > LINE_START_MAX + LINE_END {
            self.line.drain(LINE_START_MAX..self.line.len() - LINE_END);
        }
    }

    /// Follows a line of a head.
    ///
    /// # Errors
    /// If the line ends with a bare LF, or is a long field.
    fn accept_head_line(&mut self, line: &[u8]) -> Result<(), Reason> {
        let line = line.strip_suffix(b"\r\n").ok_or(Reason::BareLf)?;
        match (line.is_empty(), self.head.has_request_line) {
            (true, true) => self.end_head(),
            (true, false) => self.head.has_empty_line = true,
            (false, true) => self.head.add_field(line)?,
            (false, false) => {
                self.head = Head {
                    has_request_line: true,
                    is_connect: line.starts_with(b"CONNECT "),
                    is_upload: is_upload(line),
                    ..Head::default()
                };
            }
        }
        Ok(())
    }

    /// Determines the length of the body as the HTTP library does.
    fn end_head(&mut self) {
        self.is_upload = self.head.is_upload;
        self.state = match std::mem::take(&mut self.head) {
            Head { is_chunked: true, .. } => State::ChunkSize,
            Head { is_websocket: true, .. } => State::UntilClose,
            Head { length: 0, is_connect: true, .. } => State::UntilClose,
            Head { length: 0, .. } => return self.complete(),
            Head { length, .. } => State::Sized(length),
        };
    }

    fn complete(&mut self) {
        self.requests += 1;
        self.state = State::Idle;
    }
}

impl Head {
    fn add_field(&mut self, line: &[u8]) -> Result<(), Reason> {
        let start = line.get(..=FIELD_NAME_MAX);
        let Some(colon) = memchr(b':', start.unwrap_or(line)) else {
            return if start.is_some() { Err(Reason::LongFieldName) } else { Ok(()) };
        };
        let (name, value) = line.split_at(colon);
        if !matches!(name.first(), Some(b'C' | b'c' | b'T' | b't' | b'U' | b'u')) {
            return Ok(());
        }
        let decides_length = [&b"content-length"[..], b"transfer-encoding", b"upgrade"];
        if line.len() >= LINE_START_MAX && decides_length.iter().any(|other| name.eq_ignore_ascii_case(other))
        {
            return Err(Reason::LongFieldName);
        }
        let value = || value.get(1..).unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            self.length = std::str::from_utf8(value()).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.is_chunked = value().eq_ignore_ascii_case(b"chunked");
        } else if name.eq_ignore_ascii_case(b"upgrade") {
            self.is_websocket |= value().eq_ignore_ascii_case(b"websocket");
        }
        Ok(())
    }
}

/// Returns whether a request line is that of an upload: `POST /api/statements`, with or without a query.
fn is_upload(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"POST /api/statements");
    rest.is_some_and(|rest| matches!(rest.first(), Some(b' ' | b'?')))
}

/// Skips a number of bytes. Returns how many of them are still missing, and the bytes after them.
fn skip(input: &[u8], count: u64) -> (u64, &[u8]) {
    let here = usize::try_from(count).unwrap_or(usize::MAX).min(input.len());
    let missing = count - u64::try_from(here).unwrap_or(count);
    (missing, input.split_at(here).1)
}

fn after_chunk_size(line: &[u8]) -> State {
    /// The CRLF after a chunk, in bytes.
    const CRLF: u64 = 2;
    let digits = line.split(|byte| !byte.is_ascii_hexdigit()).next().unwrap_or_default();
    let size = std::str::from_utf8(digits).ok().and_then(|digits| u64::from_str_radix(digits, 16).ok());
    match size {
        Some(0) => State::Trailer,
        Some(size) => State::Chunk(size.saturating_add(CRLF)),
        None => State::UntilClose,
    }
}

#[cfg(test)]
mod tests {
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
}
