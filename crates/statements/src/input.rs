//! Bounded input: decodes a file to UTF-8 in pieces and enforces the limits on bytes.

use std::io::{self, BufRead, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::Problem;

/// The size of a piece of the file, in bytes.
const PIECE_BYTES: usize = 32 * 1024;
/// The space for the decoded text of a piece, in bytes: at most three times as long, plus a pending character.
const TEXT_BYTES: usize = PIECE_BYTES * 3 + 16;
/// The part of a file from which its encoding is detected, in bytes.
const DECLARATION_BYTES: usize = 256;

/// The text of a file in UTF-8.
///
/// A reader grants a number of bytes for each element with [`TextInput::grant`]. An element without an end therefore
/// cannot fill the memory.
pub(crate) struct TextInput<R> {
    source: R,
    encoding: &'static Encoding,
    decoder: Decoder,
    piece: Vec<u8>,
    piece_start: usize,
    text: Vec<u8>,
    text_start: usize,
    has_ended: bool,
    limit: u64,
    remaining: u64,
    grant: usize,
    granted: usize,
}

/// The error of an input, which travels through the parsers as the inner error of an [`io::Error`].
#[derive(Debug, thiserror::Error)]
enum InputError {
    #[error("too large")]
    TooLarge(u64),
    #[error("element too large")]
    ElementTooLarge(usize),
    #[error("wrong encoding")]
    WrongEncoding(&'static Encoding),
}

impl<R: Read> TextInput<R> {
    /// Reads at most `limit` bytes of `source`, in an encoding.
    pub(crate) fn new(source: R, encoding: &'static Encoding, limit: u64) -> Self {
        Self {
            source,
            encoding,
            decoder: encoding.new_decoder_with_bom_removal(),
            piece: Vec::with_capacity(PIECE_BYTES),
            piece_start: 0,
            text: vec![0; TEXT_BYTES],
            text_start: TEXT_BYTES,
            has_ended: false,
            limit,
            remaining: limit,
            grant: usize::MAX,
            granted: usize::MAX,
        }
    }

    /// Allows the next element to have this number of bytes.
    pub(crate) const fn grant(&mut self, bytes: usize) {
        self.grant = bytes;
        self.granted = bytes;
    }

    /// Reads the next piece and decodes it. The text is empty at the end of the file only.
    fn fill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.text_start = 0;
        while self.text.is_empty() && !(self.has_ended && self.piece_start == self.piece.len()) {
            if self.piece_start == self.piece.len() {
                self.read_piece()?;
            }
            self.decode_piece()?;
        }
        Ok(())
    }

    fn read_piece(&mut self) -> io::Result<()> {
        self.piece.clear();
        self.piece_start = 0;
        let piece = u64::try_from(PIECE_BYTES).unwrap_or(u64::MAX);
        // One byte more than the limit shows that the file exceeds it.
        let wanted = piece.min(self.remaining.saturating_add(1));
        (&mut self.source).take(wanted).read_to_end(&mut self.piece)?;
        let read = u64::try_from(self.piece.len()).unwrap_or(u64::MAX);
        self.has_ended = read < wanted;
        self.remaining =
            self.remaining.checked_sub(read).ok_or_else(|| InputError::TooLarge(self.limit).into_io())?;
        Ok(())
    }

    fn decode_piece(&mut self) -> io::Result<()> {
        let rest = self.piece.get(self.piece_start..).unwrap_or_default();
        self.text.resize(TEXT_BYTES, 0);
        let (result, read, written) =
            self.decoder.decode_to_utf8_without_replacement(rest, &mut self.text, self.has_ended);
        self.text.truncate(written);
        self.piece_start += read;
        match result {
            DecoderResult::Malformed(..) => Err(InputError::WrongEncoding(self.encoding).into_io()),
            DecoderResult::InputEmpty | DecoderResult::OutputFull => Ok(()),
        }
    }
}

impl<R: Read> BufRead for TextInput<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.text_start >= self.text.len() {
            self.fill()?;
        }
        let text = self.text.get(self.text_start..).unwrap_or_default();
        if self.granted == 0 && !text.is_empty() {
            return Err(InputError::ElementTooLarge(self.grant).into_io());
        }
        Ok(text.get(..self.granted).unwrap_or(text))
    }

    fn consume(&mut self, bytes: usize) {
        self.text_start += bytes;
        self.granted = self.granted.saturating_sub(bytes);
    }
}

impl<R: Read> Read for TextInput<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut text = self.fill_buf()?;
        let read = text.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl InputError {
    fn into_io(self) -> io::Error {
        io::Error::other(self)
    }
}

