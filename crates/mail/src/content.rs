//! The sentences of each message.

use hermes_domain::mail::{Notice, PayerMessage};
use hermes_domain::money::Money;
use hermes_domain::payment::Payment;
use hermes_languages::{Language, Texts};

/// The content of both forms. Every value is plain text, which the HTML template escapes.
pub(crate) struct Content {
    pub subject: String,
    pub paragraphs: Vec<String>,
    pub link_label: String,
    pub link: String,
}

impl Content {
    pub fn new(institution: &str, language: Language, message: &PayerMessage<'_>) -> Self {
        let writer = Writer { institution, language, t: language.texts(), payment: message.payment };
        let (link_label, link) = writer.link(message.notice, message.page_url);
        Self {
            subject: writer.subject(message.notice),
            paragraphs: writer.paragraphs(message.notice),
            link_label,
            link,
        }
    }
}

/// Writes the parts of a message.
struct Writer<'a> {
    institution: &'a str,
    language: Language,
    t: &'a Texts,
    payment: &'a Payment,
}

impl Writer<'_> {
    fn subject(&self, notice: Notice) -> String {
        let (t, reference) = (self.t, self.reference());
        match notice {
            Notice::Booked { due } => t.mail_booked_subject(reference, self.money(due), self.institution()),
            Notice::ReceivedInPart { received, left } => {
                t.mail_part_subject(reference, self.money(received), self.money(left))
            }
            Notice::Paid { .. } => t.mail_paid_subject(reference),
            Notice::TakenBack { left, .. } => t.mail_taken_back_subject(reference, self.money(left)),
            Notice::Cancelled { .. } => t.mail_cancelled_subject(reference),
            Notice::RefundSent { amount } => t.mail_refund_subject(reference, self.money(amount)),
            Notice::NewLink => t.mail_new_link_subject(reference),
        }
        .to_string()
    }

    fn paragraphs(&self, notice: Notice) -> Vec<String> {
        let (t, reference) = (self.t, self.reference());
        match notice {
            Notice::Booked { due } => {
                let booked = t.mail_booked(reference, self.institution(), self.money(due)).to_string();
                [booked, self.how_to_transfer()].into_iter().chain(self.changed_since(notice)).collect()
            }
            Notice::ReceivedInPart { received, left } => {
                let received = t.mail_part(self.money(received), reference, self.money(left)).to_string();
                std::iter::once(received).chain(self.changed_since(notice)).collect()
            }
            Notice::Paid { due, received } => {
                let paid = t.mail_paid(self.money(received), reference, self.institution()).to_string();
                let excess = difference(received, due);
                let overpaid =
                    (!excess.is_zero()).then(|| t.payment_overpaid(self.money(excess)).to_string());
                std::iter::once(paid).chain(overpaid).collect()
            }
            Notice::TakenBack { left, .. } => {
                vec![t.mail_taken_back(reference, self.money(left)).to_string()]
            }
            Notice::Cancelled { held, kept } => {
                let cancelled = t.mail_cancelled(reference, self.institution()).to_string();
                let held = (!held.is_zero()).then(|| t.payment_held(self.money(held)).to_string());
                let kept = (!kept.is_zero()).then(|| t.payment_released(self.money(kept)).to_string());
                std::iter::once(cancelled).chain(held).chain(kept).collect()
            }
            Notice::RefundSent { amount } => vec![t.mail_refund(self.money(amount), reference).to_string()],
            Notice::NewLink => vec![t.mail_new_link(reference).to_string()],
        }
    }

    /// Returns the label and the link.
    fn link(&self, notice: Notice, page_url: &str) -> (String, String) {
        let (t, page) = (self.t, page_url.to_owned());
        match notice {
            Notice::Booked { .. } => (t.mail_booked_link().to_string(), page),
            Notice::ReceivedInPart { .. } | Notice::TakenBack { .. } => {
                (t.mail_part_link().to_string(), page)
            }
            Notice::Paid { .. } => (t.mail_paid_link().to_string(), format!("{page}/confirmation")),
            Notice::Cancelled { .. } | Notice::RefundSent { .. } | Notice::NewLink => {
                (t.mail_page_link().to_string(), page)
            }
        }
    }

    fn reference(&self) -> String {
        self.payment.reference.to_string()
    }

    fn institution(&self) -> String {
        self.institution.to_owned()
    }

    fn money(&self, amount: Money) -> String {
        self.language.money(amount)
    }

    /// Says until when and with which reference to transfer the money.
    fn how_to_transfer(&self) -> String {
        let reference = self.payment.reference.creditor_reference().to_string();
        match self.payment.due_on {
            Some(date) => self.t.mail_booked_due(self.language.date(date), reference).to_string(),
            None => self.t.mail_booked_no_due(reference).to_string(),
        }
    }

    /// Corrects a message that waited until the payment was cancelled, or until other amounts were received or due.
    fn changed_since(&self, notice: Notice) -> Option<String> {
        if self.payment.cancelled_at.is_some() {
            return Some(self.t.mail_cancelled_since().to_string());
        }
        (!notice.is_current(self.payment)).then(|| self.t.mail_changed_since().to_string())
    }
}

/// Returns `more - less`, or zero if `less` is not less.
fn difference(more: Money, less: Money) -> Money {
    let zero = Money::zero(more.currency());
    more.checked_sub(less).ok().filter(|rest| rest.minor() > 0).unwrap_or(zero)
}
