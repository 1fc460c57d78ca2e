//! The message above the form, for an error that no field caused.

use hermes_languages::Texts;
use hermes_service::writer::SubmitError;

use crate::problem::{Problem, ProblemCode};

/// A message above the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormNotice {
    pub title: String,
    pub text: String,
    /// The request id, if the payer may need help.
    pub request_id: Option<String>,
}

impl FormNotice {
    /// Says that the form was open for too long, or was not issued here.
    pub fn expired(t: &Texts) -> Self {
        Self::nothing_booked(t, t.notice_expired().to_string(), None)
    }

    /// Says that a limit or the disk does not allow the booking now.
    pub fn wait(t: &Texts, problem: &Problem) -> Self {
        let text = match problem.code {
            ProblemCode::RateLimited => t.notice_rate(),
            ProblemCode::StorageFull => t.notice_storage(),
            _ => t.notice_busy(),
        };
        Self::nothing_booked(t, text.to_string(), None)
    }

    /// Says why the payment was not booked, and what the payer can do.
    pub fn new(t: &Texts, error: &SubmitError, problem: &Problem, request_id: &str) -> Self {
        let request_id = problem.code.status().is_server_error().then(|| request_id.to_owned());
        let text = match error {
            SubmitError::Busy
            | SubmitError::Stopping
            | SubmitError::Unavailable
            | SubmitError::ClockWrong
            | SubmitError::TooLarge => t.notice_unavailable(),
            SubmitError::OutcomeUnknown => {
                let title = t.notice_unknown_title().to_string();
                return Self { title, text: t.notice_unknown().to_string(), request_id };
            }
            SubmitError::Internal | SubmitError::Rejected(_) => t.notice_internal(),
        };
        Self::nothing_booked(t, text.to_string(), request_id)
    }

    /// An earlier attempt with the same form may have booked the payment, so the title is about this attempt only.
    fn nothing_booked(t: &Texts, text: String, request_id: Option<String>) -> Self {
        Self { title: t.notice_title().to_string(), text, request_id }
    }
}
