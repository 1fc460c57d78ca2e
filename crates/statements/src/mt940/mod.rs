//! Reads MT940 customer statements: messages in SWIFT blocks or bare, one field after the other.
//!
//! [`Mt940Reader`] splits the file into fields and holds the state of a statement, [`entry`] parses field `:61:`, and
//! [`details`] parses field `:86:`. Fields without meaning for the import are ignored.

mod details;
mod entry;

use std::io::{BufRead, Read};

use chrono::NaiveDate;
use hermes_domain::money::{Currency, Money};

use self::details::apply_details;
use self::entry::parse_entry;
use crate::amount::{digits, parse_amount};
use crate::emit::{DraftLine, Emitter};
use crate::error::shown;
use crate::input::{TextInput, problem_of};
use crate::{Account, Format, Position, Problem, ReadError, StatementHeader};

/// The longest line, in bytes. SWIFT allows 65 characters; banks exceed it.
const MAX_LINE_BYTES: usize = 16 * 1024;
/// The longest field with its continuation lines, in bytes.
const MAX_FIELD_BYTES: usize = 64 * 1024;

/// Reads an MT940 file and passes its statements on.
pub(crate) fn read_mt940<R: Read>(input: TextInput<R>, emitter: &mut Emitter<'_>) -> Result<(), ReadError> {
    let mut reader = Mt940Reader { emitter, statement: None, field: None };
    let mut number = 0;
    let result = read_lines(input, &mut number, |line, number| reader.line(line, number));
    result.and_then(|()| reader.end()).map_err(|problem| match &reader.field {
        Some(field) => problem.at(Position::Line(field.line)),
        None => problem.at(Position::Line(number)),
    })
}

fn read_lines<R: Read>(
    mut input: TextInput<R>,
    number: &mut u64,
    mut take: impl FnMut(&str, u64) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut line = String::new();
    loop {
        line.clear();
        input.grant(MAX_LINE_BYTES);
        *number += 1;
        if input.read_line(&mut line).map_err(|error| problem_of(&error))? == 0 {
            return Ok(());
        }
        take(line.trim_end_matches(['\r', '\n', '\0', '\u{1a}']), *number)?;
    }
}

struct Mt940Reader<'a, 'v> {
    emitter: &'a mut Emitter<'v>,
    /// The statement of the current message.
    statement: Option<Statement>,
    /// The field whose continuation lines may follow; while a field is taken, its position.
    field: Option<Field>,
}

struct Field {
    tag: String,
    value: String,
    line: u64,
}

/// A statement, as far as it has been read.
#[derive(Default)]
struct Statement {
    id: String,
    number: String,
    page: Option<u32>,
    account: String,
    opening: Option<Money>,
    is_open: bool,
    is_closed: bool,
    /// The last entry, whose details may follow.
    entry: Option<(DraftLine, String)>,
}

