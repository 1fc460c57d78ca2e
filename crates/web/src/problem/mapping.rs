//! Which error of a use case is which problem.

use actix_web::http::header::{ETAG, HeaderValue};
use hermes_domain::ledger::Rejection;
use hermes_domain::ports::StoreError;
use hermes_service::outbox::FeedError;
use hermes_service::read_cache::ReadError;
use hermes_service::writer::SubmitError;

use super::{Problem, ProblemCode};
use crate::dto::etag_of_version;

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Rejected(refusal) => Self::from(refusal),
            SubmitError::Busy => Self::new(ProblemCode::Overloaded),
            SubmitError::Stopping => Self::new(ProblemCode::Stopping),
            SubmitError::Unavailable => Self::new(ProblemCode::DatabaseUnavailable),
            SubmitError::TooLarge => Self::new(ProblemCode::BodyTooLarge).with_detail(
                "Nothing was saved. The request is larger than the database takes; send less text.",
            ),
            SubmitError::OutcomeUnknown => Self::new(ProblemCode::OutcomeUnknown),
            // The lane has logged the cause.
            SubmitError::Internal => Self::new(ProblemCode::Internal),
        }
    }
}

impl From<Rejection> for Problem {
    fn from(refusal: Rejection) -> Self {
        match refusal {
            Rejection::NotFound(key) => {
                Self::new(ProblemCode::NotFound).with_detail(format!("There is no booking {key}."))
            }
            Rejection::VersionMismatch { current } => {
                let problem = Self::new(ProblemCode::VersionMismatch);
                match HeaderValue::from_str(&etag_of_version(current)) {
                    Ok(etag) => problem.with_header(ETAG, etag),
                    Err(_) => problem,
                }
            }
            Rejection::IllegalState { status, attempted } => Self::new(ProblemCode::IllegalState)
                .with_detail(format!(
                    "Nothing was changed: a payment that is {status} cannot be {attempted}."
                )),
            Rejection::Invalid(faults) => Self::invalid_fields(faults),
            Rejection::KeyReused { payment } => {
                Self::new(ProblemCode::IdempotencyKeyReused).with_detail(format!(
                    "Nothing was saved. This key stands for the booking {}; use a new key for a new request.",
                    payment.reference
                ))
            }
            Rejection::OutOfRange => Self::new(ProblemCode::OutOfRange),
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Store(error) => Self::from(error),
        }
    }
}

impl From<FeedError> for Problem {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::CursorOutOfRange { oldest, newest } if oldest > newest => {
                Self::new(ProblemCode::EventsGone).with_detail(format!(
                    "The feed has no event now; the next one is {oldest}. Read the bookings anew, then go on \
                     with after={newest}."
                ))
            }
            FeedError::CursorOutOfRange { oldest, newest } => {
                Self::new(ProblemCode::EventsGone).with_detail(format!(
                    "The feed has the events {oldest} to {newest}. Read the bookings anew, then go on with \
                     after={}.",
                    oldest - 1
                ))
            }
            FeedError::Busy => Self::new(ProblemCode::Overloaded)
                .with_detail("Too many wait for events already. Ask again in a moment, or without wait_s."),
            FeedError::Store(error) => Self::from(error),
        }
    }
}

/// Errors of reads: nothing was to be saved.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Transient(_)
            | StoreError::Unavailable(_)
            | StoreError::ReadOnly(_)
            | StoreError::OutcomeUnknown(_) => Self::new(ProblemCode::DatabaseUnavailable)
                .with_detail(
                    "The database does not answer now. Try again in a moment; what was saved is safe.",
                )
                .caused_by(error),
            StoreError::Rejected(_)
            | StoreError::TooLarge(_)
            | StoreError::Corrupt(_)
            | StoreError::Internal(_) => Self::new(ProblemCode::Internal).caused_by(error),
        }
    }
}
