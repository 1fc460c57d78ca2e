//! The bodies of requests and responses. A wire type is separate from the domain type it is built from.

mod audit;
mod booking;
mod event;
mod key;
mod mail;
mod receipt;
mod receipt_request;
mod request;
mod statement;
mod stats;
mod values;

pub use audit::AuditBody;
pub use booking::{
    BookingBody, BookingSummary, CheckBody, LinkedBookingBody, etag_from_version, version_from_etag,
};
pub use event::{EventBody, EventData};
pub use key::{CreatedKeyBody, KeyBody, NewKeyBody, ScopeName};
pub use mail::MailMessageBody;
pub use receipt::{
    AllocationBody, ReceiptBody, ReceiptSourceName, ReceiptStatusName, RefundBody, RefundStateName,
};
pub use receipt_request::{
    ALLOCATIONS_MAX, BookingReceiptBody, NewAllocationsBody, NewReceiptBody, NewRefundBody, ReasonBody,
    ReopeningBody, ReturnBody, SentBody, WriteOffBody,
};
pub use request::{CancellationBody, CorrectionBody, NewBookingBody};
pub use statement::{
    AccountStatementBody, CertaintyName, DryRunBody, MatchBody, MatchStateName, MatchedPaymentBody,
    OpenLineBody, StatementBody, StatementForm, StatementStateName,
};
pub use stats::{CurrencyStats, Stats};
pub use values::{AuditAction, CheckType, CheckedResult, EventType, FieldErrorCode, PaymentStatus, Rfc3339};

pub(crate) use values::string_enum;