impl Mt940Reader<'_, '_> {
    fn line(&mut self, line: &str, number: u64) -> Result<(), Problem> {
        // The text block begins after the header blocks: `{1:…}{2:…}{4:`.
        let line = match line.split_once("{4:") {
            Some((blocks, text)) if blocks.is_empty() || blocks.starts_with('{') => text,
            _ => line,
        };
        if line == "-" || line.starts_with("-}") {
            self.end_field()?;
            return self.end_message();
        }
        if let Some((tag, value)) = split_tag(line) {
            self.end_field()?;
            self.field = Some(Field { tag: tag.to_owned(), value: value.to_owned(), line: number });
            return Ok(());
        }
        // Outside of messages, banks write headers of their own.
        let Some(field) = self.field.as_mut().filter(|_| self.statement.is_some()) else { return Ok(()) };
        field.value.push('\n');
        field.value.push_str(line);
        if field.value.len() > MAX_FIELD_BYTES {
            let limit = u64::try_from(MAX_FIELD_BYTES).unwrap_or(u64::MAX);
            return Err(Problem::EntryTooLarge { limit, unit: "bytes" });
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Problem> {
        self.end_field()?;
        let Some(statement) = &self.statement else {
            return if self.emitter.file_summary().statements == 0 {
                Err(Problem::Truncated)
            } else {
                Ok(())
            };
        };
        if statement.is_closed || statement.opening.is_none() {
            return self.end_message();
        }
        Err(Problem::Truncated)
    }

    fn end_field(&mut self) -> Result<(), Problem> {
        let Some(field) = &self.field else { return Ok(()) };
        let (tag, value) = (field.tag.clone(), field.value.clone());
        self.take(&tag, &value)?;
        self.field = None;
        Ok(())
    }

    fn take(&mut self, tag: &str, value: &str) -> Result<(), Problem> {
        if tag == "20" {
            self.end_message()?;
            self.statement = Some(Statement { id: value.trim().to_owned(), ..Statement::default() });
            return Ok(());
        }
        let Some(statement) = &mut self.statement else {
            return Err(Problem::Missing { field: ":20:" });
        };
        match tag {
            "25" | "25P" => value.lines().next().unwrap_or_default().clone_into(&mut statement.account),
            "28" | "28C" => statement.set_number(value),
            "34F" | "90C" | "90D" => {
                let kind = "an interim report whose entries are not final";
                return Err(Problem::UnsupportedMessage { message: "MT942".to_owned(), kind });
            }
            "60F" | "60M" => statement.set_opening(value)?,
            "61" => {
                statement.open(self.emitter)?;
                statement.end_entry(self.emitter)?;
                let currency = statement.opening.map(Money::currency);
                let currency = currency.ok_or(Problem::MissingBalance { which: "opening" })?;
                statement.entry = Some((parse_entry(value, currency)?, String::new()));
            }
            "86" => {
                if let Some((_, details)) = statement.entry.as_mut() {
                    if !details.is_empty() {
                        details.push('\n');
                    }
                    details.push_str(value);
                }
            }
            "62F" | "62M" => {
                statement.open(self.emitter)?;
                statement.end_entry(self.emitter)?;
                let closing = parse_balance(":62F:", value)?;
                statement.is_closed = true;
                statement.close(closing, self.emitter)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn end_message(&mut self) -> Result<(), Problem> {
        let Some(statement) = self.statement.take() else { return Ok(()) };
        if statement.opening.is_none() {
            return Err(Problem::MissingBalance { which: "opening" });
        }
        if !statement.is_closed {
            return Err(Problem::MissingBalance { which: "closing" });
        }
        Ok(())
    }
}

impl Statement {
    fn set_number(&mut self, value: &str) {
        let value = value.trim();
        value.clone_into(&mut self.number);
        self.page = value.split_once('/').and_then(|(_, page)| digits(page));
    }

    fn set_opening(&mut self, value: &str) -> Result<(), Problem> {
        if self.is_open && !self.is_closed {
            return Err(Problem::MissingBalance { which: "closing" });
        }
        self.opening = Some(parse_balance(":60F:", value)?);
        (self.is_open, self.is_closed) = (false, false);
        Ok(())
    }

    /// Passes the header on, before the first line or the closing balance.
    fn open(&mut self, emitter: &mut Emitter<'_>) -> Result<(), Problem> {
        if self.is_open && !self.is_closed {
            return Ok(());
        }
        let opening = self.opening.filter(|_| !self.is_closed);
        let opening = opening.ok_or(Problem::MissingBalance { which: "opening" })?;
        if self.account.trim().is_empty() {
            return Err(Problem::Missing { field: ":25:" });
        }
        self.is_open = true;
        emitter.open(StatementHeader {
            format: Format::Mt940,
            id: format!("{} {}", self.id, self.number).trim().to_owned(),
            page: self.page,
            account: account(&self.account, opening.currency()),
            currency: opening.currency(),
            opening: Some(opening),
        })
    }

    /// Passes the last entry on, with its details.
    fn end_entry(&mut self, emitter: &mut Emitter<'_>) -> Result<(), Problem> {
        let Some((mut line, details)) = self.entry.take() else { return Ok(()) };
        apply_details(&details, &mut line);
        emitter.line(line)
    }

    fn close(&self, closing: Money, emitter: &mut Emitter<'_>) -> Result<(), Problem> {
        if let Some(opening) = self.opening.filter(|opening| opening.currency() != closing.currency()) {
            let found = closing.currency().to_string();
            return Err(Problem::CurrencyMismatch { expected: opening.currency(), found });
        }
        emitter.close(self.opening, Some(closing), 0)
    }
}

/// Splits a line at its tag: `:61:…`, `:28C:…`.
fn split_tag(line: &str) -> Option<(&str, &str)> {
    let (tag, value) = line.strip_prefix(':')?.split_once(':')?;
    let (number, letter) = tag.split_at_checked(2)?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    let is_letter =
        letter.is_empty() || (letter.len() == 1 && letter.bytes().all(|byte| byte.is_ascii_uppercase()));
    ((is_number && is_letter) || tag == "NS").then_some((tag, value))
}

/// Parses a balance: `C261123EUR1234,56`.
fn parse_balance(field: &'static str, value: &str) -> Result<Money, Problem> {
    let invalid = || Problem::Invalid { field, value: shown(value) };
    let value_text = value.trim();
    let (mark, rest) = value_text.split_at_checked(1).ok_or_else(invalid)?;
    let (date, rest) = rest.split_at_checked(6).ok_or_else(invalid)?;
    let (currency, amount) = rest.split_at_checked(3).ok_or_else(invalid)?;
    parse_date(date).ok_or_else(invalid)?;
    let currency: Currency = currency.parse().map_err(|_| invalid())?;
    if !amount.contains(',') {
        return Err(invalid());
    }
    let amount = parse_amount(amount.trim(), ',', currency)?;
    match mark {
        "C" => Ok(amount),
        "D" => Ok(Money::from_minor(-amount.minor(), currency)),
        _ => Err(invalid()),
    }
}

/// Parses a date `YYMMDD` of this century. Banks that count 30 days a month write 30 February.
fn parse_date(text: &str) -> Option<NaiveDate> {
    let (year, month_day) = text.split_at_checked(2)?;
    let year = i32::try_from(digits(year)?).ok()?.checked_add(2000)?;
    parse_month_day(year, month_day)
}

/// Parses `MMDD`; a day after the end of a month is its last day.
fn parse_month_day(year: i32, text: &str) -> Option<NaiveDate> {
    let (month, day) = text.split_at_checked(2)?;
    if day.len() != 2 {
        return None;
    }
    let (month, day) = (digits(month)?, digits(day)?);
    let days = (28..=day.min(31)).rev().chain(std::iter::once(day));
    days.filter(|_| day <= 31).find_map(|day| NaiveDate::from_ymd_opt(year, month, day))
}

/// Returns the account of field `:25:`: `DE…`, `DE… EUR`, `BIC/DE…`, `bank code/number`.
fn account(value: &str, currency: Currency) -> Account {
    let number = crate::camt::account_number(value);
    let without_currency = number.strip_suffix(currency.code()).filter(|number| is_iban(number));
    let number = without_currency.unwrap_or(&number);
    match number.rsplit_once('/') {
        Some((_, iban)) if is_iban(iban) => Account { number: iban.to_owned() },
        _ => Account { number: number.to_owned() },
    }
}

/// Returns whether a text has the form of an IBAN: two letters, two digits, at least 11 more characters.
fn is_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_form = |range: std::ops::Range<usize>, is: fn(&u8) -> bool| {
        bytes.get(range).is_some_and(|bytes| bytes.iter().all(is))
    };
    bytes.len() >= 15
        && is_form(0..2, u8::is_ascii_uppercase)
        && is_form(2..4, u8::is_ascii_digit)
        && is_form(4..bytes.len(), u8::is_ascii_alphanumeric)
}
