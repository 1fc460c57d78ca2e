//! What a message says: a subject, paragraphs and a link, in the payer's language.

use std::sync::Arc;

use askama::Template;
use hermes_domain::institution::Institution;
use hermes_domain::mail::{Notice, PayerMessage};
use hermes_domain::money::Money;
use hermes_domain::payment::Payment;
use hermes_languages::{Language, Texts};

/// The institution in whose name messages are sent.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The name and the contact in each message.
    pub institution: Arc<Institution>,
    /// The language of payers whose language is not known.
    pub language: Language,
}

/// A message as text, without headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// The content of both forms. Every value is plain text, which the HTML template escapes.
struct Content {
    subject: String,
    paragraphs: Vec<String>,
    link_label: String,
    link: String,
}

#[derive(Template)]
#[template(path = "letter.txt")]
struct TextTemplate<'a> {
    letter: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct HtmlTemplate<'a> {
    letter: &'a Frame<'a>,
}

/// The content with the parts that all messages share.
struct Frame<'a> {
    language: &'a str,
    greeting: String,
    content: Content,
    secret: String,
    contact: Option<String>,
    automatic: String,
}

impl Sender {
    /// Writes a message.
    ///
    /// # Errors
    /// If a template fails, which only a lack of memory could cause.
    pub(crate) fn write(&self, message: &PayerMessage<'_>) -> Result<Letter, askama::Error> {
        let language = message.payment.language.and_then(|code| Language::find(code.as_str()));
        let language = language.unwrap_or(self.language);
        let t = language.texts();
        let institution = &self.institution.name;
        let frame = Frame {
            language: language.code(),
            greeting: t.mail_greeting(message.payment.details.name.clone()).to_string(),
            content: Content::new(self, language, message),
            secret: t.mail_link_secret().to_string(),
            contact: self.contact().map(|contact| t.mail_contact(contact).to_string()),
            automatic: t.mail_automatic(institution.clone()).to_string(),
        };
        Ok(Letter {
            text: TextTemplate { letter: &frame }.render()?,
            html: HtmlTemplate { letter: &frame }.render()?,
            subject: frame.content.subject,
        })
    }

