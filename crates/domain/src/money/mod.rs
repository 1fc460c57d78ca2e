//! Money: integers of minor units with a currency, checked arithmetic, rounding named at the call.

mod amount;
mod currency;
mod decimal;
mod fee;
mod rate;

pub use amount::{Money, MoneyError};
pub use currency::{Currency, UnknownCurrency};
pub use decimal::{AmountError, MAX_MINOR};
pub use fee::{Fee, FeeBearer, FeeSchedule, FeeScheduleError, TierBound, TierSpec};
pub use rate::{BasisPoints, RateTooHigh};

pub(crate) use decimal::parse_minor;
