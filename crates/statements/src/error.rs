//! Why a file was refused, in words for a clerk: what is wrong, where it is, and what to do.

use std::fmt;
use std::io;
use std::ops::RangeInclusive;

use hermes_domain::money::{Currency, Money};

/// The refusal of a file. The message states the position, the problem and a remedy.
#[derive(Debug, thiserror::Error)]
#[error("{}{}{problem}", FileName(.file.as_deref()), At(*.position))]
pub struct ReadError {
    /// The name of the file in a ZIP file.
    pub file: Option<String>,
    /// The position in the file.
    pub position: Option<Position>,
    /// What is wrong.
    pub problem: Problem,
}

/// A position in a statement file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// An entry (`Ntry`) of a camt file, counted from 1 over all its statements.
    Entry(u64),
    /// A line of a text file, from 1.
    Line(u64),
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The file cannot be read from the disk.
    #[error("the file cannot be read ({0}); check the disk and upload it again")]
    Io(io::Error),
    /// The visitor ended the reading.
    #[error("the import was stopped")]
    Stopped,
    /// The file is empty.
    #[error("the file is empty; download it again")]
    Empty,
    /// The file or the unpacked ZIP file exceeds the limit.
    #[error("the file is larger than {limit} bytes; export a shorter period")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The file has too many lines.
    #[error("the file has more than {limit} lines; export a shorter period")]
    TooManyLines {
        /// The limit.
        limit: u64,
    },
    /// The file has too many statements.
    #[error("the file has more than {limit} statements; export a shorter period")]
    TooManyStatements {
        /// The limit.
        limit: u64,
    },
    /// A single entry is too large.
    #[error("the entry has more than {limit} {unit}; ask the bank to split the batch")]
    EntryTooLarge {
        /// The limit.
        limit: u64,
        /// The unit of the limit: `bytes` or `transfers`.
        unit: &'static str,
    },
    /// No reader knows the format.
    #[error(
        "the format is unknown; upload camt.053, camt.054, MT940, a ZIP of camt files, or CSV with a profile"
    )]
    UnknownFormat,
    /// The file is a message of another kind.
    #[error("the file is {message}, {kind}; ask the bank for camt.053")]
    UnsupportedMessage {
        /// The message, such as `camt.052.001.08`.
        message: String,
        /// The kind of the message.
        kind: &'static str,
    },
    /// The version of a camt message is not supported.
    #[error("the version {message} is not supported; ask the bank for version 02 to 14")]
    UnsupportedVersion {
        /// The message, such as `camt.053.001.01`.
        message: String,
    },
    /// The XML file has a document type or an entity, which can expand without limit.
    #[error(
        "the file declares a document type or uses an entity, which is not allowed; download it from the bank again"
    )]
    DocumentType,
    /// The XML is malformed.
    #[error("the file is not well-formed XML ({detail}); download it again")]
    MalformedXml {
        /// The error of the parser.
        detail: String,
    },
    /// The file ends too early.
    #[error("the file ends before its end mark; download it again")]
    Truncated,
    /// The bytes do not fit the encoding.
    #[error("the text is not valid {encoding}; export the file again in this encoding")]
    WrongEncoding {
        /// The name of the encoding.
        encoding: String,
    },
    /// A required field is missing.
    #[error("the field {field} is missing; ask the bank for a complete file")]
    Missing {
        /// The name of the field in the format.
        field: &'static str,
    },
    /// A field does not have the form that the format requires.
    #[error("the field {field} has the invalid value \"{value}\"; ask the bank for a correct file")]
    Invalid {
        /// The name of the field in the format.
        field: &'static str,
        /// The value, shortened.
        value: String,
    },
    /// A date in a CSV file is in an implausible year, because the profile reads `26` as the year 26.
    #[error(
        "the date \"{value}\" in the column \"{column}\" is not between the years {} and {}; if its year has two digits, use \
         %y in date_format",
        .years.start(),
        .years.end()
    )]
    ImplausibleYear {
        /// The text of the date, shortened.
        value: String,
        /// The name of the column.
        column: String,
        /// The plausible years.
        years: RangeInclusive<i32>,
    },
    /// An amount is not a number, is out of range, or has more decimals than the currency.
    #[error("the amount \"{value}\" is not a valid amount in {currency}; ask the bank for a correct file")]
    InvalidAmount {
        /// The text of the amount, shortened.
        value: String,
        /// The currency.
        currency: Currency,
    },
    /// A line has another currency than its account.
    #[error(
        "the line is in {found}, but the account is in {expected}; ask the bank for one statement per currency"
    )]
    CurrencyMismatch {
        /// The currency of the account.
        expected: Currency,
        /// The currency of the line.
        found: String,
    },
    /// A statement has no opening or closing balance, so its completeness cannot be verified.
    #[error(
        "the statement has no {which} balance, so missing lines cannot be detected; export it with balances"
    )]
    MissingBalance {
        /// `opening` or `closing`.
        which: &'static str,
    },
    /// The lines do not lead from the opening to the closing balance.
    #[error(
        "opening balance {opening} and the lines give {computed}, but the closing balance is {closing} {}; lines are \
         missing or altered, export the statement again",
        closing.currency()
    )]
    BalanceMismatch {
        /// The opening balance.
        opening: Money,
        /// The opening balance and the lines.
        computed: Money,
        /// The closing balance.
        closing: Money,
    },
    /// No profile is selected for a CSV file, or the header row has not the columns of the profile.
    #[error("the CSV file does not fit the profile: {detail}; select the profile of this bank")]
    ProfileMismatch {
        /// What does not fit.
        detail: String,
    },
    /// The CSV file has no row that the bank has booked.
    #[error(
        "the file has no booked rows and {pending} pending ones; export a period with bookings, or correct booked_marks in \
         the profile"
    )]
    NoBookedRows {
        /// The number of pending rows.
        pending: u64,
    },
    /// The CSV file names no account and the caller gave none.
    #[error("the CSV file does not name the account; select the account")]
    UnknownAccount,
    /// A CSV file has lines of several accounts.
    #[error("the file has lines of several accounts; export one account at a time")]
    SeveralAccounts,
    /// The ZIP file is damaged or uses a feature that is not supported.
    #[error("the ZIP file is damaged, encrypted or not supported ({detail}); pack it again")]
    MalformedZip {
        /// The error of the parser.
        detail: String,
    },
    /// The ZIP file contains too many files.
    #[error("the ZIP file contains more than {limit} files; upload it in parts")]
    TooManyFiles {
        /// The limit.
        limit: usize,
    },
    /// A file in the ZIP file expands too much.
    #[error("the file expands to more than {limit} times its packed size; upload it unpacked")]
    CompressionRatio {
        /// The limit.
        limit: u64,
    },
    /// The ZIP file contains a ZIP file.
    #[error("the ZIP file contains a ZIP file; unpack the outer one and upload the files in it")]
    NestedZip,
    /// The ZIP file contains something other than camt files.
    #[error("the ZIP file may contain only camt files; unpack it and upload the files one by one")]
    NotCamtInZip,
}

