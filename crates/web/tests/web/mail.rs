//! The messages to the payer of a payment, as staff see them.

use std::sync::Arc;

use actix_web::http::StatusCode;
use async_trait::async_trait;
use chrono::TimeDelta;
use hermes_domain::ledger::{BatchToken, EventId, OutboxEvent};
use hermes_domain::mail::{MailRejection, MessageRecord, MessageState};
use hermes_domain::payment::Reference;
use hermes_domain::ports::{PaymentMail, StoreError};
use hermes_test_support::NOON;
use uuid::Uuid;

use crate::support::{Server, TestApp};

/// A message in each state.
struct EachState;

#[async_trait]
impl PaymentMail for EachState {
    async fn rejection(&self, _reference: Reference) -> Result<Option<MailRejection>, StoreError> {
        Ok(None)
    }

    async fn messages(&self, reference: Reference, limit: u64) -> Result<Vec<MessageRecord>, StoreError> {
        let at = NOON + TimeDelta::minutes(5);
        let reason = "permanent error (550): 5.1.1 <ana@example.org> no such user".to_owned();
        let states = [
            MessageState::Waiting { not_before: at },
            MessageState::Sent { at },
            MessageState::Rejected(MailRejection { at, reason }),
        ];
        let record = |(seq, state)| MessageRecord {
            event: OutboxEvent {
                id: EventId::new(BatchToken(Uuid::nil()), seq),
                seq,
                event_type: "payment.booked".to_owned(),
                occurred_at: NOON,
                reference: reference.to_string(),
                data: "{}".to_owned(),
            },
            state,
        };
        assert_eq!(limit, 100);
        Ok((1..).zip(states).map(record).collect())
    }
}

#[actix_web::test]
async fn staff_see_which_messages_wait_were_sent_or_were_rejected_and_why() {
    let app = TestApp::start_with(|state| state.payment_mail = Some(Arc::new(EachState)));
    app.book_page(&[]).await;
    let messages = app.get(Server::Portal, "/api/bookings/REF001/mail").await;
    assert_eq!(messages.status, StatusCode::OK);
    // The reply of the mail server repeats the address.
    assert!(!messages.body.contains("ana@example.org"), "{}", messages.body);
    insta::assert_snapshot!(messages.body);
    let unknown = app.get(Server::Portal, "/api/bookings/REF999/mail").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_portal_without_mail_has_no_messages() {
    let app = TestApp::start();
    app.book_page(&[]).await;
    assert_eq!(app.get(Server::Portal, "/api/bookings/REF001/mail").await.body, "[]");
}
