//! Validation checks and their rows.

use std::borrow::Cow;

use hermes_domain::payment::{Check, CheckKind, Payment, UnknownState};
use hermes_domain::ports::StoreError;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;

use super::corrupt;
use super::position::{ColumnValue, decode};
use crate::entity::validation_results::{self, Column};

/// A check with its payment, ready to be inserted.
#[derive(Clone, Copy)]
pub(crate) struct CheckRow<'a> {
    payment: &'a Payment,
    pub(crate) check: &'a Check,
}

impl<'a> CheckRow<'a> {
    /// Returns the check rows of all `payments`.
    pub(crate) fn from_payments(payments: &'a [Payment]) -> Vec<Self> {
        let checks = |payment: &'a Payment| payment.checks.iter().map(move |check| Self { payment, check });
        payments.iter().flat_map(checks).collect()
    }
}

impl From<&CheckRow<'_>> for validation_results::ActiveModel {
    fn from(row: &CheckRow<'_>) -> Self {
        Self {
            payment_id: Set(row.payment.id.0),
            check_type: Set(row.check.kind.as_str().to_owned()),
            check_result: Set(row.check.result.as_str().to_owned()),
            check_message: Set(row.check.message.clone().into_owned()),
            created_at: Set(row.payment.updated_at),
        }
    }
}

/// Decodes a row of all columns into the id of the payment and its check.
///
/// # Errors
/// [`StoreError::Corrupt`] if a value has another type than its column. An unknown code is the inner error.
pub(crate) fn decode_check(row: &QueryResult) -> Result<(Uuid, Result<Check, UnknownState>), StoreError> {
    let check = parse(
        column(row, Column::CheckType)?,
        column(row, Column::CheckResult)?,
        column(row, Column::CheckMessage)?,
    );
    Ok((column(row, Column::PaymentId)?, check))
}

fn column<'r, T: ColumnValue<'r>>(row: &'r QueryResult, column: Column) -> Result<T, StoreError> {
    #[expect(clippy::as_conversions, reason = "the discriminant of a column is its position")]
    let at = |column: Column| column as usize;
    decode(row, at(column)).ok_or_else(|| {
        let payment: Uuid = decode(row, at(Column::PaymentId)).unwrap_or_default();
        corrupt("checks of payment", payment, column.as_str())
    })
}

fn parse(check_type: &str, check_result: &str, check_message: &str) -> Result<Check, UnknownState> {
    let kind: CheckKind = check_type.parse()?;
    let passed = kind.passed_message();
    let message =
        if check_message == passed { Cow::Borrowed(passed) } else { Cow::Owned(check_message.to_owned()) };
    Ok(Check { kind, result: check_result.parse()?, message })
}

/// The checks of one payment, or the first unknown code among them.
#[derive(Debug)]
pub(crate) struct StoredChecks(Result<Vec<Check>, UnknownState>);

impl Default for StoredChecks {
    fn default() -> Self {
        Self(Ok(Vec::new()))
    }
}

impl FromIterator<validation_results::Model> for StoredChecks {
    fn from_iter<I: IntoIterator<Item = validation_results::Model>>(rows: I) -> Self {
        let check =
            |row: validation_results::Model| parse(&row.check_type, &row.check_result, &row.check_message);
        Self(rows.into_iter().map(check).collect())
    }
}

impl StoredChecks {
    pub(crate) fn push(&mut self, check: Result<Check, UnknownState>) {
        let Ok(checks) = &mut self.0 else { return };
        match check {
            Ok(check) => checks.push(check),
            Err(unknown) => self.0 = Err(unknown),
        }
    }

    /// Returns the checks in the order of their kinds, or `None` if a code is unknown or a kind occurs twice.
    ///
    /// A payment that was booked before a check was introduced has no row for this check.
    pub(super) fn in_order(self) -> Option<Vec<Check>> {
        let mut checks = self.0.ok()?;
        checks.sort_unstable_by_key(|check| check.kind);
        checks.is_sorted_by(|one, next| one.kind < next.kind).then_some(checks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(codes: &[(&str, &str)]) -> Option<Vec<CheckKind>> {
        let mut checks = StoredChecks::default();
        for (check_type, check_result) in codes {
            checks.push(parse(check_type, check_result, "because"));
        }
        Some(checks.in_order()?.into_iter().map(|check| check.kind).collect())
    }

    #[test]
    fn checks_are_returned_in_the_order_of_their_kinds() {
        let [first, second, third, fourth] = CheckKind::ALL;
        let rows = [fourth, second, first, third].map(|kind| (kind.as_str(), "PASSED"));
        assert_eq!(stored(&rows), Some(vec![first, second, third, fourth]));
        assert_eq!(stored(&[(third.as_str(), "FLAGGED")]), Some(vec![third]));
        assert_eq!(stored(&[]), Some(vec![]));
    }

    #[test]
    fn a_duplicate_kind_or_an_unknown_code_invalidates_all_checks() {
        for rows in [
            &[("INVALID_EMAIL", "PASSED"), ("AMOUNT_THRESHOLD", "PASSED"), ("INVALID_EMAIL", "PASSED")][..],
            &[("INVALID_EMAIL", "PASSED"), ("NOVELTY", "PASSED"), ("AMOUNT_THRESHOLD", "PASSED")],
            &[("INVALID_EMAIL", "DOUBTED")],
        ] {
            assert_eq!(stored(rows), None, "{rows:?}");
        }
    }

    #[test]
    fn a_message_is_unchanged() {
        for message in [CheckKind::InvalidEmail.passed_message(), "another"] {
            assert_eq!(parse("INVALID_EMAIL", "PASSED", message).unwrap().message, message);
        }
    }
}