impl Problem {
    /// Adds a position.
    pub(crate) fn at(self, position: Position) -> ReadError {
        ReadError { file: None, position: Some(position), problem: self }
    }
}

impl ReadError {
    /// Returns the position and the problem for a log, without values of the file, which can be personal data.
    pub fn without_values(&self) -> String {
        format!("{}{}{}", FileName(self.file.as_deref()), At(self.position), self.problem.without_values())
    }
}

impl Problem {
    fn without_values(&self) -> String {
        match self {
            Self::Invalid { field, .. } => format!("the field {field} has an invalid value"),
            Self::InvalidAmount { currency, .. } => format!("an amount is not a valid amount in {currency}"),
            Self::ImplausibleYear { column, .. } => {
                format!("a date in the column \"{column}\" has an implausible year")
            }
            Self::CurrencyMismatch { expected, .. } => format!("the currency is not {expected}"),
            Self::BalanceMismatch { .. } => "the balances do not agree with the lines".to_owned(),
            Self::MalformedXml { .. } => "the file is not well-formed XML".to_owned(),
            problem => problem.to_string(),
        }
    }
}

impl From<Problem> for ReadError {
    fn from(problem: Problem) -> Self {
        Self { file: None, position: None, problem }
    }
}

/// The longest part of a value that a message repeats, in characters.
const MAX_SHOWN_CHARS: usize = 40;

/// Shortens a value for a message, and replaces control characters.
pub(crate) fn shown(value: &str) -> String {
    let shown = value.chars().take(MAX_SHOWN_CHARS);
    shown.map(|char| if char.is_control() { ' ' } else { char }).collect()
}

struct FileName<'a>(Option<&'a str>);

impl fmt::Display for FileName<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |name| write!(formatter, "{}: ", shown(name)))
    }
}

struct At(Option<Position>);

impl fmt::Display for At {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(Position::Entry(number)) => write!(formatter, "entry {number}: "),
            Some(Position::Line(number)) => write!(formatter, "line {number}: "),
            None => Ok(()),
        }
    }
}
