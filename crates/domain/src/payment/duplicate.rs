//! The configured rule that finds duplicate payments.

use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};

use super::{PayerDetails, PaymentId};
use crate::money::Money;

/// A field that the rule can compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DuplicateField {
    /// The e-mail address, ignoring case.
    Email,
    /// The amount.
    Amount,
    /// The currency.
    CurrencyFrom,
    /// The school.
    School,
    /// The student's identifier.
    StudentId,
}

/// Why a rule is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DuplicateRuleError {
    /// The field cannot be compared.
    #[error("{0:?} is not one of email, amount, currency_from, school, student_id")]
    UnknownField(String),
    /// The e-mail address is missing; payments are looked up by the address first.
    #[error("the compared fields must include email")]
    EmailMissing,
}

impl FromStr for DuplicateField {
    type Err = DuplicateRuleError;

    fn from_str(text: &str) -> Result<Self, DuplicateRuleError> {
        match text {
            "email" => Ok(Self::Email),
            "amount" => Ok(Self::Amount),
            "currency_from" => Ok(Self::CurrencyFrom),
            "school" => Ok(Self::School),
            "student_id" => Ok(Self::StudentId),
            other => Err(DuplicateRuleError::UnknownField(other.to_owned())),
        }
    }
}

/// The fields that make two payments duplicates, and the number of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateRule {
    fields: Vec<DuplicateField>,
    within_days: Option<u32>,
}

impl DuplicateRule {
    /// Creates a rule that compares `fields`. Without `within_days`, the rule compares payments of any age.
    ///
    /// # Errors
    /// Returns an error if `fields` lacks the e-mail address.
    pub fn new(fields: Vec<DuplicateField>, within_days: Option<u32>) -> Result<Self, DuplicateRuleError> {
        if fields.contains(&DuplicateField::Email) {
            Ok(Self { fields, within_days })
        } else {
            Err(DuplicateRuleError::EmailMissing)
        }
    }

    /// Returns the key that finds duplicates of the payment `own`.
    pub(crate) fn duplicate_key(
        &self,
        own: PaymentId,
        details: &PayerDetails,
        amount: Money,
        now: DateTime<Utc>,
    ) -> DuplicateKey {
        let compares = |field| self.fields.contains(&field);
        DuplicateKey {
            email_key: details.email_key(),
            amount_minor: compares(DuplicateField::Amount).then(|| amount.minor()),
            currency_from: compares(DuplicateField::CurrencyFrom).then(|| amount.currency().code()),
            school: compares(DuplicateField::School).then(|| details.school.clone().unwrap_or_default()),
            student_id: compares(DuplicateField::StudentId)
                .then(|| details.student_id.clone().unwrap_or_default()),
            created_from: self.window_start(now),
            exclude_id: own,
        }
    }

    fn window_start(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let days = TimeDelta::try_days(i64::from(self.within_days?))?;
        now.checked_sub_signed(days)
    }
}

/// A query for live payments that have all of these values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DuplicateKey {
    /// The e-mail address in lower case.
    pub email_key: String,
    /// The amount in minor units, if compared.
    pub amount_minor: Option<i64>,
    /// The currency code, if compared.
    pub currency_from: Option<&'static str>,
    /// The school, if compared; empty for payments without a school.
    pub school: Option<String>,
    /// The student's identifier, if compared; empty for payments without one.
    pub student_id: Option<String>,
    /// The earliest time of booking, if the rule has a number of days.
    pub created_from: Option<DateTime<Utc>>,
    /// The payment itself, which is not its own duplicate; nil for a new payment.
    pub exclude_id: PaymentId,
}
