//! Follows the framing of HTTP/1 requests (RFC 9112) in the bytes of a connection.
//!
//! The deadlines need to know whether a connection is in a request head, in a body or between requests. The HTTP
//! library accepts a bare LF as the end of a line in a head. Other programs may not, so such a head is rejected. The
//! library panics if the name of a header field has 64 KiB, so such a head is rejected as well.
//!
//! A request that the library rejects ends its connection. The framing therefore has to be correct only for the
//! requests that the library accepts.
//!
//! [`head`] finds the length of the body, and [`mod@line`] joins the parts of a line.

mod head;
mod line;
#[cfg(test)]
mod tests;

use self::head::Head;
use self::line::IncompleteLine;
use super::closings::Reason;

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
    line: IncompleteLine,
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

impl RequestFraming {
    pub(super) fn new() -> Self {
        Self {
            state: State::Idle,
            head: Head::default(),
            line: IncompleteLine::default(),
            requests: 0,
            is_upload: false,
        }
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
                    let (line, after) = self.line.take(rest);
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
                    let (line, after) = self.line.take(rest);
                    self.state = line.map_or(State::ChunkSize, |line| after_chunk_size(&line));
                    after
                }
                State::Chunk(missing) => {
                    let (missing, after) = skip(rest, missing);
                    self.state = if missing == 0 { State::ChunkSize } else { State::Chunk(missing) };
                    after
                }
                State::Trailer => {
                    let (line, after) = self.line.take(rest);
                    match line {
                        Some(line) if *line == *b"\r\n" => self.complete(),
                        // The HTTP library regards a bare LF as a part of the trailer line.
                        Some(line) if !line.ends_with(b"\r\n") => self.line.keep(&line),
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
                    is_upload: head::is_upload(line),
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
