//! The parts of a statement, as every reader produces them.

use std::borrow::Cow;
use std::fmt;

use chrono::NaiveDate;
use hermes_domain::money::{Currency, Money};

use crate::LineIdentity;

/// A part of a statement, in the order of the file: one header, its lines, one summary; then the next statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A statement begins.
    Header(StatementHeader),
    /// A line of the statement.
    Line(Box<StatementLine>),
    /// The statement ends, and its balances agree with its lines.
    Summary(StatementSummary),
}

/// The format of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// An account statement of ISO 20022, `camt.053.001.NN`.
    Camt053 {
        /// The version `NN`, from 2 to 14.
        version: u8,
    },
    /// A notification of debits and credits of ISO 20022, `camt.054.001.NN`. It has no balances.
    Camt054 {
        /// The version `NN`, from 2 to 14.
        version: u8,
    },
    /// A customer statement of SWIFT.
    Mt940,
    /// A CSV file, read by a [`crate::CsvProfile`].
    Csv,
}

impl fmt::Display for Format {
    /// Writes `camt.053.001.08`, `MT940` or `CSV`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Camt053 { version } => write!(formatter, "camt.053.001.{version:02}"),
            Self::Camt054 { version } => write!(formatter, "camt.054.001.{version:02}"),
            Self::Mt940 => formatter.write_str("MT940"),
            Self::Csv => formatter.write_str("CSV"),
        }
    }
}

/// The institution's account that a statement reports.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Account {
    /// The IBAN, or another number of the account; without spaces, in upper case.
    pub number: String,
}

/// The beginning of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementHeader {
    /// The format.
    pub format: Format,
    /// The bank's id of the statement: `Stmt/Id`, or `:20:` and `:28C:`. Empty in CSV files.
    pub id: String,
    /// The page, if the bank splits the statement into pages, from 1.
    pub page: Option<u32>,
    /// The account.
    pub account: Account,
    /// The currency of the account and of every line.
    pub currency: Currency,
    /// The balance before the first line, negative if overdrawn; `None` in camt.054, and in CSV without balances.
    pub opening: Option<Money>,
}

/// The end of a statement. Opening balance and lines equal the closing balance if both balances exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementSummary {
    /// The balance after the last line; `None` in camt.054, and in CSV without balances.
    pub closing: Option<Money>,
    /// The number of lines.
    pub lines: u64,
    /// The number of entries that the bank has not booked yet (`PDNG`, `INFO`, the status of a CSV row); they are not lines.
    pub pending: u64,
    /// The sum of the credit lines.
    pub credits: Money,
    /// The sum of the debit lines, as a positive amount.
    pub debits: Money,
}

/// The effect of a line on the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Money arrived.
    Credit,
    /// Money left.
    Debit,
}

/// The relation of a line to a batch of the bank, which books several transfers as one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Batch {
    /// The line is one transfer.
    Single,
    /// The line is a batch that this file does not itemise. A camt.054 may do so: its lines are [`Batch::Part`]s with
    /// the same `batch_id`.
    Whole {
        /// The bank's id of the entry (`AcctSvcrRef`), if any.
        batch_id: Option<String>,
        /// The number of transfers, if the bank states it.
        transfers: Option<u32>,
    },
    /// The line is one transfer of a batch. The parts of a batch add up to its entry.
    Part {
        /// The bank's id of the entry (`AcctSvcrRef`), if any.
        batch_id: Option<String>,
        /// The position in the batch, from 1.
        position: u32,
        /// The number of parts.
        parts: u32,
        /// The amount of the whole batch.
        total: Money,
    },
}

/// One line of a statement: money that arrived or left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// The position in the file, from 1, over all its statements.
    pub number: u64,
    /// The identity: equal for the same line in another file, in an overlapping period or in a camt.054.
    pub identity: LineIdentity,
    /// The bank's id of the line, if any: `AcctSvcrRef`, else `TxId`, else `InstrId`.
    pub bank_id: Option<String>,
    /// The effect on the account.
    pub direction: Direction,
    /// The amount that arrived or left, never negative.
    pub amount: Money,
    /// Whether the line reverses an earlier one (`RvslInd`, `RtrInf`; `RC` and `RD` in MT940). `direction` is still the
    /// effect on the account: a bounced credit is a debit line with this flag.
    pub is_reversal: bool,
    /// The day on which the bank booked the line.
    pub booking_date: NaiveDate,
    /// The value date; the booking date if the file does not state it.
    pub value_date: NaiveDate,
    /// The texts in which to search for references.
    pub remittance: Remittance,
    /// The other party: the payer of a credit, the payee of a debit.
    pub counterparty: Counterparty,
    /// The relation to a batch.
    pub batch: Batch,
}

/// The other party of a line. Personal data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counterparty {
    /// The name.
    pub name: Option<String>,
    /// The IBAN or another number of the account; without spaces, in upper case.
    pub account: Option<String>,
}

/// The texts of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remittance {
    /// Structured creditor references (`RmtInf/Strd/CdtrRefInf/Ref`).
    pub creditor_references: Vec<String>,
    /// The free text, as the bank cut it (`RmtInf/Ustrd`; `?20` to `?29` in MT940).
    pub texts: Vec<String>,
    /// The payer's own reference (`EndToEndId`), unless `NOTPROVIDED`.
    pub end_to_end_id: Option<String>,
    /// Further information on the transfer and, unless the line is a part of a batch, on the entry (`AddtlTxInf`,
    /// `AddtlNtryInf`).
    pub additional: Vec<String>,
}

impl Remittance {
    /// Returns the free text as one string: the pieces joined without a space.
    pub fn joined(&self) -> Cow<'_, str> {
        match self.texts.as_slice() {
            [text] => Cow::Borrowed(text),
            texts => Cow::Owned(texts.concat()),
        }
    }
}
