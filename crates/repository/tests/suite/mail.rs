//! The queue of messages to payers, and the lease of the instance that sends them.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::ledger::{BatchToken, EventId, OutboxEvent};
use hermes_domain::mail::{MessageResult, MessageState};
use hermes_domain::payment::Reference;
use hermes_domain::ports::{Lease, MailOutage, MailQueue, PaymentMail, RelayLease};
use hermes_repository::SqlMailQueue;
use hermes_test_support::NOON;
use sea_orm::prelude::Uuid;

use crate::ledger::TestLedger;
use crate::on_each_database;

const TERM: Duration = Duration::from_secs(60);

/// A message about a payment. Each event follows the previous one by a second.
fn message(seq: i64, reference: i64) -> (OutboxEvent, Reference) {
    let reference = Reference::new(reference).unwrap();
    let event = OutboxEvent {
        id: EventId::new(BatchToken(Uuid::nil()), seq),
        seq,
        event_type: "payment.booked".to_owned(),
        occurred_at: NOON + TimeDelta::seconds(seq),
        reference: reference.to_string(),
        data: r#"{"amount":"1.00"}"#.to_owned(),
    };
    (event, reference)
}

fn sent(address: u8) -> MessageResult {
    MessageResult::Sent { address_key: [address; 32] }
}

fn rejected(reason: &str) -> MessageResult {
    MessageResult::Rejected { reason: reason.to_owned() }
}

async fn next_seq(queue: &SqlMailQueue, now: DateTime<Utc>) -> Option<i64> {
    queue.next_message(now).await.unwrap().map(|message| message.event.seq)
}

