//! Events as others are told them: read in order, leased to one relay, forgotten when they are old.

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;
use hermes_domain::ledger::{EventPosition, OutboxEvent};
use hermes_domain::payment::Payment;
use hermes_domain::ports::{EventsAfter, Lease, Outbox, OutboxRetention, RelayLease, StoreError};
use hermes_repository::SqlOutbox;
use uuid::Uuid;

use crate::ledger::TestLedger;
use crate::{lane, on_each_database, payers};

/// Longer than any of these tests takes.
const LONG: Duration = Duration::from_secs(3_600);
const A: Uuid = Uuid::from_u128(0xa);
const B: Uuid = Uuid::from_u128(0xb);

on_each_database! {
    async fn events_are_read_in_the_order_of_commits(ledger: &TestLedger) {
        let outbox = SqlOutbox::new(&ledger.database);
        assert_eq!(outbox.newest_event().await.unwrap(), 0);
        assert_eq!(outbox.events_after(Some(0), 10).await.unwrap(), EventsAfter::Events(Vec::new()));
        let booked = book(ledger, &[3, 1, 2]).await;
        assert_eq!(outbox.newest_event().await.unwrap(), 6);
        let all = events(&outbox, None, 10).await;
        assert_eq!(seqs(&all), [1, 2, 3, 4, 5, 6]);
        for (event, payment) in all.iter().zip(&booked) {
            assert_eq!(event.event_type, "payment.booked");
            assert_eq!(event.reference, payment.reference.to_string());
            assert_eq!(event.occurred_at, payment.updated_at);
            assert!(event.data.contains(&format!("\"reference\":\"{}\"", payment.reference)), "{}", event.data);
            assert!(!event.data.contains(&payment.details.email), "{}", event.data);
        }
        assert_eq!(seqs(&events(&outbox, Some(4), 10).await), [5, 6]);
        assert_eq!(seqs(&events(&outbox, Some(1), 2).await), [2, 3]);
        assert!(events(&outbox, Some(6), 10).await.is_empty());
    }

    async fn an_event_has_the_same_name_each_time_and_no_other_has_it(ledger: &TestLedger) {
        let outbox = SqlOutbox::new(&ledger.database);
        book(ledger, &[3, 1]).await;
        let first = events(&outbox, None, 10).await;
        assert_eq!(events(&outbox, None, 10).await, first);
        let names: HashSet<_> = first.iter().map(|event| event.id).collect();
        assert_eq!(names.len(), 4);
        let mut found = outbox.find_events(&[4, 2, 77]).await.unwrap();
        found.sort_by_key(|mark| mark.seq);
        let marks: Vec<EventPosition> = first.iter().map(OutboxEvent::position).collect();
        assert_eq!(found, [marks[1], marks[3]]);
    }

    async fn a_place_that_is_forgotten_or_beyond_the_end_is_elsewhere(ledger: &TestLedger) {
        let outbox = SqlOutbox::new(&ledger.database);
        book(ledger, &[5]).await;
        ledger.tamper("DELETE FROM outbox WHERE seq <= 2").await;
        for place in [0, 1, 6, 100] {
            let found = outbox.events_after(Some(place), 10).await.unwrap();
            assert_eq!(found, EventsAfter::OutOfRange { oldest: 3, newest: 5 }, "{place}");
        }
        assert_eq!(seqs(&events(&outbox, Some(2), 10).await), [3, 4, 5]);
        assert_eq!(seqs(&events(&outbox, None, 10).await), [3, 4, 5]);
        ledger.tamper("DELETE FROM outbox").await;
        let found = outbox.events_after(Some(4), 10).await.unwrap();
        assert_eq!(found, EventsAfter::OutOfRange { oldest: 6, newest: 5 });
        assert!(events(&outbox, Some(5), 10).await.is_empty());
    }

    async fn one_of_many_has_the_lease(ledger: &TestLedger) {
        let outbox = SqlOutbox::new(&ledger.database);
        let mut tasks = tokio::task::JoinSet::new();
        for holder in 1..=20_u128 {
            let outbox = outbox.clone();
            tasks.spawn(async move { outbox.acquire_or_renew_lease(Uuid::from_u128(holder), LONG, None).await.unwrap() });
        }
        let held = tasks.join_all().await.into_iter().filter(|lease| *lease == Lease::Held).count();
        assert_eq!(held, 1);
    }

    async fn a_lease_is_kept_until_it_expires_or_is_given_up(ledger: &TestLedger) {
        let outbox = SqlOutbox::new(&ledger.database);
        let hold = async |holder, ttl| outbox.acquire_or_renew_lease(holder, ttl, None).await.unwrap();
        assert_eq!(outbox.relay_status().await.unwrap().holder, None);
        assert_eq!(hold(A, LONG).await, Lease::Held);
        assert_eq!(hold(B, LONG).await, Lease::Taken);
        assert_eq!(hold(A, LONG).await, Lease::Held);
        assert_eq!(outbox.relay_status().await.unwrap().holder, Some(A));

        outbox.release_lease(B).await.unwrap();
        assert_eq!(hold(B, LONG).await, Lease::Taken, "only its holder can give it up");
        outbox.release_lease(A).await.unwrap();
        assert_eq!(hold(B, LONG).await, Lease::Held);

        // It expires at the very moment it is taken.
        assert_eq!(hold(B, Duration::ZERO).await, Lease::Held);
        assert_eq!(outbox.relay_status().await.unwrap().holder, None);
        assert_eq!(hold(A, LONG).await, Lease::Held);
        assert_eq!(hold(B, LONG).await, Lease::Taken);
    }

    async fn a_lease_that_is_not_there_is_no_lease_of_somebody_else(ledger: &TestLedger) {
        let outbox = SqlOutbox::new(&ledger.database);
        ledger.tamper("DELETE FROM event_relay").await;
        let error = outbox.acquire_or_renew_lease(A, LONG, None).await.unwrap_err();
        assert!(matches!(&error, StoreError::Corrupt(what) if what.contains("event_relay")), "{error:?}");
    }

    async fn a_holder_notes_how_far_it_has_come(ledger: &TestLedger) {
        let outbox = SqlOutbox::new(&ledger.database);
        outbox.acquire_or_renew_lease(A, LONG, None).await.unwrap();
        assert_eq!(outbox.relay_status().await.unwrap().published_seq, 0);
        outbox.acquire_or_renew_lease(A, LONG, Some(7)).await.unwrap();
        outbox.acquire_or_renew_lease(A, LONG, None).await.unwrap();
        assert_eq!(outbox.acquire_or_renew_lease(B, LONG, Some(99)).await.unwrap(), Lease::Taken);
        assert_eq!(outbox.relay_status().await.unwrap().published_seq, 7);
    }

    async fn only_what_is_old_and_below_a_number_is_forgotten(ledger: &TestLedger) {
        let outbox = SqlOutbox::new(&ledger.database);
        let booked = book(ledger, &[4, 4]).await;
        let second_batch = booked[4].created_at;
        let purge = async |before, seq, limit| outbox.purge_events(before, seq, limit).await.unwrap();
        assert_eq!(purge(booked[0].created_at, 100, 100).await, 0, "nothing is older than itself");
        assert_eq!(purge(second_batch, 3, 100).await, 2);
        assert_eq!(purge(second_batch, 100, 1).await, 1);
        assert_eq!(purge(second_batch, 100, 100).await, 1, "the second batch is too young");
        assert_eq!(seqs(&events(&outbox, None, 10).await), [5, 6, 7, 8]);
        assert_eq!(purge(second_batch + TimeDelta::seconds(1), 8, 100).await, 3);
        assert_eq!(seqs(&events(&outbox, None, 10).await), [8]);
    }
}

/// Books batches of these sizes.
async fn book(ledger: &TestLedger, batches: &[usize]) -> Vec<Payment> {
    let mut booked = Vec::new();
    for size in batches {
        booked.extend(lane::book(ledger, (0..*size).map(payers::number).collect()).await);
    }
    booked
}

async fn events(outbox: &SqlOutbox, after: Option<i64>, limit: u64) -> Vec<OutboxEvent> {
    match outbox.events_after(after, limit).await.unwrap() {
        EventsAfter::Events(events) => events,
        elsewhere @ EventsAfter::OutOfRange { .. } => panic!("{elsewhere:?}"),
    }
}

fn seqs(events: &[OutboxEvent]) -> Vec<i64> {
    events.iter().map(|event| event.seq).collect()
}
