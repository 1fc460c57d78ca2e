//! A message as text and as HTML, in the payer's language.

use std::sync::Arc;

use askama::Template;
use hermes_domain::institution::Institution;
use hermes_domain::mail::PayerMessage;
use hermes_languages::{Language, Texts};

use crate::content::Content;

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
            greeting: greeting(t, &message.payment.details.name),
            content: Content::new(institution, language, message),
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

/// Greets the payer, without a name that mail programs would show as a link: anyone can book with the address of another
/// person and a name of his choice.
fn greeting(t: &Texts, name: &str) -> String {
    if name.contains("://") || name.split_whitespace().any(looks_like_domain) {
        t.mail_greeting_nameless().to_string()
    } else {
        t.mail_greeting(name.to_owned()).to_string()
    }
}

/// Returns whether a dot is followed by two letters, as in `example.org`, but not in `J.R. Smith`.
fn looks_like_domain(word: &str) -> bool {
    let mut labels = word.split('.');
    let has_host = labels.next().is_some_and(|host| host.ends_with(char::is_alphanumeric));
    has_host && labels.any(|label| label.chars().take_while(|letter| letter.is_alphabetic()).count() >= 2)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use chrono::DateTime;
    use hermes_domain::ledger::{EventId, OutboxEvent};
    use hermes_domain::mail::Notice;
    use hermes_domain::payment::Payment;
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

    /// Returns the payment at the time of the message.
    fn payment_of(notice: Notice, language: &str) -> Payment {
        let mut fields = payment(language).into_fields();
        if let Notice::ReceivedInPart { received, .. } = notice {
            fields.amount_received = received;
        }
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

    fn notices() -> [Notice; 9] {
        let usd = |amount| money(amount, "USD");
        let due = usd("35700");
        [
            Notice::Booked { due },
            Notice::ReceivedInPart { received: usd("35000.50"), left: usd("699.50") },
            Notice::Paid { due, received: due },
            Notice::Paid { due, received: usd("35800") },
            Notice::TakenBack { received: usd("700"), left: usd("35000") },
            Notice::Cancelled { held: usd("1000"), kept: usd("0") },
            Notice::Cancelled { held: usd("0"), kept: usd("250") },
            Notice::RefundSent { amount: usd("100") },
            Notice::NewLink,
        ]
    }

    fn all_texts(language: &str) -> String {
        let mut texts = String::new();
        for notice in notices() {
            let Letter { subject, text, .. } = letter(notice, &payment_of(notice, language));
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
        assert_eq!(letter(notices()[7], &payment("de")), letter(notices()[7], &payment("en")));
    }

    #[test]
    fn a_message_that_waited_until_the_cancellation_says_so() {
        let mut fields = payment("en").into_fields();
        fields.cancelled_at = Some(NOON);
        let cancelled = Payment::new(fields).unwrap();
        for (notice, corrects) in
            notices().into_iter().zip([true, true, false, false, false, false, false, false])
        {
            let text = letter(notice, &cancelled).text;
            assert_eq!(text.contains("cancelled in the meantime"), corrects, "{notice:?}");
        }
    }

    #[test]
    fn a_message_that_waited_while_money_arrived_says_so() {
        let booked = notices()[0];
        let changed = "changed in the meantime";
        assert!(!letter(booked, &payment("en")).text.contains(changed));
        let mut fields = payment("en").into_fields();
        fields.amount_received = money("1", "USD");
        assert!(letter(booked, &Payment::new(fields).unwrap()).text.contains(changed));
    }

    #[test]
    fn a_name_with_a_link_is_not_repeated() {
        let greets = |name: &str| greeting(Language::default().texts(), name).contains(name);
        for name in ["Ana Ruiz", "J.R. Smith", "Ana M. Ruiz", "José-María d'Ávila", "Ana R.", "<b>Ana</b>"]
        {
            assert!(greets(name), "{name}");
        }
        for name in
            ["https://a", "You won: example.org/prize", "www.example.com", "ana@example.org", "Call evil.рф"]
        {
            assert!(!greets(name), "{name}");
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
