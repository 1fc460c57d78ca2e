//! The stream of a connection: TCP with deadlines, and with the checks that the HTTP library lacks.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use chrono::Utc;
use memchr::memmem;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};
use uuid::Uuid;

use super::closings::Reason;
use super::connections::{Admission, Wait};
use super::framing::{RequestFraming, Stage};

/// Time limit for the head of a request, from its first byte; for the first request, from the start of the connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Time limit for the body of a request, from the end of its head.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// Time limit for a response of which the client accepts no further byte.
const WRITE_STALL_TIMEOUT: Duration = Duration::from_secs(15);
/// The size of the longest response that the HTTP library generates for a request that it cannot parse, in bytes.
const PARSER_RESPONSE_MAX: usize = 256;
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
    /// When the current head or body must be complete.
    read_deadline: Option<Deadline>,
    /// When the client must have accepted another byte.
    write_deadline: Option<Deadline>,
    timer: Option<Pin<Box<Sleep>>>,
    /// Whether a complete request has no response yet.
    owes_response: bool,
    /// Whether a part of a response was sent since the current head or body began.
    has_written: bool,
    /// The unsent part of the header fields that replace the final CRLF of a response of the HTTP library itself.
    more_fields: Vec<u8>,
}

impl GuardedStream {
    /// Wraps a new connection. The deadline of its first head starts now.
    pub(super) fn new(io: TcpStream, admission: Admission) -> Self {
        Self {
            io,
            admission,
            framing: RequestFraming::new(),
            read_deadline: Some((Instant::now() + HEAD_TIMEOUT, Reason::SlowHead)),
            write_deadline: None,
            timer: None,
            owes_response: false,
            has_written: false,
            more_fields: Vec::new(),
        }
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
            self.admission.record(line.reason, "");
        }
        let (stage, requests) = (self.framing.stage(), self.framing.requests());
        if before == (stage, requests) {
            return;
        }
        self.has_written = false;
        self.owes_response |= requests != before.1;
        self.read_deadline = match stage {
            Stage::Idle => None,
            Stage::Head => Some((Instant::now() + HEAD_TIMEOUT, Reason::SlowHead)),
            Stage::Body => Some((Instant::now() + BODY_TIMEOUT, Reason::SlowBody)),
        };
        self.update_activity();
    }

    /// Records for the limits whether the connection waits for its client. Between the parts of a streamed response, it
    /// counts as idle since the last part.
    fn update_activity(&self) {
        match self.framing.stage() {
            // The connection has waited since its last write.
            _ if self.write_deadline.is_some() => {}
            _ if self.owes_response => self.admission.set_busy(),
            Stage::Idle => self.admission.set_waiting(Wait::Idle),
            Stage::Head | Stage::Body => self.admission.set_waiting(Wait::Transfer),
        }
    }

    /// Returns an error if a deadline has passed. Otherwise, wakes the task at the next deadline.
    fn poll_deadline<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let deadlines = self.read_deadline.into_iter().chain(self.write_deadline);
        let Some((at, reason)) = deadlines.min_by_key(|(at, _)| *at) else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if timer.deadline() != at {
            timer.as_mut().reset(at);
        }
        ready!(timer.as_mut().poll(cx));
        self.admission.record(reason, "");
        if reason != Reason::UnreadResponse && !self.owes_response && !self.has_written {
            // The buffer of the socket is empty, so it accepts the whole response. The connection closes in any case.
            let _closing = self.io.try_write(&request_timeout());
        }
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, reason.to_string())))
    }

    /// Writes to the socket. While it accepts nothing, the client must read within [`WRITE_STALL_TIMEOUT`].
    fn poll_send(&mut self, cx: &mut Context<'_>, output: &[u8]) -> Poll<io::Result<usize>> {
        let Poll::Ready(sent) = Pin::new(&mut self.io).poll_write(cx, output)? else {
            if self.write_deadline.is_none() {
                self.write_deadline = Some((Instant::now() + WRITE_STALL_TIMEOUT, Reason::UnreadResponse));
                self.admission.set_waiting(Wait::Transfer);
            }
            return self.poll_deadline(cx);
        };
        self.write_deadline = None;
        self.owes_response = false;
        self.has_written = true;
        self.update_activity();
        Poll::Ready(Ok(sent))
    }

    /// Sends the header fields that replace the final CRLF of a response.
    fn poll_send_fields(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.more_fields.is_empty() {
            let fields = std::mem::take(&mut self.more_fields);
            let sent = self.poll_send(cx, &fields);
            self.more_fields = fields;
            self.more_fields.drain(..ready!(sent)?);
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
        if this.more_fields.is_empty() {
            match missing_fields(output) {
                Some(fields) => this.more_fields = fields,
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
