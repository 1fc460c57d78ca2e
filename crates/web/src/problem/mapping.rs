//! The problem that each error of a use case becomes.

use std::io::ErrorKind;

use actix_web::http::header::{ETAG, HeaderValue, WWW_AUTHENTICATE};
use hermes_domain::ledger::{Effect, Rejection};
use hermes_domain::ports::StoreError;
use hermes_service::matching::DecisionError;
use hermes_service::outbox::FeedError;
use hermes_service::statements::ImportError;
use hermes_service::writer::SubmitError;

use super::{Problem, ProblemCode, capitalized};
use crate::dto::etag_from_version;

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Rejected(rejection) => Self::from(rejection),
            SubmitError::Busy => Self::new(ProblemCode::Overloaded),
            SubmitError::Stopping => Self::new(ProblemCode::Stopping),
            SubmitError::Unavailable => Self::new(ProblemCode::DatabaseUnavailable),
            SubmitError::ClockWrong => Self::new(ProblemCode::ClockWrong),
            // No field is that long: the database is set to small packets, which the log names.
            SubmitError::TooLarge => Self::new(ProblemCode::DatabaseUnavailable).with_detail(
                "This request saved nothing. The database accepts only smaller changes at the moment. Try again later.",
            ),
            SubmitError::OutcomeUnknown => Self::new(ProblemCode::OutcomeUnknown),
            // The ledger writer has logged the cause.
            SubmitError::Internal => Self::new(ProblemCode::Internal),
        }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::NotFound(key) => {
                Self::new(ProblemCode::NotFound).with_detail(format!("There is no payment {key}."))
            }
            Rejection::VersionMismatch { current } => {
                let problem = Self::new(ProblemCode::VersionMismatch);
                match HeaderValue::from_str(&etag_from_version(current)) {
                    Ok(etag) => problem.with_header(ETAG, etag),
                    Err(_) => problem,
                }
            }
            Rejection::IllegalState { status, attempted } => Self::new(ProblemCode::IllegalState)
                .with_detail(format!(
                    "Nothing was saved. A payment with the status {status} cannot be {attempted}; {}.",
                    status.allowed()
                )),
            Rejection::Invalid(errors) => Self::invalid_fields(errors),
            // The payment may be that of another caller, so the response does not name it.
            Rejection::KeyReused { payment: _ } => Self::new(ProblemCode::IdempotencyKeyReused),
            Rejection::KeyNotFound(id) => {
                Self::new(ProblemCode::NotFound).with_detail(format!("There is no API key {id}."))
            }
            Rejection::KeyRevoked(id) => Self::new(ProblemCode::KeyEnded)
                .with_detail(format!("Nothing was saved. The API key {id} is revoked. Create another key.")),
            Rejection::KeyExpired(id) => Self::new(ProblemCode::KeyEnded)
                .with_detail(format!("Nothing was saved. The API key {id} has expired. Create another key.")),
            // RFC 9110 section 15.5.2 requires the challenge.
            Rejection::KeyRequired => Self::new(ProblemCode::Unauthenticated)
                .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            // The ids of new keys are random: this one was drawn twice.
            Rejection::KeyExists(_) => Self::new(ProblemCode::Internal).caused_by(rejection),
            Rejection::OutOfRange => Self::new(ProblemCode::OutOfRange),
            Rejection::VersionRequired { attempted: Effect::Reopened } => {
                Self::new(ProblemCode::PreconditionRequired).with_detail(
                    "Nothing was saved. The payment would get money back. Send its ETag in If-Match; * is not enough.",
                )
            }
            Rejection::VersionRequired { .. } => Self::new(ProblemCode::PreconditionRequired).with_detail(
                "Nothing was saved. The payment holds money. Send its ETag in If-Match; * is not enough. Choose what happens \
                 to the money with held: refund or credit.",
            ),
            Rejection::ReceiptNotFound(_) | Rejection::RefundNotFound(_) | Rejection::AllocationNotFound { .. } => {
                Self::new(ProblemCode::NotFound).with_detail(sentence(&rejection))
            }
            Rejection::IllegalReceiptState { .. }
            | Rejection::IllegalRefundState { .. }
            | Rejection::RefundNotFinished { .. }
            | Rejection::NotAllocated { .. }
            | Rejection::NothingToSettle { .. }
            | Rejection::StatementLineUndone => {
                Self::new(ProblemCode::IllegalState).with_detail(nothing_saved(&rejection))
            }
            Rejection::CurrencyMismatch { .. } => {
                Self::new(ProblemCode::CurrencyMismatch).with_detail(nothing_saved(&rejection))
            }
            Rejection::InsufficientCredit { .. }
            | Rejection::SeveralRefunds { .. }
            | Rejection::ExceedsOutstanding { .. }
            | Rejection::AboveWriteOffMax { .. } => {
                Self::new(ProblemCode::AmountTooLarge).with_detail(nothing_saved(&rejection))
            }
            Rejection::StatementLineBooked(_) => {
                Self::new(ProblemCode::AlreadyBooked).with_detail(nothing_saved(&rejection))
            }
            Rejection::SecondPersonRequired { .. } => {
                Self::new(ProblemCode::SecondPersonRequired).with_detail(nothing_saved(&rejection))
            }
        }
    }
}