on_each_database! {
    async fn the_cursor_moves_only_from_its_position_and_together_with_its_messages(ledger: &TestLedger) {
        let queue = SqlMailQueue::new(&ledger.database);
        let cursor = async || queue.relay_status().await.unwrap().published_seq;
        assert_eq!(cursor().await, -1);
        assert!(queue.enqueue(-1, 10, &[]).await.unwrap());
        let messages = [message(11, 1), message(13, 2)];
        assert!(!queue.enqueue(9, 13, &messages).await.unwrap());
        assert_eq!((cursor().await, next_seq(&queue, NOON + TimeDelta::hours(1)).await), (10, None));
        assert!(queue.enqueue(10, 13, &messages).await.unwrap());
        assert!(!queue.enqueue(10, 13, &messages).await.unwrap());
        assert_eq!(cursor().await, 13);

        // A message that is already in the queue moves nothing.
        assert!(queue.enqueue(13, 14, &[message(14, 3), message(11, 1)]).await.is_err());
        assert_eq!(cursor().await, 13);
        let first = queue.next_message(NOON + TimeDelta::hours(1)).await.unwrap().unwrap();
        assert_eq!((first.event, first.reference, first.attempts), (messages[0].0.clone(), messages[0].1, 0));
        let status = queue.mail_status().await.unwrap();
        assert_eq!((status.waiting, status.oldest_waiting), (2, Some(NOON + TimeDelta::seconds(11))));
    }

    async fn a_payment_has_one_message_at_a_time_and_a_postponed_one_holds_its_payment_only(ledger: &TestLedger) {
        let queue = SqlMailQueue::new(&ledger.database);
        let now = NOON + TimeDelta::hours(1);
        queue.enqueue(-1, 4, &[message(1, 1), message(2, 2), message(3, 1), message(4, 3)]).await.unwrap();
        assert_eq!(next_seq(&queue, NOON).await, None);
        assert_eq!(next_seq(&queue, now).await, Some(1));
        queue.postpone(1, now + TimeDelta::minutes(1), 1).await.unwrap();
        assert_eq!(next_seq(&queue, now).await, Some(2));
        queue.finish(2, &sent(2), now).await.unwrap();
        assert_eq!(next_seq(&queue, now).await, Some(4));
        queue.finish(4, &MessageResult::Dropped, now).await.unwrap();
        assert_eq!(next_seq(&queue, now).await, None);
        let later = now + TimeDelta::minutes(1);
        assert_eq!(queue.next_message(later).await.unwrap().map(|message| message.attempts), Some(1));
        queue.finish(1, &sent(1), later).await.unwrap();
        assert_eq!(next_seq(&queue, later).await, Some(3));
    }

    async fn sent_messages_are_counted_by_address_and_purged_and_rejections_stay(ledger: &TestLedger) {
        let queue = SqlMailQueue::new(&ledger.database);
        let at = |minutes| NOON + TimeDelta::minutes(minutes);
        let all: Vec<_> = (1..=5).map(|seq| message(seq, seq)).collect();
        queue.enqueue(-1, 5, &all).await.unwrap();
        for (seq, address) in [(1, 7), (2, 8), (3, 7)] {
            queue.finish(seq, &sent(address), at(seq)).await.unwrap();
        }
        queue.finish(4, &rejected("550 unknown"), at(4)).await.unwrap();
        assert_eq!(queue.sent_since(&[7; 32], NOON).await.unwrap(), [at(1), at(3)]);
        assert_eq!(queue.sent_since(&[7; 32], at(1)).await.unwrap(), [at(3)]);
        assert!(queue.sent_since(&[9; 32], NOON).await.unwrap().is_empty());

        // Only the first result counts.
        queue.finish(4, &sent(9), at(5)).await.unwrap();
        let reference = |number| Reference::new(number).unwrap();
        let rejection = queue.rejection(reference(4)).await.unwrap().unwrap();
        assert_eq!((rejection.at, rejection.reason.as_str()), (at(4), "550 unknown"));
        assert!(queue.sent_since(&[9; 32], NOON).await.unwrap().is_empty());
        queue.finish(5, &rejected(&"é".repeat(300)), at(5)).await.unwrap();
        let rejection = queue.rejection(reference(5)).await.unwrap().unwrap();
        assert_eq!((rejection.at, rejection.reason), (at(5), "é".repeat(255)));

        assert_eq!(queue.purge_messages(at(3), 1).await.unwrap(), 1);
        assert_eq!(queue.purge_messages(at(60), 100).await.unwrap(), 2);
        assert!(queue.rejection(reference(5)).await.unwrap().is_some());
    }

    async fn a_payment_has_a_history_of_messages_and_an_address_was_told_the_last(ledger: &TestLedger) {
        let queue = SqlMailQueue::new(&ledger.database);
        let at = |minutes| NOON + TimeDelta::minutes(minutes);
        let reference = Reference::new(1).unwrap();
        let mut renewed = message(4, 1);
        renewed.0.event_type = "payment.page_link_renewed".to_owned();
        let all = [message(1, 1), message(2, 2), message(3, 1), renewed, message(5, 1), message(6, 1)];
        queue.enqueue(-1, 6, &all).await.unwrap();
        let told = async |address: u8| {
            let event = queue.last_told(reference, &[address; 32]).await.unwrap();
            event.map(|event| event.seq)
        };
        assert_eq!(told(7).await, None);
        queue.finish(1, &sent(7), at(1)).await.unwrap();
        queue.finish(2, &sent(8), at(1)).await.unwrap();
        queue.finish(3, &rejected("550 unknown"), at(2)).await.unwrap();
        assert!(queue.rejection(reference).await.unwrap().is_some());
        queue.finish(4, &sent(7), at(3)).await.unwrap();
        assert!(queue.rejection(reference).await.unwrap().is_none());
        assert_eq!((told(7).await, told(8).await), (Some(1), None));
        let state = async || queue.last_state(reference).await.unwrap().map(|event| event.seq);
        assert_eq!(state().await, Some(1));
        queue.finish(5, &MessageResult::Dropped, at(4)).await.unwrap();
        assert_eq!((told(7).await, state().await), (Some(1), Some(5)));

        let messages = queue.messages(reference, 10).await.unwrap();
        let states: Vec<_> = messages.into_iter().map(|message| (message.event.seq, message.state)).collect();
        let [waiting, (4, MessageState::Sent { .. }), (3, MessageState::Rejected(rejection)), last] = &states[..] else {
            panic!("{states:?}");
        };
        assert_eq!(*waiting, (6, MessageState::Waiting { not_before: NOON + TimeDelta::seconds(6) }));
        assert_eq!((rejection.at, rejection.reason.as_str()), (at(2), "550 unknown"));
        assert_eq!(*last, (1, MessageState::Sent { at: at(1) }));
        assert_eq!(queue.messages(reference, 2).await.unwrap().len(), 2);
        queue.finish(6, &sent(9), at(5)).await.unwrap();
        assert_eq!((told(7).await, told(9).await), (None, Some(6)));
    }

    async fn one_instance_has_the_lease_and_an_outage_is_visible_to_all(ledger: &TestLedger) {
        let queue = SqlMailQueue::new(&ledger.database);
        let [first, second] = [1, 2].map(Uuid::from_u128);
        let acquire = async |holder| queue.acquire_or_renew_lease(holder, TERM, None).await.unwrap();
        assert_eq!(acquire(first).await, Lease::Held);
        assert_eq!(acquire(second).await, Lease::Taken);
        assert_eq!(acquire(first).await, Lease::Held);
        queue.release_lease(second).await.unwrap();
        assert_eq!(acquire(second).await, Lease::Taken);
        queue.release_lease(first).await.unwrap();
        assert_eq!(acquire(second).await, Lease::Held);
        assert_eq!(queue.relay_status().await.unwrap().holder, Some(second));

        let outage = MailOutage { since: NOON, error: "connection refused".to_owned() };
        queue.record_outage(Some(&outage)).await.unwrap();
        assert_eq!(queue.mail_status().await.unwrap().outage, Some(outage));
        queue.record_outage(None).await.unwrap();
        assert_eq!(queue.mail_status().await.unwrap().outage, None);
    }
}
