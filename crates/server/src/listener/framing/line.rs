//! A line that arrives in parts.

use std::borrow::Cow;

use memchr::memchr;

use super::head::FIELD_NAME_MAX;

/// The bytes that are kept of the beginning of an incomplete line. The rest is not needed, except for its end.
pub(super) const LINE_START_MAX: usize = 2 * FIELD_NAME_MAX;

/// The bytes that are kept of the end of an incomplete line: a CR, or a CRLF.
const LINE_END: usize = 2;

/// The first [`LINE_START_MAX`] and the last [`LINE_END`] bytes of a line whose end has not arrived.
#[derive(Debug, Default)]
pub(super) struct IncompleteLine {
    bytes: Vec<u8>,
}

impl IncompleteLine {
    /// Returns the first byte, if one has arrived.
    pub(super) fn first(&self) -> Option<&u8> {
        self.bytes.first()
    }

    /// Returns the bytes of memory in use.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Takes the next line with its LF, or `None` if the end of the line has not arrived, and the bytes after it. Of a
    /// line that arrived in parts, the middle may be missing.
    pub(super) fn take<'a>(&mut self, input: &'a [u8]) -> (Option<Cow<'a, [u8]>>, &'a [u8]) {
        let end = memchr(b'\n', input).map(|at| at + 1);
        let (line, after) = input.split_at(end.unwrap_or(input.len()));
        if end.is_some() && self.bytes.is_empty() {
            return (Some(Cow::Borrowed(line)), after);
        }
        self.keep(line);
        (end.map(|_| Cow::Owned(std::mem::take(&mut self.bytes))), after)
    }

    /// Appends bytes to the incomplete line, and drops its middle.
    pub(super) fn keep(&mut self, bytes: &[u8]) {
        let missing = LINE_START_MAX.saturating_sub(self.bytes.len());
        let (start, rest) = bytes.split_at(missing.min(bytes.len()));
        self.bytes.extend_from_slice(start);
        self.bytes.extend_from_slice(rest.split_at(rest.len().saturating_sub(LINE_END)).1);
        if self.bytes.len() > LINE_START_MAX + LINE_END {
            self.bytes.drain(LINE_START_MAX..self.bytes.len() - LINE_END);
        }
    }
}
