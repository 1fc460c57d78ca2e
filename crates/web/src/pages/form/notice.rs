//! What a payer is told when nothing is wrong with the fields and yet nothing was booked.

use hermes_service::writer::SubmitError;

use crate::problem::Problem;

/// A message above the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub title: String,
    pub text: String,
    /// Names the request, where the payer may have to ask for help.
    pub request_id: Option<String>,
}

impl Notice {
    /// Says why a booking was not made and what to do about it.
    pub fn of(error: &SubmitError, problem: &Problem, request_id: &str) -> Self {
        let (title, text) = match error {
            SubmitError::Busy | SubmitError::Stopping | SubmitError::Unavailable => (
                "Your payment is not booked yet".to_owned(),
                "Nothing was saved, because the service is busy right now. Wait a moment and press Book again."
                    .to_owned(),
            ),
            SubmitError::OutcomeUnknown => (
                "We do not know yet whether your payment was booked".to_owned(),
                "The connection was lost while it was being saved. Press Book again to find out: it will not be \
                 booked twice."
                    .to_owned(),
            ),
            SubmitError::Internal => (
                "Your payment is not booked".to_owned(),
                "Something went wrong here, and nothing was saved. Press Book again; if it happens again, tell us \
                 the request id."
                    .to_owned(),
            ),
            SubmitError::Rejected(_) | SubmitError::TooLarge => {
                ("Your payment is not booked".to_owned(), problem.detail().to_owned())
            }
        };
        let may_need_help = problem.code.status().is_server_error();
        Self { title, text, request_id: may_need_help.then(|| request_id.to_owned()) }
    }
}
