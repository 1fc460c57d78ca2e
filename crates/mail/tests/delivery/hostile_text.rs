//! Texts of payers are shown as text, and add no header, element or recipient.

use chrono::Utc;
use hermes_domain::institution::StudentIdRule;
use hermes_domain::ledger::{Command, EventId, OutboxEvent};
use hermes_domain::mail::{Notice, PayerMessage};
use hermes_domain::payment::{BookingField, BookingRequest, NewBooking, Payment};
use hermes_domain::ports::Mailer;
use hermes_test_support::ReceivedMail;
use hermes_test_support::builders::money;
use uuid::Uuid;

use crate::harness::Harness;

async fn booked_by(harness: &Harness, name: &str) -> Payment {
    let booking = NewBooking::parse(
        &BookingRequest::from([
            (BookingField::Name, name.to_owned()),
            (BookingField::Email, "ana@example.org".to_owned()),
            (BookingField::Amount, "2000".to_owned()),
            (BookingField::CurrencyFrom, "USD".to_owned()),
        ]),
        &StudentIdRule::default(),
    );
    harness.submit(Command::Book(booking.unwrap())).await
}

async fn sent(harness: &Harness, payment: &Payment) -> ReceivedMail {
    let event = OutboxEvent {
        id: EventId(Uuid::from_u128(1)),
        seq: 1,
        event_type: "payment.booked".to_owned(),
        occurred_at: Utc::now(),
        reference: payment.reference.to_string(),
        data: "{}".to_owned(),
    };
    let notice = Notice::Booked { due: money("2060", "USD") };
    let page_url = Harness::page_url(payment);
    let message = PayerMessage { event: &event, notice, payment, page_url: &page_url };
    harness.mailer().send(&message).await.unwrap();
    harness.server.received().pop().unwrap()
}

/// The domain rejects most of these; mail does not rely on that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_names_stay_text() {
    let harness = Harness::start().await;
    let plain = sent(&harness, &booked_by(&harness, "Ana Ruiz").await).await;
    let header_names = |mail: &ReceivedMail| -> Vec<String> {
        let head = mail.source.split("\r\n\r\n").next().unwrap().to_owned();
        let names = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        names.map(|line| line.split(':').next().unwrap().to_owned()).collect()
    };
    for name in [
        "<script>alert(1)</script>",
        "\"><img src=x>",
        "{{ 7 * 7 }} %s",
        "🏦🎓 𝒜𝓃𝒶",
        "Ana\r\nBcc: eve@example.org",
        "Ana\r\n.\r\nMAIL FROM:<eve@example.org>",
        &"a".repeat(200),
        &format!("a{}", "\u{301}".repeat(500)),
        "\u{202e}gpj.exe",
    ] {
        let mut fields = booked_by(&harness, "Ana Ruiz").await.into_fields();
        fields.details.name = name.to_owned();
        let mail = sent(&harness, &Payment::new(fields).unwrap()).await;
        assert_eq!(header_names(&mail), header_names(&plain), "{name:?}");
        assert_eq!(mail.headers("Bcc"), Vec::<String>::new());
        assert_eq!(mail.to, "ana@example.org");
        let (_, html) = mail.source.split_once("text/html").unwrap();
        assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
        assert!(mail.source.lines().all(|line| line.len() <= 998), "{name:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_with_a_line_break_or_a_second_recipient_is_rejected() {
    let harness = Harness::start().await;
    for email in [
        "ana@example.org\r\nBcc: eve@example.org",
        "ana@example.org, eve@example.org",
        "<ana@example.org>",
        "ana@example.org>\r\nDATA",
    ] {
        let mut fields = booked_by(&harness, "Ana Ruiz").await.into_fields();
        fields.details.email = email.to_owned();
        let payment = Payment::new(fields).unwrap();
        let event = OutboxEvent {
            id: EventId(Uuid::from_u128(1)),
            seq: 1,
            event_type: "payment.page_link_renewed".to_owned(),
            occurred_at: Utc::now(),
            reference: payment.reference.to_string(),
            data: "{}".to_owned(),
        };
        let message =
            PayerMessage { event: &event, notice: Notice::NewLink, payment: &payment, page_url: "https://a" };
        let error = harness.mailer().send(&message).await.unwrap_err();
        assert!(error.to_string().starts_with("invalid: the address is not valid"), "{email:?}: {error}");
    }
    assert_eq!(harness.server.received(), []);
}
