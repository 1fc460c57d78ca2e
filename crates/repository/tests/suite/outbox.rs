//! Events: reading in order, the lease of the relay, and retention.

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;
use hermes_domain::ledger::{EventPosition, OutboxEvent};
use hermes_domain::payment::Payment;
use hermes_domain::ports::{EventsAfter, Lease, Outbox, OutboxRetention, RelayLease, StoreError};
use hermes_repository::SqlOutbox;
use uuid::Uuid;

use crate::ledger::TestLedger;
use crate::{batches, bookings, on_each_database};

/// Longer than any of these tests.
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

    async fn event_ids_are_stable_and_unique(ledger: &TestLedger) {
        let outbox = SqlOutbox::new(&ledger.database);
        book(ledger, &[3, 1]).await;
        let first = events(&outbox, None, 10).await;
        assert_eq!(events(&outbox, None, 10).await, first);
        let ids: HashSet<_> = first.iter().map(|event| event.id).collect();
        assert_eq!(ids.len(), 4);
        let mut found = outbox.find_events(&[4, 2, 77]).await.unwrap();
        found.sort_by_key(|position| position.seq);
        let positions: Vec<EventPosition> = first.iter().map(OutboxEvent::position).collect();
        assert_eq!(found, [positions[1], positions[3]]);
    }

    async fn a_purged_position_and_one_beyond_the_end_are_out_of_range(ledger: &TestLedger) {
        let outbox = SqlOutbox::new(&ledger.database);
        book(ledger, &[5]).await;
        ledger.tamper("DELETE FROM outbox WHERE seq <= 2").await;
        for seq in [0, 1, 6, 100] {
            let found = outbox.events_after(Some(seq), 10).await.unwrap();
            assert_eq!(found, EventsAfter::OutOfRange { oldest: 3, newest: 5 }, "{seq}");
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

    async fn a_lease_is_exclusive_until_it_expires_or_is_released(ledger: &TestLedger) {
        let outbox = SqlOutbox::new(&ledger.database);
        let acquire = async |holder, ttl| outbox.acquire_or_renew_lease(holder, ttl, None).await.unwrap();
        assert_eq!(outbox.relay_status().await.unwrap().holder, None);
        assert_eq!(acquire(A, LONG).await, Lease::Held);
        assert_eq!(acquire(B, LONG).await, Lease::Taken);
        assert_eq!(acquire(A, LONG).await, Lease::Held);
        assert_eq!(outbox.relay_status().await.unwrap().holder, Some(A));

        outbox.release_lease(B).await.unwrap();
        assert_eq!(acquire(B, LONG).await, Lease::Taken, "only the holder can release the lease");
        outbox.release_lease(A).await.unwrap();
        assert_eq!(acquire(B, LONG).await, Lease::Held);

        // The lease expires at once.
        assert_eq!(acquire(B, Duration::ZERO).await, Lease::Held);
        assert_eq!(outbox.relay_status().await.unwrap().holder, None);
        assert_eq!(acquire(A, LONG).await, Lease::Held);
        assert_eq!(acquire(B, LONG).await, Lease::Taken);
    }

    async fn a_missing_lease_row_is_an_error(ledger: &TestLedger) {
        let outbox = SqlOutbox::new(&ledger.database);
        ledger.tamper("DELETE FROM event_relay").await;
        let error = outbox.acquire_or_renew_lease(A, LONG, None).await.unwrap_err();
        assert!(matches!(&error, StoreError::Corrupt(message) if message.contains("event_relay")), "{error:?}");
    }

    async fn the_holder_records_the_published_position(ledger: &TestLedger) {
        let outbox = SqlOutbox::new(&ledger.database);
        outbox.acquire_or_renew_lease(A, LONG, None).await.unwrap();
        assert_eq!(outbox.relay_status().await.unwrap().published_seq, 0);
        outbox.acquire_or_renew_lease(A, LONG, Some(7)).await.unwrap();
        outbox.acquire_or_renew_lease(A, LONG, None).await.unwrap();
        assert_eq!(outbox.acquire_or_renew_lease(B, LONG, Some(99)).await.unwrap(), Lease::Taken);
        assert_eq!(outbox.relay_status().await.unwrap().published_seq, 7);
    }

    async fn only_old_events_below_a_number_are_deleted(ledger: &TestLedger) {
        let outbox = SqlOutbox::new(&ledger.database);
        let booked = book(ledger, &[4, 4]).await;
        let second_batch = booked[4].created_at;
        let purge = async |before, seq, limit| outbox.purge_events(before, seq, limit).await.unwrap();
        assert_eq!(purge(booked[0].created_at, 100, 100).await, 0, "an event is not older than itself");
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
        booked.extend(batches::book(ledger, (0..*size).map(bookings::number).collect()).await);
    }
    booked
}

async fn events(outbox: &SqlOutbox, after: Option<i64>, limit: u64) -> Vec<OutboxEvent> {
    match outbox.events_after(after, limit).await.unwrap() {
        EventsAfter::Events(events) => events,
        out_of_range @ EventsAfter::OutOfRange { .. } => panic!("{out_of_range:?}"),
    }
}

fn seqs(events: &[OutboxEvent]) -> Vec<i64> {
    events.iter().map(|event| event.seq).collect()
}
