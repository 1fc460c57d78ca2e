//! Fees: tiers by amount, complete for every currency before the first payment is booked.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{AmountError, Currency, Money, MoneyError, parse_minor};
use crate::Digits;

/// A rate in hundredths of a per cent: 250 are 2.50 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct BasisPoints(u16);

/// A rate that is more than the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rate must be at most {} basis points", BasisPoints::WHOLE)]
pub struct RateTooHigh;

impl BasisPoints {
    /// The basis points of the whole.
    pub const WHOLE: u16 = 10_000;

    /// A rate of at most the whole.
    pub const fn new(points: u16) -> Option<Self> {
        if points <= Self::WHOLE { Some(Self(points)) } else { None }
    }

    /// The hundredths of a per cent.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for BasisPoints {
    type Error = RateTooHigh;

    fn try_from(points: u16) -> Result<Self, RateTooHigh> {
        Self::new(points).ok_or(RateTooHigh)
    }
}

impl From<BasisPoints> for u16 {
    fn from(rate: BasisPoints) -> Self {
        rate.0
    }
}

impl std::fmt::Display for BasisPoints {
    /// Writes the percentage with two decimals: `2.50`.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = Digits::of(self.0.into(), 3);
        let (whole, hundredths) = digits.around_point(2);
        [whole, ".", hundredths].into_iter().try_for_each(|part| formatter.write_str(part))
    }
}

/// Who pays the fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FeeBearer {
    /// The payer: the fee comes on top of what is due.
    Payer,
    /// The institution: the amount alone is due.
    Institution,
}

/// The fee of one payment: how much, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fee {
    /// How much.
    pub amount: Money,
    /// At which rate.
    pub rate: BasisPoints,
    /// The name of the tier that set the rate.
    pub rule: String,
}

/// Where a tier ends; amounts in major units, such as `1000` or `99.50`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TierBound {
    /// Amounts below this one.
    Below(String),
    /// Amounts up to and including this one.
    UpTo(String),
    /// All the rest.
    Unbounded,
}

/// One tier as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierSpec {
    /// The name that is stored with every payment of this tier.
    pub name: String,
    /// Where the tier ends.
    pub bound: TierBound,
    /// The rate of its fees.
    pub rate: BasisPoints,
}

/// Why tiers are not a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeeScheduleError {
    /// A bound is no amount of the currency.
    #[error("fee tier {tier:?} for {currency}: {source}")]
    Bound {
        /// The tier's name.
        tier: String,
        /// The currency it was read in.
        currency: Currency,
        /// What is wrong with the amount.
        source: AmountError,
    },
    /// A tier does not start above the one before it.
    #[error("fee tier {tier:?} for {currency} does not end above the tier before it")]
    NotAscending {
        /// The tier's name.
        tier: String,
        /// The currency it was read in.
        currency: Currency,
    },
    /// The last tier has a bound, or an earlier one has none.
    #[error("the fee tiers for {currency} must end with exactly one tier that has no bound")]
    MissingUnboundedTier {
        /// The currency.
        currency: Currency,
    },
    /// A name cannot be stored.
    #[error("fee tier name {0:?} must be 1 to 64 letters, digits, dots, hyphens or underscores")]
    Name(String),
}

/// What a payment of any amount in any currency costs.
#[derive(Debug, Clone)]
pub struct FeeSchedule {
    tiers: HashMap<Currency, Vec<Tier>>,
}

#[derive(Debug, Clone)]
struct Tier {
    name: String,
    /// The largest amount of the tier in minor units; `i64::MAX` for the last.
    up_to_minor: i64,
    rate: BasisPoints,
}

/// The longest name of a tier, in bytes: the width of its column.
const TIER_NAME_MAX: usize = 64;

impl FeeSchedule {
    /// Makes the schedule of every currency: its own tiers where it has some, the default ones elsewhere.
    ///
    /// # Errors
    /// When the tiers of a currency are not ascending or do not cover every amount.
    pub fn new(
        default: &[TierSpec],
        by_currency: &HashMap<Currency, Vec<TierSpec>>,
    ) -> Result<Self, FeeScheduleError> {
        let tiers = Currency::all()
            .map(|currency| {
                let specs = by_currency.get(&currency).map_or(default, Vec::as_slice);
                resolve_tiers(specs, currency).map(|tiers| (currency, tiers))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { tiers })
    }

    /// The fee of an amount.
    ///
    /// # Errors
    /// When the fee does not fit, which no amount up to [`super::MAX_MINOR`] reaches.
    pub fn fee_of(&self, amount: Money) -> Result<Fee, MoneyError> {
        let tier = self
            .tiers
            .get(&amount.currency())
            .and_then(|tiers| tiers.iter().find(|tier| amount.minor() <= tier.up_to_minor))
            .ok_or(MoneyError::OutOfRange)?;
        Ok(Fee { amount: amount.share_half_up(tier.rate)?, rate: tier.rate, rule: tier.name.clone() })
    }
}

fn resolve_tiers(specs: &[TierSpec], currency: Currency) -> Result<Vec<Tier>, FeeScheduleError> {
    let unbounded = specs.iter().filter(|spec| spec.bound == TierBound::Unbounded).count();
    if unbounded != 1 || specs.last().is_none_or(|last| last.bound != TierBound::Unbounded) {
        return Err(FeeScheduleError::MissingUnboundedTier { currency });
    }
    let mut tiers: Vec<Tier> = Vec::with_capacity(specs.len());
    for spec in specs {
        let tier = resolve_tier(spec, currency)?;
        let floor_minor = tiers.last().map_or(0, |before| before.up_to_minor);
        if tier.up_to_minor <= floor_minor {
            return Err(FeeScheduleError::NotAscending { tier: tier.name, currency });
        }
        tiers.push(tier);
    }
    Ok(tiers)
}

fn resolve_tier(spec: &TierSpec, currency: Currency) -> Result<Tier, FeeScheduleError> {
    let storable = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if spec.name.is_empty() || spec.name.len() > TIER_NAME_MAX || !spec.name.bytes().all(storable) {
        return Err(FeeScheduleError::Name(spec.name.clone()));
    }
    let minor = |text: &str| {
        parse_minor(text, currency).map_err(|source| FeeScheduleError::Bound {
            tier: spec.name.clone(),
            currency,
            source,
        })
    };
    let up_to_minor = match &spec.bound {
        TierBound::Below(text) => minor(text)?.saturating_sub(1),
        TierBound::UpTo(text) => minor(text)?,
        TierBound::Unbounded => i64::MAX,
    };
    Ok(Tier { name: spec.name.clone(), up_to_minor, rate: spec.rate })
}
