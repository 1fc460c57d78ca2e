//! Payments: bookings, amounts, references and validation checks.

mod check;
mod details;
mod duplicate;
mod fields;
mod id;
mod reference;
mod request;
mod state;
mod status;

pub use check::{Check, CheckKind, ThresholdError, Thresholds, ValidationStatus};
pub use details::{PayerDetails, is_valid_email};
pub use duplicate::{DuplicateField, DuplicateKey, DuplicateRule, DuplicateRuleError};
pub use fields::{BookingField, BookingRequest, CorrectionRequest, Edit, FieldSpec};
pub use id::{PaymentId, PaymentKey};
pub use reference::{Reference, ReferenceError, check_creditor_reference};
pub use request::NewBooking;
pub use state::{FIRST_LINK_VERSION, Payment, PaymentError, PaymentFields};
pub use status::{Status, UnknownState};

pub(crate) use check::{CheckInput, recheck_money, run_checks};
