//! Reads CSV files of banks by a profile.

mod amount;
mod layout;

use std::io::Read;
use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate};
use csv::{ReaderBuilder, StringRecord};
use hermes_domain::money::{Currency, Money};

use self::amount::{absolute, negated, signed_amount};
use self::layout::{Layout, Row};
use crate::camt::{account_number, bank_id, non_empty};
use crate::csv_profile::{ProfileFields, RowOrder};
use crate::emit::{BankId, DraftLine, Emitter};
use crate::error::shown;
use crate::input::{TextInput, problem_of};
use crate::{
    Account, Batch, Counterparty, CsvProfile, Direction, Format, Position, Problem, ReadError, Remittance,
    StatementHeader,
};

/// The largest row, in bytes. An unclosed quotation mark would otherwise fill the memory.
const MAX_ROW_BYTES: usize = 256 * 1024;

/// The years in which a date is plausible. `%Y` also accepts the year `26`, and years with a sign.
const PLAUSIBLE_YEARS: RangeInclusive<i32> = 2000..=2100;

/// Reads a CSV file and passes its only statement on. `account` applies if no column names the account.
pub(crate) fn read_csv<R: Read>(
    mut input: TextInput<R>,
    profile: &CsvProfile,
    account: Option<&Account>,
    emitter: &mut Emitter<'_>,
) -> Result<(), ReadError> {
    let fields = &profile.fields;
    skip_lines(&mut input, fields.rows_before_header)?;
    let delimiter = u8::try_from(fields.delimiter).unwrap_or(b',');
    let mut csv = ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(input);
    let mut record = StringRecord::new();
    let mut line = u64::from(fields.rows_before_header) + 1;
    let mut next = |record: &mut StringRecord| {
        csv.get_mut().grant(MAX_ROW_BYTES);
        csv.read_record(record).map_err(|error| csv_problem(&error))
    };
    if !next(&mut record)? {
        return Err(Problem::Empty.into());
    }
    let layout = Layout::find(&fields.columns, &record)?;
    let mut statement = CsvStatement { fields, layout, account, emitter, open: None, pending: 0 };
    loop {
        // The library counts lines differently for each line ending.
        line = line.saturating_add(lines_of(&record));
        if !next(&mut record).map_err(|problem| problem.at(Position::Line(line)))? {
            break;
        }
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        statement.row(&record).map_err(|problem| problem.at(Position::Line(line)))?;
    }
    Ok(statement.end()?)
}

/// Returns the number of lines of a row; quoted fields can contain line ends.
fn lines_of(record: &StringRecord) -> u64 {
    let line_ends = record.as_slice().bytes().filter(|byte| *byte == b'\n').count();
    u64::try_from(line_ends).unwrap_or(u64::MAX).saturating_add(1)
}

fn skip_lines<R: Read>(input: &mut TextInput<R>, lines: u32) -> Result<(), Problem> {
    let mut line = Vec::new();
    for _ in 0..lines {
        line.clear();
        input.grant(MAX_ROW_BYTES);
        std::io::BufRead::read_until(input, b'\n', &mut line).map_err(|error| problem_of(&error))?;
    }
    Ok(())
}

fn csv_problem(error: &csv::Error) -> Problem {
    match error.kind() {
        csv::ErrorKind::Io(error) => problem_of(error),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            Problem::ProfileMismatch { detail: format!("a row has {len} columns instead of {expected_len}") }
        }
        _ => Problem::ProfileMismatch { detail: shown(&error.to_string()) },
    }
}

struct CsvStatement<'a, 'v> {
    fields: &'a ProfileFields,
    layout: Layout,
    account: Option<&'a Account>,
    emitter: &'a mut Emitter<'v>,
    open: Option<OpenCsv>,
    /// The number of rows that the bank has not booked yet.
    pending: u64,
}

/// The facts that all rows share, and the balance so far.
struct OpenCsv {
    account: Account,
    currency: Currency,
    /// The balance at the earlier end of the rows so far.
    earliest: Option<Money>,
    /// The balance at the later end of the rows so far.
    latest: Option<Money>,
}