    /// Returns the address and the telephone number of the finance office.
    fn contact(&self) -> Option<String> {
        let contact = &self.institution.contact;
        let parts: Vec<_> = [&contact.email, &contact.phone].into_iter().flatten().cloned().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

impl Content {
    fn new(sender: &Sender, language: Language, message: &PayerMessage<'_>) -> Self {
        let (t, payment) = (language.texts(), message.payment);
        let reference = payment.reference.to_string();
        let institution = sender.institution.name.clone();
        let money = |amount: Money| language.money(amount);
        let page = || message.page_url.to_owned();
        let page_label = || t.mail_page_link().to_string();
        match message.notice {
            Notice::Booked { due } => Self {
                subject: t
                    .mail_booked_subject(reference.clone(), money(due), institution.clone())
                    .to_string(),
                paragraphs: [
                    t.mail_booked(reference, institution, money(due)).to_string(),
                    how_to_transfer(language, payment),
                ]
                .into_iter()
                .chain(cancelled_since(t, payment))
                .collect(),
                link_label: t.mail_booked_link().to_string(),
                link: page(),
            },
            Notice::ReceivedInPart { due, received } => {
                let left = money(difference(due, received));
                Self {
                    subject: t
                        .mail_part_subject(reference.clone(), money(received), left.clone())
                        .to_string(),
                    paragraphs: std::iter::once(t.mail_part(money(received), reference, left).to_string())
                        .chain(cancelled_since(t, payment))
                        .collect(),
                    link_label: t.mail_part_link().to_string(),
                    link: page(),
                }
            }
            Notice::Paid { due, received } => {
                let excess = difference(received, due);
                let overpaid = (!excess.is_zero()).then(|| t.payment_overpaid(money(excess)).to_string());
                Self {
                    subject: t.mail_paid_subject(reference.clone()).to_string(),
                    paragraphs: std::iter::once(
                        t.mail_paid(money(received), reference, institution).to_string(),
                    )
                    .chain(overpaid)
                    .collect(),
                    link_label: t.mail_paid_link().to_string(),
                    link: format!("{}/confirmation", message.page_url),
                }
            }
            Notice::Cancelled { held } => {
                let held = (!held.is_zero()).then(|| t.payment_held(money(held)).to_string());
                Self {
                    subject: t.mail_cancelled_subject(reference.clone()).to_string(),
                    paragraphs: std::iter::once(t.mail_cancelled(reference, institution).to_string())
                        .chain(held)
                        .collect(),
                    link_label: page_label(),
                    link: page(),
                }
            }
            Notice::RefundSent { amount } => Self {
                subject: t.mail_refund_subject(reference.clone(), money(amount)).to_string(),
                paragraphs: vec![t.mail_refund(money(amount), reference).to_string()],
                link_label: page_label(),
                link: page(),
            },
            Notice::NewLink => Self {
                subject: t.mail_new_link_subject(reference.clone()).to_string(),
                paragraphs: vec![t.mail_new_link(reference).to_string()],
                link_label: page_label(),
                link: page(),
            },
        }
    }
}

/// Says until when and with which reference to transfer the money.
fn how_to_transfer(language: Language, payment: &Payment) -> String {
    let t = language.texts();
    let reference = payment.reference.creditor_reference().to_string();
    match payment.due_on {
        Some(date) => t.mail_booked_due(language.date(date), reference).to_string(),
        None => t.mail_booked_no_due(reference).to_string(),
    }
}

/// Corrects a message that waited until the payment was cancelled.
fn cancelled_since(t: &Texts, payment: &Payment) -> Option<String> {
    payment.cancelled_at.map(|_| t.mail_cancelled_since().to_string())
}

/// Returns `more - less`, or zero if `less` is not less.
fn difference(more: Money, less: Money) -> Money {
    let zero = Money::zero(more.currency());
    more.checked_sub(less).ok().filter(|rest| rest.minor() > 0).unwrap_or(zero)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use chrono::DateTime;
    use hermes_domain::ledger::{EventId, OutboxEvent};
    use hermes_test_support::builders::{book, institution, money};
    use hermes_test_support::{MemoryLedger, NOON};
    use uuid::Uuid;

    use super::*;

    fn payment(language: &str) -> Payment {
        let mut fields = MemoryLedger::new().execute_one(book("ana@example.org", "35000")).into_fields();
        fields.language = language.parse().ok();
        fields.due_on = NOON.date_naive().checked_add_days(chrono::Days::new(14));
        Payment::new(fields).unwrap()
    }

    fn letter(notice: Notice, payment: &Payment) -> Letter {
        let event = OutboxEvent {
            id: EventId(Uuid::nil()),
            seq: 1,
            event_type: String::new(),
            occurred_at: DateTime::UNIX_EPOCH,
            reference: String::new(),
            data: String::new(),
        };
        let sender = Sender { institution: Arc::new(institution()), language: Language::default() };
        let page_url = "https://pay.example.org/payment/REF001/SECRET";
        sender.write(&PayerMessage { event: &event, notice, payment, page_url }).unwrap()
    }

    fn notices() -> [Notice; 7] {
        let usd = |amount| money(amount, "USD");
        let due = usd("35700");
        [
            Notice::Booked { due },
            Notice::ReceivedInPart { due, received: usd("35000.50") },
            Notice::Paid { due, received: due },
            Notice::Paid { due, received: usd("35800") },
            Notice::Cancelled { held: usd("1000") },
            Notice::RefundSent { amount: usd("100") },
            Notice::NewLink,
        ]
    }

    fn all_texts(language: &str) -> String {
        let payment = payment(language);
        let mut texts = String::new();
        for notice in notices() {
            let Letter { subject, text, .. } = letter(notice, &payment);
            writeln!(texts, "Subject: {subject}\n\n{text}\n").unwrap();
        }
        texts.replace('\u{a0}', "~")
    }

    #[test]
    fn each_message_says_what_happened_and_what_to_do_in_english() {
        insta::assert_snapshot!(all_texts("en"));
    }

    #[test]
    fn each_message_says_what_happened_and_what_to_do_in_spanish() {
        insta::assert_snapshot!(all_texts("es"));
    }

    #[test]
    fn the_html_says_the_same_with_links() {
        insta::assert_snapshot!(letter(notices()[0], &payment("es")).html.replace('\u{a0}', "~"));
    }

    #[test]
    fn a_payer_of_an_unknown_language_gets_the_default() {
        assert_eq!(letter(notices()[6], &payment("de")), letter(notices()[6], &payment("en")));
    }

    #[test]
    fn a_message_that_waited_until_the_cancellation_says_so() {
        let mut fields = payment("en").into_fields();
        fields.cancelled_at = Some(NOON);
        let cancelled = Payment::new(fields).unwrap();
        for (notice, corrects) in notices().into_iter().zip([true, true, false, false, false, false, false]) {
            let text = letter(notice, &cancelled).text;
            assert_eq!(text.contains("cancelled in the meantime"), corrects, "{notice:?}");
        }
    }

    #[test]
    fn a_name_is_text_in_html() {
        let mut fields = payment("en").into_fields();
        fields.details.name = "<b>&\"'".to_owned();
        let html = letter(notices()[0], &Payment::new(fields).unwrap()).html;
        assert!(html.contains("Hello &#60;b&#62;&#38;&#34;&#39;,"), "{html}");
    }
}
