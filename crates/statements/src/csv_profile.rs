//! The profile of a bank's CSV files: column names, decimal sign, date format, encoding.

use chrono::NaiveDate;
use chrono::format::{Item as FormatItem, StrftimeItems};
use encoding_rs::Encoding;
use serde::Deserialize;

/// How to read the CSV files of one bank; a file `config/statements/*.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "ProfileFields")]
pub struct CsvProfile {
    pub(crate) fields: ProfileFields,
    pub(crate) encoding: &'static Encoding,
}

/// The keys of a profile, as the file states them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileFields {
    /// The label of the encoding, as in HTML: `utf-8`, `windows-1252`, `utf-16le`.
    #[serde(default = "utf_8")]
    encoding: String,
    #[serde(default = "comma")]
    pub(crate) delimiter: char,
    #[serde(default = "point")]
    pub(crate) decimal_sign: char,
    /// The sign between groups of three digits. Without it, an amount with such a sign is refused.
    pub(crate) thousands_sign: Option<char>,
    /// The format of dates in the notation of `strftime`.
    #[serde(default = "iso_date")]
    pub(crate) date_format: String,
    /// The number of rows above the row with the column names.
    #[serde(default)]
    pub(crate) rows_before_header: u32,
    /// The order of rows, which the check of balances needs.
    #[serde(default)]
    pub(crate) order: RowOrder,
    /// The text of the column `direction` in a debit row, such as `Af` or `S`.
    pub(crate) debit_mark: Option<String>,
    /// The text of the column `direction` in a credit row, such as `Bij` or `H`.
    pub(crate) credit_mark: Option<String>,
    /// The texts of the column `status` in a row that the bank has booked, such as `Umsatz gebucht`.
    #[serde(default)]
    pub(crate) booked_marks: Vec<String>,
    /// The currency, if no column states it.
    pub(crate) currency: Option<String>,
    pub(crate) columns: Columns,
}

/// The order of rows by time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowOrder {
    #[default]
    OldestFirst,
    NewestFirst,
}

/// The names of the columns.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Columns {
    pub(crate) booking_date: String,
    pub(crate) value_date: Option<String>,
    /// The signed amount. Instead, `credit` and `debit` can be separate columns.
    pub(crate) amount: Option<String>,
    pub(crate) credit: Option<String>,
    pub(crate) debit: Option<String>,
    /// The column that says whether an amount without a sign is a credit or a debit.
    pub(crate) direction: Option<String>,
    /// The column that says whether the bank has booked the row. A row with another text than `booked_marks` is pending.
    pub(crate) status: Option<String>,
    /// The balance after the row, by which missing rows are detected.
    pub(crate) balance: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) bank_id: Option<String>,
    #[serde(default)]
    pub(crate) texts: Vec<String>,
    pub(crate) creditor_reference: Option<String>,
    pub(crate) end_to_end_id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) counterparty_account: Option<String>,
    /// A row is a reversal if this column is not empty.
    pub(crate) reversal: Option<String>,
}

/// The error in a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// The encoding has no such label.
    #[error("unknown encoding \"{0}\"; use utf-8, windows-1252 or utf-16le")]
    UnknownEncoding(String),
    /// The separator of columns is not an ASCII character.
    #[error("the delimiter must be an ASCII character")]
    Delimiter,
    /// The decimal sign is neither a point nor a comma.
    #[error("the decimal sign must be \".\" or \",\"")]
    DecimalSign,
    /// The date format cannot be read back.
    #[error("the date format \"{0}\" does not contain year, month and day; an example is %d.%m.%Y")]
    DateFormat(String),
    /// The thousands sign is the decimal sign or the delimiter.
    #[error("the thousands sign must differ from the decimal sign and from digits")]
    ThousandsSign,
    /// The marks of the direction are not defined.
    #[error("the column direction needs credit_mark and debit_mark, and they need the column")]
    DirectionMarks,
    /// The marks of booked rows are not defined.
    #[error("the column status needs booked_marks, and they need the column")]
    BookedMarks,
    /// The amounts are not defined.
    #[error("name either the column amount or both the columns credit and debit")]
    AmountColumns,
}

impl TryFrom<ProfileFields> for CsvProfile {
    type Error = ProfileError;

    fn try_from(fields: ProfileFields) -> Result<Self, ProfileError> {
        let label = fields.encoding.as_bytes();
        let encoding = Encoding::for_label(label)
            .ok_or_else(|| ProfileError::UnknownEncoding(fields.encoding.clone()))?;
        if !fields.delimiter.is_ascii() {
            return Err(ProfileError::Delimiter);
        }
        if !matches!(fields.decimal_sign, '.' | ',') {
            return Err(ProfileError::DecimalSign);
        }
        if fields.thousands_sign.is_some_and(|sign| sign == fields.decimal_sign || sign.is_ascii_digit()) {
            return Err(ProfileError::ThousandsSign);
        }
        let has_marks = (fields.credit_mark.is_some(), fields.debit_mark.is_some());
        let has_direction = fields.columns.direction.is_some();
        if has_marks != (has_direction, has_direction) {
            return Err(ProfileError::DirectionMarks);
        }
        if fields.booked_marks.is_empty() == fields.columns.status.is_some() {
            return Err(ProfileError::BookedMarks);
        }
        if !is_date_format(&fields.date_format) {
            return Err(ProfileError::DateFormat(fields.date_format));
        }
        let columns = &fields.columns;
        let is_split = columns.credit.is_some() && columns.debit.is_some();
        let is_partly_split = columns.credit.is_some() || columns.debit.is_some();
        if columns.amount.is_some() == is_partly_split || is_partly_split != is_split {
            return Err(ProfileError::AmountColumns);
        }
        Ok(Self { fields, encoding })
    }
}

/// Returns whether a date in this format can be read back.
fn is_date_format(format: &str) -> bool {
    if StrftimeItems::new(format).any(|item| item == FormatItem::Error) {
        return false;
    }
    let sample = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap_or_default();
    NaiveDate::parse_from_str(&sample.format(format).to_string(), format) == Ok(sample)
}

fn utf_8() -> String {
    "utf-8".to_owned()
}

fn iso_date() -> String {
    "%Y-%m-%d".to_owned()
}

const fn comma() -> char {
    ','
}

const fn point() -> char {
    '.'
}
