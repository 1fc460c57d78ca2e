//! Fees: tiers by amount, resolved for every currency at start-up.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::decimal::parse_minor;
use super::{AmountError, BasisPoints, Currency, Money, MoneyError};

/// The party that pays the fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FeeBearer {
    /// The payer: the amount due is amount and fee.
    Payer,
    /// The institution: the amount due is the amount alone.
    Institution,
}

/// The fee of one payment, with the rule that set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fee {
    /// The fee.
    pub amount: Money,
    /// The rate.
    pub rate: BasisPoints,
    /// The name of the tier that set the rate.
    pub rule: String,
}

/// The upper end of a tier; amounts in major units, such as `1000` or `99.50`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TierBound {
    /// The tier ends below this amount.
    Below(String),
    /// The tier includes this amount.
    UpTo(String),
    /// The tier has no end.
    Unbounded,
}

/// One tier as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierSpec {
    /// The name, stored with every payment of the tier.
    pub name: String,
    /// The upper end.
    pub bound: TierBound,
    /// The rate of the fees.
    pub rate: BasisPoints,
}

/// Why tiers do not form a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeeScheduleError {
    /// A bound is not an amount of the currency.
    #[error("fee tier {tier:?} for {currency}: {source}")]
    Bound {
        /// The tier's name.
        tier: String,
        /// The currency of the schedule.
        currency: Currency,
        /// Why the bound is not an amount.
        source: AmountError,
    },
    /// A tier does not end above the previous tier.
    #[error("fee tier {tier:?} for {currency} does not end above the previous tier")]
    NotAscending {
        /// The tier's name.
        tier: String,
        /// The currency of the schedule.
        currency: Currency,
    },
    /// The last tier has a bound, or an earlier one has none.
    #[error("the fee tiers for {currency} must end with exactly one tier that has no bound")]
    MissingUnboundedTier {
        /// The currency.
        currency: Currency,
    },
    /// A name is empty, too long or has other characters.
    #[error("fee tier name {0:?} must be 1 to 64 letters, digits, dots, hyphens or underscores")]
    Name(String),
}

/// The fees of all amounts in all currencies.
#[derive(Debug, Clone)]
pub struct FeeSchedule {
    tiers: HashMap<Currency, Vec<Tier>>,
}

#[derive(Debug, Clone)]
struct Tier {
    name: String,
    /// The largest amount of the tier in minor units; `i64::MAX` for the last.
    max_minor: i64,
    rate: BasisPoints,
}

/// The longest name of a tier, in bytes: the width of its column.
const MAX_TIER_NAME_BYTES: usize = 64;

impl FeeSchedule {
    /// Creates the schedule of every currency from its own tiers or, if it has none, from the default tiers.
    ///
    /// # Errors
    /// Returns an error if the tiers of a currency do not ascend or do not cover every amount.
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

    /// Returns the fee for an amount.
    ///
    /// # Errors
    /// Returns an error if the fee overflows, which is impossible for amounts up to [`super::MAX_MINOR`].
    pub fn fee_for(&self, amount: Money) -> Result<Fee, MoneyError> {
        let tier = self
            .tiers
            .get(&amount.currency())
            .and_then(|tiers| tiers.iter().find(|tier| amount.minor() <= tier.max_minor))
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
        let floor_minor = tiers.last().map_or(0, |previous| previous.max_minor);
        if tier.max_minor <= floor_minor {
            return Err(FeeScheduleError::NotAscending { tier: tier.name, currency });
        }
        tiers.push(tier);
    }
    Ok(tiers)
}

fn resolve_tier(spec: &TierSpec, currency: Currency) -> Result<Tier, FeeScheduleError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if spec.name.is_empty() || spec.name.len() > MAX_TIER_NAME_BYTES || !spec.name.bytes().all(is_allowed) {
        return Err(FeeScheduleError::Name(spec.name.clone()));
    }
    let bound_minor = |text: &str| {
        parse_minor(text, currency).map_err(|source| FeeScheduleError::Bound {
            tier: spec.name.clone(),
            currency,
            source,
        })
    };
    let max_minor = match &spec.bound {
        TierBound::Below(text) => bound_minor(text)?.saturating_sub(1),
        TierBound::UpTo(text) => bound_minor(text)?,
        TierBound::Unbounded => i64::MAX,
    };
    Ok(Tier { name: spec.name.clone(), max_minor, rate: spec.rate })
}
