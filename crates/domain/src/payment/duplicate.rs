//! When two payments are the same payer's: a configured rule.

use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};

use super::{PayerDetails, PaymentId};
use crate::money::Money;

/// A field that two payments can have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DuplicateField {
    /// The e-mail address, without regard to case.
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

/// Why a rule cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DuplicateRuleError {
    /// The field is not one that can be compared.
    #[error("{0:?} is not one of email, amount, currency_from, school, student_id")]
    UnknownField(String),
    /// Payments are looked up by their address first.
    #[error("the fields that make two payments the same must include email")]
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

/// Which fields make two payments the same, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateRule {
    fields: Vec<DuplicateField>,
    within_days: Option<u32>,
}

impl DuplicateRule {
    /// A rule over some fields, the e-mail address among them; without days it holds for any time.
    ///
    /// # Errors
    /// When the e-mail address is not among the fields.
    pub fn new(fields: Vec<DuplicateField>, within_days: Option<u32>) -> Result<Self, DuplicateRuleError> {
        if fields.contains(&DuplicateField::Email) {
            Ok(Self { fields, within_days })
        } else {
            Err(DuplicateRuleError::EmailMissing)
        }
    }

    /// What another live payment must have to be the same as this one.
    pub(crate) fn duplicate_key(
        &self,
        own: PaymentId,
        details: &PayerDetails,
        amount: Money,
        now: DateTime<Utc>,
    ) -> DuplicateKey {
        let has = |field| self.fields.contains(&field);
        DuplicateKey {
            email_key: details.email_key(),
            amount_minor: has(DuplicateField::Amount).then(|| amount.minor()),
            currency_from: has(DuplicateField::CurrencyFrom).then(|| amount.currency().code()),
            school: has(DuplicateField::School).then(|| details.school.clone().unwrap_or_default()),
            student_id: has(DuplicateField::StudentId)
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

/// A question: is there a live payment with all of these?
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DuplicateKey {
    /// The address in lower case.
    pub email_key: String,
    /// The amount in minor units, when it counts.
    pub amount_minor: Option<i64>,
    /// The currency's code, when it counts.
    pub currency_from: Option<&'static str>,
    /// The school, when it counts; no school is the empty text.
    pub school: Option<String>,
    /// The student's identifier, when it counts; none is the empty text.
    pub student_id: Option<String>,
    /// The earliest time of booking, when there is one.
    pub created_from: Option<DateTime<Utc>>,
    /// The payment that asks, which is not its own duplicate.
    pub exclude_id: PaymentId,
}
