//! Detects the format of a file and reads it.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use crate::camt::read_camt;
use crate::csv_file::read_csv;
use crate::emit::Emitter;
use crate::input::{TextInput, problem_of, xml_encoding};
use crate::mt940::read_mt940;
use crate::zip_file::read_zip;
use crate::{Account, CsvProfile, Item, Problem, ReadError};

/// Limits that protect the process from a hostile file.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The largest file, packed and unpacked, in bytes.
    pub max_bytes: u64,
}

impl Default for Limits {
    /// 50 MiB.
    fn default() -> Self {
        Self { max_bytes: 50 * 1024 * 1024 }
    }
}

/// What a caller knows about a file.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The limits.
    pub limits: Limits,
    /// The profile of CSV files. Without a profile, CSV is refused as [`crate::Problem::UnknownFormat`].
    pub csv_profile: Option<CsvProfile>,
    /// The account of CSV files that do not name it.
    pub csv_account: Option<Account>,
}

/// The counts of a file that was read to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileSummary {
    /// The number of statements.
    pub statements: u64,
    /// The number of lines.
    pub lines: u64,
}

/// Reads a statement file to its end, and passes each part to `visit`.
///
/// A visitor that returns [`ControlFlow::Break`] ends the reading with [`crate::Problem::Stopped`]. Reading needs no
/// runtime and can take seconds for a large file; call it in a blocking task.
///
/// # Errors
/// Returns the reason for which the file is refused. The visitor may already have received parts of the file.
pub fn read(
    source: impl Read + Seek,
    options: &ReadOptions,
    visit: &mut dyn FnMut(Item) -> ControlFlow<()>,
) -> Result<FileSummary, ReadError> {
    let mut source = BufReader::new(source);
    let limit = options.limits.max_bytes;
    let length = source.seek(SeekFrom::End(0)).map_err(Problem::Io)?;
    if length > limit {
        return Err(Problem::TooLarge { limit }.into());
    }
    source.rewind().map_err(Problem::Io)?;
    let head = read_head(&mut source)?;
    source.rewind().map_err(Problem::Io)?;
    let mut emitter = Emitter::new(visit);
    match Kind::of(&head, options)? {
        Kind::Zip => read_zip(source, limit, &mut emitter)?,
        Kind::Xml => read_camt(TextInput::new(source, xml_encoding(&head)?, limit), &mut emitter)?,
        Kind::Mt940 => {
            let encoding = text_encoding(&mut source)?;
            read_mt940(TextInput::new(source, encoding, limit), &mut emitter)?;
        }
        Kind::Csv(profile) => {
            let input = TextInput::new(source, profile.encoding, limit);
            read_csv(input, profile, options.csv_account.as_ref(), &mut emitter)?;
        }
    }
    Ok(emitter.file_summary())
}

/// The size of the head of a file, from which its format is detected, in bytes.
const HEAD_BYTES: u64 = 4096;

/// The kind of a file.
enum Kind<'a> {
    Zip,
    Xml,
    Mt940,
    Csv(&'a CsvProfile),
}

impl<'a> Kind<'a> {
    fn of(head: &[u8], options: &'a ReadOptions) -> Result<Self, Problem> {
        if head.is_empty() {
            return Err(Problem::Empty);
        }
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            return Ok(Self::Zip);
        }
        if is_xml(head) {
            return Ok(Self::Xml);
        }
        if is_mt940(head) {
            return Ok(Self::Mt940);
        }
        options.csv_profile.as_ref().map(Self::Csv).ok_or(Problem::UnknownFormat)
    }
}

/// Returns whether a file begins with an XML element or declaration.
pub(crate) fn is_xml(head: &[u8]) -> bool {
    let bom = Encoding::for_bom(head).map_or(0, |(_, length)| length);
    let mut characters = head.iter().skip(bom).filter(|byte| **byte != 0 && !byte.is_ascii_whitespace());
    characters.next() == Some(&b'<')
}

/// Returns whether a line of the head begins with the first field of an MT940 message.
fn is_mt940(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| matches!(byte, b'\r' | b'\n'));
    head.starts_with(b"{1:") || lines.any(|line| line.trim_ascii_start().starts_with(b":20:"))
}

fn read_head(source: &mut impl Read) -> Result<Vec<u8>, Problem> {
    let mut head = Vec::new();
    source.take(HEAD_BYTES).read_to_end(&mut head).map_err(Problem::Io)?;
    Ok(head)
}

/// Returns UTF-8 if the whole source is valid UTF-8, otherwise Windows-1252, which includes ISO-8859-1.
fn text_encoding(source: &mut (impl Read + Seek)) -> Result<&'static Encoding, Problem> {
    let copied = io::copy(&mut TextInput::new(&mut *source, UTF_8, u64::MAX), &mut io::sink());
    source.rewind().map_err(Problem::Io)?;
    match copied.map_err(|error| problem_of(&error)) {
        Ok(_) => Ok(UTF_8),
        Err(Problem::WrongEncoding { .. }) => Ok(WINDOWS_1252),
        Err(problem) => Err(problem),
    }
}
