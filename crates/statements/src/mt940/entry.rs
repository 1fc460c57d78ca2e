//! Field `:61:` of MT940: the entry.

use chrono::{Datelike, NaiveDate};
use hermes_domain::money::Currency;

use super::{parse_date, parse_month_day};
use crate::amount::parse_amount;
use crate::camt::bank_id;
use crate::emit::{BankId, DraftLine};
use crate::error::shown;
use crate::{Batch, Counterparty, Direction, Problem, Remittance};

/// Parses `YYMMDD[MMDD](C|D|RC|RD)[letter]amount,NXXXreference[//bank reference]` ; a supplementary line is ignored.
pub(super) fn parse_entry(value: &str, currency: Currency) -> Result<DraftLine, Problem> {
    let invalid = || Problem::Invalid { field: ":61:", value: shown(value) };
    let first_line = value.lines().next().unwrap_or_default();
    let (value_date, rest) = first_line.split_at_checked(6).ok_or_else(invalid)?;
    let value_date = parse_date(value_date).ok_or_else(invalid)?;
    let (booking_date, rest) = match rest.split_at_checked(4) {
        Some((month_day, rest)) if month_day.bytes().all(|byte| byte.is_ascii_digit()) => {
            (nearest_date(month_day, value_date).ok_or_else(invalid)?, rest)
        }
        _ => (value_date, rest),
    };
    let (direction, is_reversal, rest) = split_mark(rest).ok_or_else(invalid)?;
    // The third letter of the currency may follow.
    let rest = rest.strip_prefix(|char: char| char.is_ascii_uppercase()).unwrap_or(rest);
    let end = rest.find(|char: char| !char.is_ascii_digit() && char != ',').ok_or_else(invalid)?;
    let (amount, rest) = rest.split_at_checked(end).ok_or_else(invalid)?;
    if !amount.contains(',') {
        return Err(invalid());
    }
    let (_transaction_type, references) = rest.split_at_checked(4).ok_or_else(invalid)?;
    let (reference, bank_reference) = references.split_once("//").unwrap_or((references, ""));
    Ok(DraftLine {
        bank_id: bank_id(bank_reference).map(BankId::Daily),
        direction,
        amount: parse_amount(amount, ',', currency)?,
        is_reversal,
        booking_date,
        value_date,
        remittance: Remittance { end_to_end_id: bank_id(reference), ..Remittance::default() },
        counterparty: Counterparty::default(),
        batch: Batch::Single,
    })
}

/// Splits the mark: `C` and `D`; `RC` and `RD` reverse a credit and a debit.
fn split_mark(text: &str) -> Option<(Direction, bool, &str)> {
    [
        ("RC", Direction::Debit, true),
        ("RD", Direction::Credit, true),
        ("C", Direction::Credit, false),
        ("D", Direction::Debit, false),
    ]
    .into_iter()
    .find_map(|(mark, direction, is_reversal)| Some((direction, is_reversal, text.strip_prefix(mark)?)))
}

/// Returns the date of a month and day without a year that is nearest to another date.
fn nearest_date(month_day: &str, other: NaiveDate) -> Option<NaiveDate> {
    let years = [other.year() - 1, other.year(), other.year() + 1];
    let dates = years.into_iter().filter_map(|year| parse_month_day(year, month_day));
    dates.min_by_key(|date| date.signed_duration_since(other).num_days().abs())
}
