//! Money: integers of minor units with a currency, checked arithmetic, rounding named at the call.

mod amount;
mod currency;
mod fee;
mod parse;

pub use amount::{MAX_MINOR, Money, MoneyError};
pub use currency::{Currency, UnknownCurrency};
pub use fee::{BasisPoints, Fee, FeeBearer, FeeSchedule, FeeScheduleError, RateTooHigh, TierBound, TierSpec};
pub use parse::AmountError;

pub(crate) use parse::parse_minor;