impl CsvStatement<'_, '_> {
    fn row(&mut self, record: &StringRecord) -> Result<(), Problem> {
        let row = Row { record };
        if self.is_pending(&row)? {
            self.pending += 1;
            return Ok(());
        }
        let currency = self.currency(&row)?;
        let account = self.row_account(&row)?;
        let draft = self.draft(&row, currency)?;
        let balance = match row.optional(self.layout.balance) {
            Some(text) => Some(signed_amount(self.fields, text, currency)?),
            None if self.layout.balance.is_some() => return Err(Problem::Missing { field: "balance" }),
            None => None,
        };
        match &self.open {
            None => self.open(account, currency, balance, &draft)?,
            Some(open) if open.account != account => return Err(Problem::SeveralAccounts),
            Some(open) if open.currency != currency => {
                return Err(Problem::CurrencyMismatch {
                    expected: open.currency,
                    found: currency.to_string(),
                });
            }
            Some(_) => {}
        }
        if let (Some(open), Some(balance)) = (self.open.as_mut(), balance) {
            open.follow(balance, &draft, self.fields.order)?;
        }
        self.emitter.line(draft)
    }

    fn open(
        &mut self,
        account: Account,
        currency: Currency,
        balance: Option<Money>,
        first: &DraftLine,
    ) -> Result<(), Problem> {
        let before = balance.map(|balance| before(balance, first)).transpose()?;
        let is_newest_first = self.fields.order == RowOrder::NewestFirst;
        self.emitter.open(StatementHeader {
            format: Format::Csv,
            id: String::new(),
            page: None,
            account: account.clone(),
            currency,
            opening: before.filter(|_| !is_newest_first),
        })?;
        let (earliest, latest) = if is_newest_first { (balance, balance) } else { (before, before) };
        self.open = Some(OpenCsv { account, currency, earliest, latest });
        Ok(())
    }

    fn end(self) -> Result<(), Problem> {
        let open = self.open.ok_or(Problem::NoBookedRows { pending: self.pending })?;
        self.emitter.close(open.earliest, open.latest, self.pending)
    }

    /// Returns whether the bank has not booked the row yet. It appears again when it is booked.
    fn is_pending(&self, row: &Row<'_>) -> Result<bool, Problem> {
        let Some(column) = self.layout.status else { return Ok(false) };
        let status = row.optional(Some(column)).ok_or(Problem::Missing { field: "status" })?;
        Ok(self.fields.booked_marks.iter().all(|mark| mark != status))
    }

    fn currency(&self, row: &Row<'_>) -> Result<Currency, Problem> {
        let text = row.optional(self.layout.currency).or(self.fields.currency.as_deref());
        let text = text.ok_or(Problem::Missing { field: "currency" })?;
        text.parse().map_err(|_| Problem::Invalid { field: "currency", value: shown(text) })
    }

    fn row_account(&self, row: &Row<'_>) -> Result<Account, Problem> {
        match row.optional(self.layout.account) {
            Some(number) => Ok(Account { number: account_number(number) }),
            None => self.account.cloned().ok_or(Problem::UnknownAccount),
        }
    }

    fn draft(&self, row: &Row<'_>, currency: Currency) -> Result<DraftLine, Problem> {
        let layout = &self.layout;
        let signed = self.row_amount(row, currency)?;
        let direction = if signed.minor() < 0 { Direction::Debit } else { Direction::Credit };
        let amount = signed.minor().checked_abs().ok_or(Problem::Missing { field: "amount" })?;
        let columns = &self.fields.columns;
        let booking_date = self.date(&columns.booking_date, row.text(layout.booking_date))?;
        let value_column = columns.value_date.as_deref().unwrap_or_default();
        let value_date =
            row.optional(layout.value_date).map(|text| self.date(value_column, text)).transpose()?;
        let texts = layout.texts.iter().map(|column| row.text(*column)).filter_map(non_empty);
        let optional = |column| row.optional(column).map(str::to_owned);
        Ok(DraftLine {
            bank_id: row.optional(layout.bank_id).and_then(bank_id).map(BankId::Daily),
            direction,
            amount: Money::from_minor(amount, currency),
            is_reversal: row.optional(layout.reversal).is_some(),
            booking_date,
            value_date: value_date.unwrap_or(booking_date),
            remittance: Remittance {
                creditor_references: optional(layout.creditor_reference).into_iter().collect(),
                texts: texts.collect(),
                end_to_end_id: row.optional(layout.end_to_end_id).and_then(bank_id),
                additional: Vec::new(),
            },
            counterparty: Counterparty {
                name: optional(layout.name),
                account: row.optional(layout.counterparty_account).map(account_number),
            },
            batch: Batch::Single,
        })
    }

