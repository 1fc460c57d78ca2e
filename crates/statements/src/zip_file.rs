//! Reads a ZIP file of camt files, as banks deliver it by EBICS.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use memchr::memmem::{Finder, rfind};
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use crate::camt::read_camt;
use crate::emit::Emitter;
use crate::error::shown;
use crate::input::{TextInput, xml_encoding};
use crate::read::is_xml;
use crate::{Problem, ReadError};

/// The most files in a ZIP file.
const MAX_FILES: usize = 1000;
/// The largest ratio of unpacked to packed size; statements are packed to about a thirtieth.
const MAX_RATIO: u64 = 200;
/// The unpacked size up to which the ratio does not matter, in bytes.
const RATIO_FREE_BYTES: u64 = 1024 * 1024;
/// The size of the pieces in which the directory is searched, in bytes.
const SCAN_BYTES: usize = 64 * 1024;
/// The size of the locator of a 64-bit directory.
const LOCATOR_BYTES: usize = 20;
/// The end of a file in which its end record lies: the locator, the record (22 bytes), and the longest comment.
const END_BYTES: u64 = 20 + 22 + 65_535;

/// Reads the camt files of a ZIP file in the order of its directory; together they have at most `limit` bytes.
pub(crate) fn read_zip<R: Read + Seek>(
    mut source: R,
    limit: u64,
    emitter: &mut Emitter<'_>,
) -> Result<(), ReadError> {
    verify_directory(&mut source)?;
    let mut archive = ZipArchive::new(source).map_err(|error| zip_problem(&error))?;
    if archive.len() > MAX_FILES {
        return Err(Problem::TooManyFiles { limit: MAX_FILES }.into());
    }
    let mut remaining = limit;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|error| zip_problem(&error))?;
        if file.is_dir() || file.name().starts_with("__MACOSX/") {
            continue;
        }
        let name = file.name().to_owned();
        let read = read_file(file, remaining, limit, emitter);
        remaining = remaining.saturating_sub(read.map_err(|error| ReadError { file: Some(name), ..error })?);
    }
    if emitter.file_summary().statements == 0 {
        return Err(Problem::Empty.into());
    }
    Ok(())
}

/// Reads one file, and returns its size.
fn read_file<R: Read>(
    file: ZipFile<'_, R>,
    remaining: u64,
    limit: u64,
    emitter: &mut Emitter<'_>,
) -> Result<u64, ReadError> {
    if file.encrypted() {
        return Err(Problem::MalformedZip { detail: "encrypted".to_owned() }.into());
    }
    let ratio_limit = file.compressed_size().saturating_mul(MAX_RATIO).max(RATIO_FREE_BYTES);
    let has_high_ratio = ratio_limit < remaining;
    let input_limit = ratio_limit.min(remaining);
    let mut read = 0;
    let mut file = BufReader::new(Counted { file, read: &mut read });
    let head = file.fill_buf().map_err(|error| unpacking_problem(&error))?;
    if head.starts_with(b"PK") {
        return Err(Problem::NestedZip.into());
    }
    if !is_xml(head) {
        return Err(Problem::NotCamtInZip.into());
    }
    let encoding = xml_encoding(head)?;
    let input = TextInput::new(file, encoding, input_limit);
    let result = read_camt(input, emitter);
    result.map_err(|error| match error.problem {
        Problem::TooLarge { .. } if has_high_ratio => Problem::CompressionRatio { limit: MAX_RATIO }.into(),
        Problem::TooLarge { .. } => Problem::TooLarge { limit }.into(),
        Problem::Io(io_error) => unpacking_problem(&io_error).into(),
        problem => ReadError { problem, ..error },
    })?;
    Ok(read)
}

/// Counts the bytes of a file.
struct Counted<'a, F> {
    file: F,
    read: &'a mut u64,
}

impl<F: Read> Read for Counted<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        *self.read = self.read.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}

/// Refuses a directory that is too large, before the library loads it.
fn verify_directory<R: Read + Seek>(source: &mut R) -> Result<(), Problem> {
    let entries = count_signatures(source, b"PK\x01\x02")?;
    if entries > MAX_FILES {
        return Err(Problem::TooManyFiles { limit: MAX_FILES });
    }
    if has_wide_directory(source)? {
        return Err(Problem::MalformedZip { detail: "64-bit directory".to_owned() });
    }
    Ok(())
}

/// Returns whether the end of the file names a 64-bit directory. Compressed data may contain its signature by chance.
fn has_wide_directory<R: Read + Seek>(source: &mut R) -> Result<bool, Problem> {
    let length = source.seek(SeekFrom::End(0)).map_err(Problem::Io)?;
    source.seek(SeekFrom::Start(length.saturating_sub(END_BYTES))).map_err(Problem::Io)?;
    let mut end = Vec::new();
    source.take(END_BYTES).read_to_end(&mut end).map_err(Problem::Io)?;
    source.rewind().map_err(Problem::Io)?;
    // The end record, at most a comment before the end, follows the locator of a 64-bit directory.
    let record = rfind(&end, b"PK\x05\x06").unwrap_or_default();
    let locator = record.checked_sub(LOCATOR_BYTES).and_then(|start| end.get(start..record));
    Ok(locator.is_some_and(|locator| locator.starts_with(b"PK\x06\x07")))
}

/// Counts the occurrences of a signature, and rewinds the source.
fn count_signatures<R: Read + Seek>(source: &mut R, signature: &[u8; 4]) -> Result<usize, Problem> {
    source.rewind().map_err(Problem::Io)?;
    let finder = Finder::new(signature);
    let mut piece = Vec::with_capacity(SCAN_BYTES + signature.len());
    let mut count = 0;
    loop {
        // A signature can begin in one piece and end in the next.
        let overlap = piece.len().saturating_sub(signature.len() - 1);
        piece.drain(..overlap);
        let limit = u64::try_from(SCAN_BYTES).unwrap_or(u64::MAX);
        let read = (&mut *source).take(limit).read_to_end(&mut piece).map_err(Problem::Io)?;
        if read == 0 {
            source.rewind().map_err(Problem::Io)?;
            return Ok(count);
        }
        count += finder.find_iter(&piece).count();
    }
}

fn zip_problem(error: &ZipError) -> Problem {
    Problem::MalformedZip { detail: shown(&error.to_string()) }
}

fn unpacking_problem(error: &io::Error) -> Problem {
    Problem::MalformedZip { detail: shown(&error.to_string()) }
}
