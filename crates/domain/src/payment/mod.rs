//! A payment: what a payer has booked and owes.

mod check;
mod details;
mod duplicate;
mod id;
mod reference;
mod request;
mod state;
mod status;

pub use check::{Check, CheckKind, CheckResult, ThresholdError, Thresholds};
pub use details::{EmailAddress, PayerDetails, limits};
pub use duplicate::{DuplicateField, DuplicateKey, DuplicateRule, DuplicateRuleError};
pub use id::{PageToken, PaymentId, PaymentKey};
pub use reference::{Reference, ReferenceError, check_creditor_reference};
pub use request::{BookingRequest, NewBooking};
pub use state::{Payment, PaymentError, PaymentFields};
pub use status::{Status, UnknownState, ValidationStatus};

pub(crate) use check::run_checks;
