//! The four quality checks. A flag refuses nothing: it is recorded and shown.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::status::UnknownState;
use super::{EmailAddress, Reference};
use crate::money::{AmountError, Currency, Money, parse_minor};

/// A quality check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckKind {
    /// The address does not parse.
    InvalidEmail,
    /// The payer has another live payment.
    DuplicatedPayment,
    /// The amount is above the limit of its currency.
    AmountThreshold,
    /// Money has arrived and is not exactly what is due.
    OverUnderPayment,
}

impl CheckKind {
    /// Every check, in the order of their results.
    pub const ALL: [Self; 4] =
        [Self::InvalidEmail, Self::DuplicatedPayment, Self::AmountThreshold, Self::OverUnderPayment];

    /// The word used from SQL to HTML.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidEmail => "INVALID_EMAIL",
            Self::DuplicatedPayment => "DUPLICATED_PAYMENT",
            Self::AmountThreshold => "AMOUNT_THRESHOLD",
            Self::OverUnderPayment => "OVER_UNDER_PAYMENT",
        }
    }

    /// What a check of this kind says when it has no flag.
    pub const fn passed_message(self) -> &'static str {
        match self {
            Self::InvalidEmail => "the e-mail address is well formed",
            Self::DuplicatedPayment => "the payer has no other live payment",
            Self::AmountThreshold => "the amount is within the limit",
            Self::OverUnderPayment => "what was received agrees with what is due",
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

/// What a check says; the same two words as the sum of all checks.
pub type CheckResult = super::ValidationStatus;

/// One check of one payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Which check.
    #[serde(rename = "type")]
    pub kind: CheckKind,
    /// What it says.
    pub result: CheckResult,
    /// Why, for people; as a rule one of the few texts of checks without a flag.
    pub message: Cow<'static, str>,
}

impl Check {
    /// Whether the check has a flag.
    pub fn is_flagged(&self) -> bool {
        self.result == CheckResult::Flagged
    }

    fn new(kind: CheckKind, flag: Option<String>) -> Self {
        match flag {
            Some(message) => Self { kind, result: CheckResult::Flagged, message: message.into() },
            None => Self { kind, result: CheckResult::Passed, message: kind.passed_message().into() },
        }
    }
}

/// Runs the four checks.
pub(crate) fn run_checks(
    email: &str,
    duplicate_of: Option<Reference>,
    amount: Money,
    thresholds: &Thresholds,
    due: Money,
    received: Money,
) -> Vec<Check> {
    let invalid =
        (!EmailAddress::is_valid(email)).then(|| "the e-mail address cannot receive mail".to_owned());
    let duplicate = duplicate_of.map(|other| format!("the payer already has the live payment {other}"));
    let currency = amount.currency();
    let above = thresholds
        .exceeded_by(amount)
        .map(|limit| format!("the amount {amount} {currency} is above {limit} {currency}"));
    let off = (!received.is_zero() && received != due)
        .then(|| format!("received {received} {currency}, due {due} {currency}"));
    vec![
        Check::new(CheckKind::InvalidEmail, invalid),
        Check::new(CheckKind::DuplicatedPayment, duplicate),
        Check::new(CheckKind::AmountThreshold, above),
        Check::new(CheckKind::OverUnderPayment, off),
    ]
}

/// The amounts above which a payment gets a flag, complete for every currency.
#[derive(Debug, Clone)]
pub struct Thresholds {
    minor_by_currency: HashMap<Currency, i64>,
}

/// A limit that is no amount of its currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("amount threshold for {currency}: {source}")]
pub struct ThresholdError {
    /// The currency.
    pub currency: Currency,
    /// What is wrong with the amount.
    pub source: AmountError,
}

impl Thresholds {
    /// Makes the limits from one for all currencies, in major units, and exceptions.
    ///
    /// # Errors
    /// When a limit is no amount of its currency.
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

    fn exceeded_by(&self, amount: Money) -> Option<Money> {
        let limit = *self.minor_by_currency.get(&amount.currency())?;
        (amount.minor() > limit).then(|| Money::from_minor(limit, amount.currency()))
    }
}
