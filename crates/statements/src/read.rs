//! Detects the format of a file and reads it.

use std::io::{Read, Seek};
use std::ops::ControlFlow;

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
    let _ = (source, options, visit);
    Err(Problem::UnknownFormat.into())
}
