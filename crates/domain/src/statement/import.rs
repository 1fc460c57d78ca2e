//! The import of one statement file.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::payment::UnknownState;

/// The identifier of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImportId(pub Uuid);

impl fmt::Display for ImportId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The state of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImportState {
    /// The file is accepted and waits for its turn.
    Checking,
    /// The lines are being booked.
    Posting,
    /// Every line is booked.
    Done,
    /// The file cannot be read any more; the lines that were booked remain booked.
    Refused,
    /// The receipts are being reversed.
    Undoing,
    /// Every receipt of the import is reversed, except receipts whose money was refunded.
    Undone,
}

impl ImportState {
    /// All states.
    pub const ALL: [Self; 6] =
        [Self::Checking, Self::Posting, Self::Done, Self::Refused, Self::Undoing, Self::Undone];

    /// Returns the code used in the database and the API, such as `posting`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Posting => "posting",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    /// Returns what a process must do with the import, if anything.
    pub const fn work(self) -> Option<ImportWork> {
        match self {
            Self::Checking | Self::Posting => Some(ImportWork::Post),
            Self::Undoing => Some(ImportWork::Undo),
            Self::Done | Self::Refused | Self::Undone => None,
        }
    }
}

/// What a process does with an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportWork {
    /// Books the lines.
    Post,
    /// Reverses the receipts.
    Undo,
}

impl ImportWork {
    /// Returns the states in which an import needs this work. In any other state, the work must stop.
    pub fn states(self) -> impl Iterator<Item = ImportState> {
        ImportState::ALL.into_iter().filter(move |state| state.work() == Some(self))
    }
}

impl FromStr for ImportState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownState)
    }
}

/// A verified file to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewImport {
    /// The identifier.
    pub id: ImportId,
    /// The name of the file, for people.
    pub file_name: String,
    /// The format, such as `camt.053.001.08`.
    pub format: String,
    /// The profile of a CSV file.
    pub csv_profile: Option<String>,
    /// The account of a CSV file that does not name it.
    pub csv_account: Option<String>,
    /// The number of lines.
    pub lines: i64,
    /// The actor that imports the file.
    pub imported_by: String,
    /// The time of the import.
    pub created_at: DateTime<Utc>,
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementImport {
    /// The file.
    pub file: NewImport,
    /// The state.
    pub state: ImportState,
    /// Why the import was refused or undone.
    pub reason: Option<String>,
    /// The actor that undid the import.
    pub undone_by: Option<String>,
    /// The number of lines that are processed.
    pub position: i64,
    /// The counts of the lines.
    pub counts: ImportCounts,
    /// The time of the end.
    pub finished_at: Option<DateTime<Utc>>,
}

/// The lines of an import by what happened to them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Credit lines that were recorded and allocated.
    pub posted: i64,
    /// Credit lines that were recorded as credit, and wait for a decision.
    pub unallocated: i64,
    /// Debit lines, and other lines without money for payments.
    pub other: i64,
    /// Returned transfers whose receipt a person must name.
    pub returns: i64,
    /// Batches that wait for a camt.054 with their transfers, or have got it.
    pub batches: i64,
    /// Lines whose receipt was reversed, by a bounced transfer or by undoing the import.
    pub reversed: i64,
    /// Lines of this file that an earlier import has recorded.
    pub duplicates: i64,
}
