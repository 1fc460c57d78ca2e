//! The fields of a request head that the framing needs.

use memchr::memchr;

use super::line::LINE_START_MAX;
use crate::listener::closings::Reason;

/// The longest name of a header field, in bytes. The names in use have fewer than 50.
pub(super) const FIELD_NAME_MAX: usize = 1_024;

/// The fields of a head that determine the length of the body.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) has_empty_line: bool,
    pub(super) has_request_line: bool,
    pub(super) is_connect: bool,
    pub(super) is_upload: bool,
    pub(super) is_chunked: bool,
    pub(super) is_websocket: bool,
    pub(super) length: u64,
}

impl Head {
    /// Follows a field.
    ///
    /// # Errors
    /// If the field is longer than any that the portal uses.
    pub(super) fn add_field(&mut self, line: &[u8]) -> Result<(), Reason> {
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
pub(super) fn is_upload(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"POST /api/statements");
    rest.is_some_and(|rest| matches!(rest.first(), Some(b' ' | b'?')))
}
