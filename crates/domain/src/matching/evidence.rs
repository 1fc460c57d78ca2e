//! Why a line matches a payment, in words for a clerk.

use std::fmt;

use chrono::NaiveDate;

use super::TextSource;
use crate::money::Money;
use crate::payment::Reference;

/// How certain a match is, in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// The amount, the payer's name and the date fit.
    AmountAndName,
    /// The text almost contains the reference, and the amount is exact.
    Repaired,
    /// The text contains `REFnnn`.
    Reference,
    /// The text contains the creditor reference, whose check digits are right.
    CreditorReference,
}

impl Certainty {
    /// All levels, in ascending order.
    pub const ALL: [Self; 4] =
        [Self::AmountAndName, Self::Repaired, Self::Reference, Self::CreditorReference];

    /// Returns the code used in the database and the API, such as `creditor_reference`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AmountAndName => "amount_and_name",
            Self::Repaired => "repaired",
            Self::Reference => "reference",
            Self::CreditorReference => "creditor_reference",
        }
    }

    /// Returns the level with a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == code)
    }
}

/// One reason for or against a match. The sentences contain no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// A text contains the creditor reference.
    CreditorReference {
        /// The payment.
        reference: Reference,
        /// The text.
        source: TextSource,
    },
    /// A text contains the reference.
    Reference {
        /// The payment.
        reference: Reference,
        /// The text.
        source: TextSource,
    },
    /// A text almost contains the reference.
    Repaired {
        /// The payment.
        reference: Reference,
        /// The text.
        source: TextSource,
        /// The characters that the payer wrote.
        written: String,
        /// The characters that the payer meant.
        meant: String,
    },
    /// The amount equals the amount outstanding.
    AmountEqual {
        /// The payment.
        reference: Reference,
        /// The amount outstanding.
        outstanding: Money,
    },
    /// The amount is below the amount outstanding.
    AmountBelow {
        /// The payment.
        reference: Reference,
        /// The amount outstanding.
        outstanding: Money,
    },
    /// The amount is above the amount outstanding; zero if the payment is settled.
    AmountAbove {
        /// The payment.
        reference: Reference,
        /// The amount outstanding.
        outstanding: Money,
    },
    /// The amounts outstanding of several payments add up to the amount.
    SumEqual {
        /// The number of payments.
        payments: usize,
        /// The sum.
        sum: Money,
    },
    /// The amounts outstanding of several payments do not add up to the amount.
    SumDiffers {
        /// The number of payments.
        payments: usize,
        /// The sum.
        sum: Money,
    },
    /// Several transfers of one payer add up to the amount outstanding.
    PartOfPayment {
        /// The payment.
        reference: Reference,
        /// The number of transfers.
        transfers: usize,
        /// The amount outstanding.
        outstanding: Money,
    },
    /// The payer of the transfer has the name in the booking.
    NameEqual {
        /// The payment.
        reference: Reference,
    },
    /// The booking preceded the transfer.
    BookedBefore {
        /// The payment.
        reference: Reference,
        /// The day of the booking.
        booked_on: NaiveDate,
        /// The days between booking and transfer.
        days: i64,
    },
    /// Another payment is one typing error apart and fits better.
    Rival {
        /// The payment that the text names.
        named: Reference,
        /// The other payment.
        rival: Reference,
    },
    /// The text names a payment in another currency.
    OtherCurrency {
        /// The payment.
        reference: Reference,
        /// An amount in the currency of the payment.
        outstanding: Money,
    },
    /// The text names a cancelled payment.
    Cancelled {
        /// The payment.
        reference: Reference,
    },
    /// The text names more payments than one transfer can pay.
    TooManyPayments {
        /// The number of payments.
        payments: usize,
    },
}

impl fmt::Display for Evidence {
    /// Writes one sentence, without a full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreditorReference { reference, source } => {
                write!(f, "{} contains {}", source.name(), reference.creditor_reference())?;
                write!(f, ", and its check digits are right")
            }
            Self::Reference { reference, source } => write!(f, "{} contains {reference}", source.name()),
            Self::Repaired { reference, source, written, meant } => write!(
                f,
                "{} contains {written}, one typing error apart from {meant} of {reference}",
                source.name()
            ),
            Self::AmountEqual { reference, outstanding } => {
                write!(f, "the amount equals the outstanding {} of {reference}", WithCode(*outstanding))
            }
            Self::AmountBelow { reference, outstanding } => {
                write!(f, "the amount is below the outstanding {} of {reference}", WithCode(*outstanding))
            }
            Self::AmountAbove { reference, outstanding } if outstanding.is_zero() => {
                write!(f, "{reference} has nothing outstanding, so the amount is an excess")
            }
            Self::AmountAbove { reference, outstanding } => {
                write!(f, "the amount is above the outstanding {} of {reference}", WithCode(*outstanding))
            }
            Self::SumEqual { payments, sum } => {
                write!(f, "the outstanding amounts of {payments} payments add up to {}", WithCode(*sum))
            }
            Self::SumDiffers { payments, sum } => write!(
                f,
                "the outstanding amounts of {payments} payments add up to {}, which is not the amount",
                WithCode(*sum)
            ),
            Self::PartOfPayment { reference, transfers, outstanding } => write!(
                f,
                "{transfers} transfers of this payer add up to the outstanding {} of {reference}",
                WithCode(*outstanding)
            ),
            Self::NameEqual { reference } => {
                write!(f, "the payer has the name in the booking of {reference}")
            }
            Self::BookedBefore { reference, booked_on, days } => {
                write!(f, "{reference} was booked on {booked_on}, {days} days before the transfer")
            }
            Self::Rival { named, rival } => {
                write!(f, "{rival} is one typing error apart from {named} and fits better")
            }
            Self::OtherCurrency { reference, outstanding } => {
                write!(f, "{reference} is in {}, the transfer is not", outstanding.currency())
            }
            Self::Cancelled { reference } => write!(f, "{reference} is cancelled"),
            Self::TooManyPayments { payments } => {
                write!(f, "the text names {payments} payments; a transfer is matched with at most five")
            }
        }
    }
}

/// Writes an amount with the code of its currency.
struct WithCode(Money);

impl fmt::Display for WithCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.0.currency())
    }
}
