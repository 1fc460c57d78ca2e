//! The stream of a connection: TCP with deadlines, and with the checks that the HTTP library lacks.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use chrono::Utc;
use hermes_web::extract::BODY_TIMEOUT;
use memchr::memmem;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};
use uuid::Uuid;

use super::closings::Reason;
use super::connections::{Activity, Admission};
use super::framing::{RequestFraming, Stage};
use super::responses::Processed;

/// Time limit for the head of a request, from its first byte; for the first request, from the start of the connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// The time by which a client may be behind [`RATE_MIN`] while it reads responses. A response of `n` bytes is therefore
/// accepted within this time plus `n` / [`RATE_MIN`], or abandoned.
const WRITE_TIMEOUT: Duration = Duration::from_secs(15);
/// The minimum rate at which a client reads responses, in bytes per second.
const RATE_MIN: u32 = 16 * 1024;
/// The size of the longest response that the HTTP library generates for a request that it cannot parse, in bytes.
const PARSER_RESPONSE_MAX: usize = 256;
/// The interim response after which a client sends its body (RFC 9110, section 15.2.1).
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
/// A date field, whose length is fixed (RFC 9110, section 5.6.7).
const DATE_FIELD: &str = "date: Sun, 06 Nov 1994 08:49:37 GMT";

/// A time at which a connection is closed, and why.
type Deadline = (Instant, Reason);

/// The stream of an admitted connection.
#[derive(Debug)]
pub(super) struct GuardedStream {
    io: TcpStream,
    admission: Admission,
    framing: RequestFraming,
    /// The time limit for the body of an upload.
    upload_timeout: Duration,
    /// When the current head or body must be complete.
    read_deadline: Option<Deadline>,
    /// The time left to the client to accept output.
    write_time: Duration,
    /// The end of this time, while the client accepts nothing.
    write_deadline: Option<Deadline>,
    timer: Option<Pin<Box<Sleep>>>,
    processed: Processed,
    /// Whether a part of a response was sent since the current head or body began.
    has_written: bool,
    /// The unsent part of the header fields that replace the final CRLF of a response of the HTTP library itself.
    added_fields: Vec<u8>,
}

impl GuardedStream {
    /// Wraps a new connection. The deadline of its first head starts now.
    pub(super) fn new(io: TcpStream, admission: Admission, upload_timeout: Duration) -> Self {
        Self {
            io,
            admission,
            framing: RequestFraming::new(),
            upload_timeout,
            read_deadline: read_deadline(Stage::Head, upload_timeout),
            write_time: WRITE_TIMEOUT,
            write_deadline: None,
            timer: None,
            processed: Processed::default(),
            has_written: false,
            added_fields: Vec::new(),
        }
    }

    /// Returns the counter of the processed requests of this connection.
    pub(super) fn processed(&self) -> Processed {
        self.processed.clone()
    }

    /// Returns whether a complete request is waiting or being processed.
    fn owes_response(&self) -> bool {
        self.framing.requests() > self.processed.count()
    }

    /// Follows received bytes. Invalidates a line that the framing rejects, so that the HTTP library rejects the head
    /// with 400 after the responses to earlier requests.
    fn receive(&mut self, bytes: &mut [u8]) {
        let before = (self.framing.stage(), self.framing.requests());
        if let Err(line) = self.framing.advance(bytes) {
            if let Some(byte) = bytes.get_mut(line.at) {
                // No part of a head may contain NUL (RFC 9110, section 5.5).
                *byte = 0;
            }
            line.reason.record("");
        }
        let (stage, requests) = (self.framing.stage(), self.framing.requests());
        if before == (stage, requests) {
            return;
        }
        self.has_written = false;
        self.read_deadline = read_deadline(stage, self.upload_timeout);
        if self.write_deadline.is_none() {
            // The client has accepted all earlier output.
            self.write_time = WRITE_TIMEOUT;
        }
        self.update_activity();
    }

    /// Records for the limits whether the connection waits for its client. Between the parts of a streamed response, it
    /// counts as idle since the last part.
    fn update_activity(&self) {
        match self.framing.stage() {
            // The connection has waited since its last write.
            _ if self.write_deadline.is_some() => {}
            _ if self.owes_response() => self.admission.set_activity(Activity::Busy),
            Stage::Idle => self.admission.set_activity(Activity::Idle(now())),
            Stage::Head | Stage::Body | Stage::Upload => {
                self.admission.set_activity(Activity::Transfer(now()))
            }
        }
    }

