//! The four validation checks. A flag never rejects a payment: it is recorded and shown.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::is_valid_email;
use super::{Reference, UnknownState};
use crate::money::{AmountError, Currency, Money, parse_minor};

/// A validation check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckKind {
    /// Flags an e-mail address that does not parse.
    InvalidEmail,
    /// Flags a payer with another live payment.
    DuplicatedPayment,
    /// Flags an amount above the threshold of its currency.
    AmountThreshold,
    /// Flags received money that is not exactly the amount due.
    OverUnderPayment,
}

impl CheckKind {
    /// All checks, in the order of a payment's results.
    pub const ALL: [Self; 4] =
        [Self::InvalidEmail, Self::DuplicatedPayment, Self::AmountThreshold, Self::OverUnderPayment];

    /// Returns the code used in the database and the API, such as `INVALID_EMAIL`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidEmail => "INVALID_EMAIL",
            Self::DuplicatedPayment => "DUPLICATED_PAYMENT",
            Self::AmountThreshold => "AMOUNT_THRESHOLD",
            Self::OverUnderPayment => "OVER_UNDER_PAYMENT",
        }
    }

    /// Returns the message of a check without a flag.
    pub const fn passed_message(self) -> &'static str {
        match self {
            Self::InvalidEmail => "the e-mail address is well formed",
            Self::DuplicatedPayment => "the payer has no other live payment",
            Self::AmountThreshold => "the amount is within the limit",
            Self::OverUnderPayment => "no money has arrived, or exactly the amount due",
        }
    }
}

impl FromStr for CheckKind {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownState)
    }
}

impl fmt::Display for CheckKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The result of one check, or of all checks of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ValidationStatus {
    /// No check has a flag.
    Passed,
    /// At least one check has a flag.
    Flagged,
}

impl ValidationStatus {
    /// Both results.
    pub const ALL: [Self; 2] = [Self::Passed, Self::Flagged];

    /// Derives the status of a payment from its checks.
    pub fn from_checks(checks: &[Check]) -> Self {
        if checks.iter().any(Check::is_flagged) { Self::Flagged } else { Self::Passed }
    }

    /// Returns the code used in the database and the API, such as `PASSED`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Flagged => "FLAGGED",
        }
    }
}

impl FromStr for ValidationStatus {
    type Err = UnknownState;

    /// Parses a code, ignoring case.
    fn from_str(text: &str) -> Result<Self, UnknownState> {
        let matches = |status: &Self| status.as_str().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(matches).ok_or(UnknownState)
    }
}

/// The result of one check of one payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The check.
    #[serde(rename = "type")]
    pub kind: CheckKind,
    /// The result.
    pub result: ValidationStatus,
    /// The reason, for people; borrowed if it is [`CheckKind::passed_message`].
    pub message: Cow<'static, str>,
}

impl Check {
    /// Returns whether the check has a flag.
    pub fn is_flagged(&self) -> bool {
        self.result == ValidationStatus::Flagged
    }

    fn new(kind: CheckKind, flag: Option<String>) -> Self {
        match flag {
            Some(message) => Self { kind, result: ValidationStatus::Flagged, message: message.into() },
            None => Self { kind, result: ValidationStatus::Passed, message: kind.passed_message().into() },
        }
    }
}

/// The values that the checks of one payment depend on.
pub(crate) struct CheckInput<'a> {
    pub email: &'a str,
    /// The payer's latest other live payment.
    pub duplicate_of: Option<Reference>,
    pub amount: Money,
    pub due: Money,
    pub received: Money,
    pub written_off: Money,
}

/// Runs the four checks.
pub(crate) fn run_checks(input: &CheckInput<'_>, thresholds: &Thresholds) -> Vec<Check> {
    let &CheckInput { email, duplicate_of, amount, due, received, written_off } = input;
    let currency = amount.currency();
    let invalid_email = (!is_valid_email(email)).then(|| "the e-mail address cannot receive mail".to_owned());
    let duplicate = duplicate_of.map(|other| format!("the payer already has the live payment {other}"));
    let above_threshold = thresholds
        .exceeded_by(amount)
        .map(|limit| format!("the amount {amount} {currency} is above {limit} {currency}"));
    vec![
        Check::new(CheckKind::InvalidEmail, invalid_email),
        Check::new(CheckKind::DuplicatedPayment, duplicate),
        Check::new(CheckKind::AmountThreshold, above_threshold),
        over_under_check(due, received, written_off),
    ]
}

/// Flags received money that, together with the shortfall written off, is not exactly the amount due.
fn over_under_check(due: Money, received: Money, written_off: Money) -> Check {
    let is_exact = received.checked_add(written_off) == Ok(due);
    let currency = due.currency();
    let not_exact = (!received.is_zero() && !is_exact).then(|| match written_off.is_zero() {
        true => format!("received {received} {currency}, due {due} {currency}"),
        false => format!(
            "received {received} {currency}, written off {written_off} {currency}, due {due} {currency}"
        ),
    });
    Check::new(CheckKind::OverUnderPayment, not_exact)
}

/// Returns the checks after the amount received has changed. The other checks do not depend on it.
pub(crate) fn recheck_money(checks: &[Check], due: Money, received: Money, written_off: Money) -> Vec<Check> {
    let others = checks.iter().filter(|check| check.kind != CheckKind::OverUnderPayment).cloned();
    others.chain([over_under_check(due, received, written_off)]).collect()
}

/// The amounts above which a payment gets a flag, one for every currency.
#[derive(Debug, Clone)]
pub struct Thresholds {
    minor_by_currency: HashMap<Currency, i64>,
}

/// The error for a threshold that is not an amount of its currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("amount threshold for {currency}: {source}")]
pub struct ThresholdError {
    /// The currency.
    pub currency: Currency,
    /// Why the threshold is not an amount.
    pub source: AmountError,
}

impl Thresholds {
    /// Creates the thresholds from a default and exceptions by currency, all in major units.
    ///
    /// # Errors
    /// Returns an error if a threshold is not an amount of its currency.
    pub fn new(default: &str, by_currency: &HashMap<Currency, String>) -> Result<Self, ThresholdError> {
        let minor_by_currency = Currency::all()
            .map(|currency| {
                let text = by_currency.get(&currency).map_or(default, String::as_str);
                let minor =
                    parse_minor(text, currency).map_err(|source| ThresholdError { currency, source })?;
                Ok((currency, minor))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { minor_by_currency })
    }

    /// Returns the threshold of the currency if an amount exceeds it.
    pub(crate) fn exceeded_by(&self, amount: Money) -> Option<Money> {
        let limit = *self.minor_by_currency.get(&amount.currency())?;
        (amount.minor() > limit).then(|| Money::from_minor(limit, amount.currency()))
    }
}