    /// Returns the amount of a row, negative for a debit.
    fn row_amount(&self, row: &Row<'_>, currency: Currency) -> Result<Money, Problem> {
        let layout = &self.layout;
        let amount = match layout.amount {
            Some(column) => signed_amount(self.fields, row.text(column), currency)?,
            None => self.amount_of_columns(row, currency)?,
        };
        let Some(mark) = row.optional(layout.direction) else {
            return if layout.direction.is_some() {
                Err(Problem::Missing { field: "direction" })
            } else {
                Ok(amount)
            };
        };
        if self.fields.debit_mark.as_deref() == Some(mark) {
            return Ok(negated(absolute(amount)));
        }
        if self.fields.credit_mark.as_deref() == Some(mark) && amount.minor() >= 0 {
            return Ok(amount);
        }
        Err(Problem::Invalid { field: "direction", value: shown(mark) })
    }

    /// Returns the amount of a row with a column for credits and one for debits. Some banks fill the other one with zero.
    fn amount_of_columns(&self, row: &Row<'_>, currency: Currency) -> Result<Money, Problem> {
        let amount =
            |column| row.optional(column).map(|text| signed_amount(self.fields, text, currency)).transpose();
        let (credit, debit) = (amount(self.layout.credit)?, amount(self.layout.debit)?);
        match (credit, debit) {
            (Some(credit), None) => Ok(credit),
            (Some(credit), Some(debit)) if debit.is_zero() => Ok(credit),
            // Some banks write debits with a minus sign even in a column of their own.
            (None, Some(debit)) => Ok(negated(absolute(debit))),
            (Some(credit), Some(debit)) if credit.is_zero() => Ok(negated(absolute(debit))),
            _ => Err(Problem::Missing { field: "credit or debit" }),
        }
    }

    fn date(&self, column: &str, text: &str) -> Result<NaiveDate, Problem> {
        let invalid = || Problem::Invalid { field: "date", value: shown(text) };
        let date = NaiveDate::parse_from_str(text, &self.fields.date_format).map_err(|_| invalid())?;
        if !PLAUSIBLE_YEARS.contains(&date.year()) {
            let (value, column) = (shown(text), shown(column));
            return Err(Problem::ImplausibleYear { value, column, years: PLAUSIBLE_YEARS });
        }
        Ok(date)
    }
}

impl OpenCsv {
    /// Verifies that the balance of a row follows from the rows so far.
    fn follow(&mut self, balance: Money, line: &DraftLine, order: RowOrder) -> Result<(), Problem> {
        let before = before(balance, line)?;
        let (known, stated) = match order {
            RowOrder::OldestFirst => (self.latest.replace(balance), before),
            RowOrder::NewestFirst => (self.earliest.replace(before), balance),
        };
        match known {
            Some(known) if known != stated => {
                Err(Problem::BalanceMismatch { opening: before, computed: known, closing: stated })
            }
            _ => Ok(()),
        }
    }
}

/// Returns the balance before a line.
fn before(balance: Money, line: &DraftLine) -> Result<Money, Problem> {
    let before = match line.direction {
        Direction::Credit => balance.checked_sub(line.amount),
        Direction::Debit => balance.checked_add(line.amount),
    };
    before.map_err(|_| Problem::InvalidAmount { value: balance.to_string(), currency: balance.currency() })
}