    /// Returns an error if a deadline has passed. Otherwise, wakes the task at the next deadline.
    fn poll_deadline<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        loop {
            let deadlines = self.read_deadline.into_iter().chain(self.write_deadline);
            let Some((at, reason)) = deadlines.min_by_key(|(at, _)| *at) else { return Poll::Pending };
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
            if timer.deadline() != at {
                timer.as_mut().reset(at);
            }
            ready!(timer.as_mut().poll(cx));
            if reason == Reason::UnreadResponse || !self.owes_response() {
                return Poll::Ready(Err(self.close(reason)));
            }
            // The next request may be incomplete until the response to the earlier one.
            self.read_deadline = read_deadline(self.framing.stage(), self.upload_timeout);
        }
    }

    /// Records that a deadline has passed, and responds to an incomplete request.
    fn close(&mut self, reason: Reason) -> io::Error {
        reason.record("");
        if reason != Reason::UnreadResponse && !self.has_written {
            // The buffer of the socket is empty, so it accepts the whole response. The connection closes in any case.
            let _closing = self.io.try_write(&request_timeout());
        }
        io::Error::new(io::ErrorKind::TimedOut, reason.to_string())
    }

    /// Writes to the socket. While it accepts nothing, the time left to the client passes.
    fn poll_send(&mut self, cx: &mut Context<'_>, output: &[u8]) -> Poll<io::Result<usize>> {
        let Poll::Ready(sent) = Pin::new(&mut self.io).poll_write(cx, output)? else {
            if self.write_deadline.is_none() {
                self.write_deadline = Some((Instant::now() + self.write_time, Reason::UnreadResponse));
                self.admission.set_activity(Activity::Transfer(now()));
            }
            return self.poll_deadline(cx);
        };
        if let Some((deadline, _)) = self.write_deadline.take() {
            let left = deadline.saturating_duration_since(Instant::now());
            self.write_time = WRITE_TIMEOUT.min(left + reading_time(sent));
        }
        if output == CONTINUE {
            // The request has no response yet, and its body keeps its deadline.
            self.update_activity();
            return Poll::Ready(Ok(sent));
        }
        self.has_written = true;
        if self.framing.stage() != Stage::Idle {
            // The client may send the rest of its request after it has received the response to the earlier one. An upload
            // that is answered already has no more time than any body.
            self.read_deadline = read_deadline(self.framing.stage(), BODY_TIMEOUT);
        }
        self.update_activity();
        Poll::Ready(Ok(sent))
    }

    /// Sends the header fields that replace the final CRLF of a response.
    fn poll_send_fields(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.added_fields.is_empty() {
            let fields = std::mem::take(&mut self.added_fields);
            let sent = self.poll_send(cx, &fields);
            self.added_fields = fields;
            self.added_fields.drain(..ready!(sent)?);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for GuardedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        if Pin::new(&mut this.io).poll_read(cx, buffer)?.is_pending() {
            return this.poll_deadline(cx);
        }
        this.receive(buffer.filled_mut().get_mut(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for GuardedStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, output: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.added_fields.is_empty() {
            match missing_fields(output) {
                Some(fields) => {
                    let is_too_large = memmem::find(output, b" 431 ").is_some();
                    let cause = if is_too_large { ": the head is too large" } else { ": invalid syntax" };
                    Reason::Malformed.record(cause);
                    this.added_fields = fields;
                }
                None => return this.poll_send(cx, output),
            }
        }
        match output.strip_suffix(b"\r\n") {
            Some(b"") | None => {
                ready!(this.poll_send_fields(cx)?);
                Poll::Ready(Ok(output.len()))
            }
            Some(before) => this.poll_send(cx, before),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}

/// Returns when the current head or body must be complete if it begins now.
fn read_deadline(stage: Stage, upload_timeout: Duration) -> Option<Deadline> {
    match stage {
        Stage::Idle => None,
        Stage::Head => Some((Instant::now() + HEAD_TIMEOUT, Reason::SlowHead)),
        Stage::Body => Some((Instant::now() + BODY_TIMEOUT, Reason::SlowBody)),
        Stage::Upload => Some((Instant::now() + upload_timeout, Reason::SlowBody)),
    }
}

/// Returns the time in which a client must read a number of bytes.
fn reading_time(bytes: usize) -> Duration {
    Duration::from_secs(1) * u32::try_from(bytes).unwrap_or(u32::MAX) / RATE_MIN
}

fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// Returns the header fields that a response of the HTTP library itself lacks, if the output ends with one: a client
/// error without body and without request id. The connection closes after it.
fn missing_fields(output: &[u8]) -> Option<Vec<u8>> {
    let head = output.strip_suffix(b"\r\n\r\n")?;
    // Most responses end here. The library writes only these two fields, and the date after them.
    let before_date = head.get(..head.len().checked_sub(DATE_FIELD.len())?)?;
    let is_closing = before_date.ends_with(b"connection: close\r\n");
    if !is_closing && !before_date.ends_with(b"content-length: 0\r\n") {
        return None;
    }
    let tail = head.get(head.len().saturating_sub(PARSER_RESPONSE_MAX)..)?;
    let response = tail.get(memmem::rfind(tail, b"HTTP/1.")?..)?;
    if response.get(8..10)? != b" 4" || memmem::find(response, b"x-request-id: ").is_some() {
        return None;
    }
    let connection = if is_closing { "" } else { "connection: close\r\n" };
    Some(format!("{connection}x-request-id: {}\r\n\r\n", Uuid::new_v4()).into_bytes())
}

/// Returns a response to a request that did not arrive in time (RFC 9110, section 15.5.9).
fn request_timeout() -> Vec<u8> {
    let (date, id) = (Utc::now().format("%a, %d %b %Y %T GMT"), Uuid::new_v4());
    let head = "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close";
    format!("{head}\r\ndate: {date}\r\nx-request-id: {id}\r\n\r\n").into_bytes()
}