/// Returns the problem behind an error of an input.
pub(crate) fn problem_of(error: &io::Error) -> Problem {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<InputError>());
    match inner {
        Some(InputError::TooLarge(limit)) => Problem::TooLarge { limit: *limit },
        Some(InputError::ElementTooLarge(limit)) => {
            Problem::EntryTooLarge { limit: u64::try_from(*limit).unwrap_or(u64::MAX), unit: "bytes" }
        }
        Some(InputError::WrongEncoding(encoding)) => {
            Problem::WrongEncoding { encoding: encoding.name().to_owned() }
        }
        None => Problem::Io(io::Error::new(error.kind(), error.to_string())),
    }
}

/// Returns the encoding of an XML file from its first bytes (XML 1.0, appendix F).
pub(crate) fn xml_encoding(head: &[u8]) -> Result<&'static Encoding, Problem> {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return Ok(encoding);
    }
    match head {
        [b'<', 0, ..] => return Ok(UTF_16LE),
        [0, b'<', ..] => return Ok(UTF_16BE),
        _ => {}
    }
    let Some(label) = declared_encoding(head) else {
        return Ok(UTF_8);
    };
    match Encoding::for_label(label) {
        // The declaration itself is in single bytes, so the file cannot be in UTF-16.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok(UTF_8),
        Some(encoding) => Ok(encoding),
        None => {
            Err(Problem::WrongEncoding { encoding: crate::error::shown(&String::from_utf8_lossy(label)) })
        }
    }
}

/// Returns the label in `<?xml version="1.0" encoding="…"?>`.
fn declared_encoding(head: &[u8]) -> Option<&[u8]> {
    let head = head.get(..DECLARATION_BYTES).unwrap_or(head);
    let end = memchr::memmem::find(head, b"?>")?;
    let declaration = head.get(..end).filter(|declaration| declaration.starts_with(b"<?xml"))?;
    let start = memchr::memmem::find(declaration, b"encoding")?;
    let mut quoted = declaration.get(start..)?.split(|byte| matches!(byte, b'"' | b'\''));
    quoted.nth(1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic fails the test")]
mod tests {
    use encoding_rs::WINDOWS_1252;

    use super::*;

    #[test]
    fn every_encoding_reads_as_utf_8() {
        let text = "Zürich €5 ".repeat(20_000);
        let utf_16: Vec<u8> =
            [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let single_bytes = WINDOWS_1252.encode(&text).0;
        let files: [(&Encoding, &[u8]); 3] =
            [(UTF_8, text.as_bytes()), (UTF_16LE, &utf_16), (WINDOWS_1252, &single_bytes)];
        for (encoding, bytes) in files {
            let mut read = String::new();
            TextInput::new(bytes, encoding, 1_000_000).read_to_string(&mut read).unwrap();
            assert!(read == text, "{}", encoding.name());
        }
    }

    #[test]
    fn the_limits_are_exact() {
        let bytes = vec![b'x'; 100_000];
        let read = |limit| io::copy(&mut TextInput::new(bytes.as_slice(), UTF_8, limit), &mut io::sink());
        assert_eq!(read(100_000).unwrap(), 100_000);
        assert!(matches!(problem_of(&read(99_999).unwrap_err()), Problem::TooLarge { limit: 99_999 }));

        let mut input = TextInput::new(bytes.as_slice(), UTF_8, 100_000);
        input.grant(99_999);
        let error = io::copy(&mut input, &mut io::sink()).unwrap_err();
        assert!(matches!(problem_of(&error), Problem::EntryTooLarge { limit: 99_999, unit: "bytes" }));
        let mut input = TextInput::new(bytes.as_slice(), UTF_8, 100_000);
        input.grant(100_000);
        assert_eq!(io::copy(&mut input, &mut io::sink()).unwrap(), 100_000);
    }

    #[test]
    fn a_cut_or_foreign_character_is_the_wrong_encoding() {
        for bytes in [&b"abc\xC3"[..], b"Z\xFCrich"] {
            let error = TextInput::new(bytes, UTF_8, 100).read_to_end(&mut Vec::new()).unwrap_err();
            assert!(matches!(problem_of(&error), Problem::WrongEncoding { .. }));
        }
    }

    #[test]
    fn the_encoding_of_xml_is_declared_or_detected() {
        for (head, encoding) in [
            (&b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>"[..], WINDOWS_1252),
            (b"<?xml version='1.0' encoding='utf-8'?>", UTF_8),
            (b"<?xml version='1.0' encoding='utf-16'?>", UTF_8),
            (b"<Document encoding='latin1'>", UTF_8),
            (b"<\0?\0", UTF_16LE),
            (b"\xFE\xFF\0<", UTF_16BE),
        ] {
            assert_eq!(xml_encoding(head).unwrap(), encoding);
        }
        let unknown = xml_encoding(b"<?xml version='1.0' encoding='KOI-99'?>").unwrap_err();
        assert!(matches!(unknown, Problem::WrongEncoding { encoding } if encoding == "KOI-99"));
    }
}