/// Returns the message of a rejection as a sentence.
fn sentence(rejection: &Rejection) -> String {
    format!("{}.", capitalized(&rejection.to_string()))
}

fn nothing_saved(rejection: &Rejection) -> String {
    format!("Nothing was saved. {}", sentence(rejection))
}

impl From<FeedError> for Problem {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::CursorOutOfRange { oldest, newest } => {
                let (events, after) = if oldest > newest {
                    (format!("The feed has no events; the next one will be {oldest}."), newest)
                } else {
                    (format!("The feed has events {oldest} to {newest}."), oldest - 1)
                };
                Self::new(ProblemCode::EventsGone).with_detail(format!(
                    "{events} List the bookings, then read the feed with after={after}."
                ))
            }
            FeedError::Busy => Self::new(ProblemCode::Overloaded).with_detail(
                "Too many requests are waiting for events. Try again in a moment, or without wait_s.",
            ),
            FeedError::Store(error) => Self::from(error),
        }
    }
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Refused(_)
            | ImportError::UnknownAccount { .. }
            | ImportError::AmountTooLarge(..)
            | ImportError::UnknownProfile(_) => {
                let detail = format!("Nothing was saved. {}.", capitalized(&error.to_string()));
                Self::new(ProblemCode::StatementRefused).with_detail(detail)
            }
            ImportError::NotFound(_) | ImportError::LineNotFound(..) => {
                Self::new(ProblemCode::NotFound).with_detail(format!("{}.", capitalized(&error.to_string())))
            }
            ImportError::Undone(_)
            | ImportError::NotABatch(_)
            | ImportError::PartsBooked(_)
            | ImportError::BatchReversed(..)
            | ImportError::NotAReturn(_)
            | ImportError::NotReturned(..) => Self::new(ProblemCode::IllegalState)
                .with_detail(format!("Nothing was saved. {}.", capitalized(&error.to_string()))),
            ImportError::Claimed => Self::new(ProblemCode::Overloaded),
            ImportError::File(error) => Self::from_disk(error),
            ImportError::Store(error) => Self::from(error),
            ImportError::Ledger(error) => Self::from(error),
            ImportError::Internal => Self::new(ProblemCode::Internal).caused_by(error),
        }
    }
}

impl Problem {
    /// Maps an error of a file that a request needs. Only the log names its cause.
    pub(crate) fn from_disk(error: std::io::Error) -> Self {
        let code = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ProblemCode::StorageFull,
            _ => ProblemCode::Internal,
        };
        Self::new(code).caused_by(error)
    }
}

impl From<DecisionError> for Problem {
    fn from(error: DecisionError) -> Self {
        match error {
            DecisionError::NotFound(_) => {
                Self::new(ProblemCode::NotFound).with_detail(format!("{}.", capitalized(&error.to_string())))
            }
            DecisionError::Decided(_) | DecisionError::OtherAccepted | DecisionError::NotRecorded => {
                Self::new(ProblemCode::IllegalState)
                    .with_detail(format!("Nothing was saved. {}.", capitalized(&error.to_string())))
            }
            DecisionError::Undone => Self::new(ProblemCode::IllegalState)
                .with_detail(format!("{}.", capitalized(&error.to_string()))),
            DecisionError::Store(error) => Self::from(error),
            DecisionError::Ledger(error) => Self::from(error),
        }
    }
}

/// Maps the errors of reads, which save nothing.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if error.is_outage() {
            Self::new(ProblemCode::DatabaseUnavailable)
                .with_detail("The database is unavailable. Saved payments are safe. Try again in a moment.")
                .caused_by(error)
        } else {
            Self::new(ProblemCode::Internal).caused_by(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_disk_is_reported_as_one() {
        let code = |kind: ErrorKind| Problem::from(ImportError::File(kind.into())).code;
        assert_eq!(code(ErrorKind::StorageFull), ProblemCode::StorageFull);
        assert_eq!(code(ErrorKind::QuotaExceeded), ProblemCode::StorageFull);
        for kind in [ErrorKind::PermissionDenied, ErrorKind::NotFound, ErrorKind::Other] {
            assert_eq!(code(kind), ProblemCode::Internal, "{kind}");
        }
    }
}
