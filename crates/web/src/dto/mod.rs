//! The bodies of requests and responses. A wire type is separate from the domain type it is built from.

mod audit;
mod booking;
mod event;
mod key;
mod request;
mod stats;
mod values;

pub use audit::AuditBody;
pub use booking::{
    BookingBody, BookingSummary, CheckBody, LinkedBookingBody, etag_from_version, version_from_etag,
};
pub use event::{EventBody, EventData};
pub use key::{CreatedKeyBody, KeyBody, NewKeyBody, ScopeName};
pub use request::{CancellationBody, CorrectionBody, NewBookingBody};
pub use stats::{CurrencyStats, Stats};
pub use values::{AuditAction, CheckType, CheckedResult, EventType, FieldErrorCode, PaymentStatus, Rfc3339};

pub(crate) use values::string_enum;
