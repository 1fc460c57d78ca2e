//! Checks and their rows.

use std::borrow::Cow;

use hermes_domain::payment::{Check, CheckKind, Payment, UnknownState};
use hermes_domain::ports::StoreError;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;

use super::row::{ColumnDecodeError, RowReader};
use crate::entity::validation_results::{self, Column};

/// A check with the payment it is of.
#[derive(Clone, Copy)]
pub(crate) struct CheckRow<'a> {
    pub(crate) payment: &'a Payment,
    pub(crate) check: &'a Check,
}

impl<'a> CheckRow<'a> {
    /// The rows of payments.
    pub(crate) fn all_of(payments: &'a [Payment]) -> Vec<Self> {
        let rows_of = |payment: &'a Payment| {
            let row = move |check| Self { payment, check };
            payment.checks.iter().map(row)
        };
        payments.iter().flat_map(rows_of).collect()
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

/// A check as it is stored, with the payment it is of.
pub(crate) struct CheckColumns<'r> {
    pub(crate) payment_id: Uuid,
    check_type: &'r str,
    check_result: &'r str,
    check_message: &'r str,
}

impl<'r> CheckColumns<'r> {
    /// What is selected of the row, in this order.
    pub(crate) const SELECTED: [Column; 4] =
        [Column::PaymentId, Column::CheckType, Column::CheckResult, Column::CheckMessage];

    /// Reads a row of the selected columns.
    pub(crate) fn read(row: &'r QueryResult) -> Result<Self, StoreError> {
        Self::take(RowReader::of(row))
            .map_err(|value| value.corrupt::<Uuid, _>("checks of payment", row, Self::SELECTED.into_iter()))
    }

    fn take(mut values: RowReader<'r>) -> Result<Self, ColumnDecodeError> {
        Ok(Self {
            payment_id: values.next()?,
            check_type: values.next()?,
            check_result: values.next()?,
            check_message: values.next()?,
        })
    }
}

impl<'r> From<&'r validation_results::Model> for CheckColumns<'r> {
    fn from(row: &'r validation_results::Model) -> Self {
        Self {
            payment_id: row.payment_id,
            check_type: &row.check_type,
            check_result: &row.check_result,
            check_message: &row.check_message,
        }
    }
}

impl TryFrom<CheckColumns<'_>> for Check {
    type Error = UnknownState;

    fn try_from(row: CheckColumns<'_>) -> Result<Self, UnknownState> {
        let kind: CheckKind = row.check_type.parse()?;
        let passed = kind.passed_message();
        let message = match row.check_message {
            message if message == passed => Cow::Borrowed(passed),
            message => Cow::Owned(message.to_owned()),
        };
        Ok(Self { kind, result: row.check_result.parse()?, message })
    }
}

/// The checks of one payment, as long as all words of theirs are known.
#[derive(Debug)]
pub(crate) struct StoredChecks(Result<Vec<Check>, UnknownState>);

impl Default for StoredChecks {
    fn default() -> Self {
        Self(Ok(Vec::new()))
    }
}

impl StoredChecks {
    /// Adds one.
    pub(crate) fn push(&mut self, check: Result<Check, UnknownState>) {
        let Ok(checks) = &mut self.0 else { return };
        match check {
            Ok(check) => checks.push(check),
            Err(unknown) => self.0 = Err(unknown),
        }
    }

    /// The checks in the order of their kinds, each once. A payment of before a check came to be does not have it.
    pub(super) fn in_order(self) -> Option<Vec<Check>> {
        let mut checks = self.0.ok()?;
        checks.sort_unstable_by_key(|check| check.kind);
        checks.is_sorted_by(|one, next| one.kind < next.kind).then_some(checks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(words: &[(&str, &str)]) -> Option<Vec<CheckKind>> {
        let mut checks = StoredChecks::default();
        for (check_type, check_result) in words {
            let row =
                CheckColumns { payment_id: Uuid::nil(), check_type, check_result, check_message: "because" };
            checks.push(row.try_into());
        }
        Some(checks.in_order()?.into_iter().map(|check| check.kind).collect())
    }

    #[test]
    fn checks_come_in_the_order_of_their_kinds() {
        let [first, second, third, fourth] = CheckKind::ALL;
        let rows = [fourth, second, first, third].map(|kind| (kind.as_str(), "PASSED"));
        assert_eq!(stored(&rows), Some(vec![first, second, third, fourth]));
        assert_eq!(stored(&[(third.as_str(), "FLAGGED")]), Some(vec![third]));
        assert_eq!(stored(&[]), Some(vec![]));
    }

    #[test]
    fn a_check_that_is_there_twice_or_unknown_spoils_all() {
        for rows in [
            &[("INVALID_EMAIL", "PASSED"), ("AMOUNT_THRESHOLD", "PASSED"), ("INVALID_EMAIL", "PASSED")][..],
            &[("INVALID_EMAIL", "PASSED"), ("NOVELTY", "PASSED"), ("AMOUNT_THRESHOLD", "PASSED")],
            &[("INVALID_EMAIL", "DOUBTED")],
        ] {
            assert_eq!(stored(rows), None, "{rows:?}");
        }
    }

    #[test]
    fn a_message_stays_what_it_is() {
        for message in [CheckKind::InvalidEmail.passed_message(), "another"] {
            let row = CheckColumns {
                payment_id: Uuid::nil(),
                check_type: "INVALID_EMAIL",
                check_result: "PASSED",
                check_message: message,
            };
            assert_eq!(Check::try_from(row).unwrap().message, message);
        }
    }
}
