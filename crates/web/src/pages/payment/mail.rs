//! How the payer gets the link of the page by mail.

use hermes_domain::payment::Payment;

use super::full_address;
use crate::pages::frame::Frame;
use crate::state::AppState;

/// How the payer gets the link of the page by mail.
pub(super) enum Mail {
    /// The portal sends no mail: a link with which the payer sends it.
    Own(String),
    /// The portal has mailed the link, or does so soon: a sentence that says so.
    Sent(String),
    /// The mail server has rejected the address.
    Rejected,
}

impl Mail {
    /// Returns how the payer gets the link.
    ///
    /// A rejection before the last change may be of another address. If rejections cannot be read, the page is shown
    /// without.
    pub async fn of(state: &AppState, frame: &Frame<'_>, payment: &Payment, path: &str) -> Self {
        let Some(mail) = &state.payment_mail else {
            return Self::own(state, frame, payment, path);
        };
        let rejection = mail.rejection(payment.reference).await.unwrap_or_else(|error| {
            log::warn!("a payment page is shown without the rejection of its mail: {error}");
            None
        });
        if rejection.is_some_and(|rejection| rejection.at >= payment.updated_at) {
            return Self::Rejected;
        }
        Self::Sent(frame.t.keep_mailed(payment.details.email.clone()).to_string())
    }

    /// Returns a `mailto:` link with which the payer sends the link of the page to himself.
    pub fn own(state: &AppState, frame: &Frame<'_>, payment: &Payment, path: &str) -> Self {
        let reference = payment.reference.to_string();
        let subject = frame.t.keep_mail_subject(reference, frame.institution.name.clone());
        // Without the address of the portal, the page's script completes the link.
        let address = full_address(state, path).unwrap_or_else(|| path.to_owned());
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let [to, subject, body] = [payment.details.email.as_str(), &subject, &address].map(encode);
        Self::Own(format!("mailto:{to}?subject={subject}&body={body}"))
    }
}
