//! API keys: their rows, their snapshot and the record of their use.

use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};
use hermes_domain::access::{ApiKey, KeyId, KeyRecord, Scope};
use hermes_domain::ledger::{Command, EventKind, KeyCommand, KeyRotation, NewKey, Rejection};
use hermes_domain::ports::{AccessStore, EventsAfter, LedgerStore, Outbox, PaymentReader, StoreError};
use hermes_repository::SqlOutbox;

use crate::ledger::TestLedger;
use crate::rules::RANDOM;
use crate::{batches, bookings, erasure, on_each_database};

on_each_database! {
    async fn a_created_key_is_read_unchanged(ledger: &TestLedger) {
        let (key, record) = create(ledger, Some(TimeDelta::days(90))).await;
        let table = ledger.access.key_table().await.unwrap();
        assert_eq!(table.records().iter().map(|key| (**key).clone()).collect::<Vec<_>>(), std::slice::from_ref(&record));
        assert_eq!(record.name.as_ref(), "Ω billing 🎓");
        assert_eq!(table.access_seq(), 1);
        assert_eq!(ledger.reader.head().await.unwrap().access_seq, 1);
        let end = record.expires_at.unwrap();
        assert!(table.verify(&key, end - TimeDelta::microseconds(1)).is_some());
        assert!(table.verify(&key, end).is_none());

        let mut transaction = ledger.store.begin().await.unwrap();
        assert_eq!(transaction.find_key(key.id()).await.unwrap(), Some(record));
        assert_eq!(transaction.find_key(unknown()).await.unwrap(), None);
        transaction.rollback().await;
    }

    async fn a_rotation_lets_the_earlier_secrets_expire(ledger: &TestLedger) {
        let (first, _) = create(ledger, None).await;
        let second = ApiKey::with_new_secret(first.id(), &RANDOM);
        batches::execute_key(ledger, rotation(&second, TimeDelta::days(7))).await;
        let seven_days = ledger.reader.head().await.unwrap().advanced_at + TimeDelta::days(7);
        let third = ApiKey::with_new_secret(first.id(), &RANDOM);
        batches::execute_key(ledger, rotation(&third, TimeDelta::hours(1))).await;
        let an_hour = ledger.reader.head().await.unwrap().advanced_at + TimeDelta::hours(1);
        let fourth = ApiKey::with_new_secret(first.id(), &RANDOM);
        batches::execute_key(ledger, rotation(&fourth, TimeDelta::days(7))).await;

        let table = ledger.access.key_table().await.unwrap();
        assert_eq!(table.access_seq(), 4);
        for shortened in [&first, &second] {
            assert!(table.verify(shortened, an_hour - TimeDelta::microseconds(1)).is_some());
            assert!(table.verify(shortened, an_hour).is_none());
        }
        assert!(table.verify(&third, seven_days).is_some());
        assert!(table.verify(&fourth, seven_days + TimeDelta::days(9_999)).is_some());
    }

    async fn a_revoked_key_stays_in_the_table(ledger: &TestLedger) {
        let (key, record) = create(ledger, None).await;
        let (other, _) = create(ledger, None).await;
        let revoked = batches::execute_key(ledger, KeyCommand::Revoke(key.id())).await;
        let table = ledger.access.key_table().await.unwrap();
        assert_eq!(table.find(key.id()).unwrap().revoked_at, revoked.revoked_at);
        assert!(table.verify(&key, record.created_at).is_none());
        assert!(table.verify(&other, record.created_at).is_some());
        let again = batches::submission(Command::Key(KeyCommand::Revoke(key.id())));
        assert_eq!(batches::execute_rejected(ledger, &again).await, Rejection::KeyRevoked(key.id()));
    }

    async fn changes_of_keys_are_audited_and_published_in_one_order_with_bookings(ledger: &TestLedger) {
        batches::book_one(ledger, bookings::number(1)).await;
        let (key, _) = create(ledger, None).await;
        batches::book_one(ledger, bookings::number(2)).await;
        erasure::verify_chain(ledger).await.unwrap();
        let outbox = SqlOutbox::new(&ledger.database);
        let EventsAfter::Events(events) = outbox.events_after(Some(1), 10).await.unwrap() else { panic!() };
        assert_eq!(events[0].event_type, EventKind::KeyCreated.as_str());
        assert_eq!(events[0].reference, key.id().to_string());
        assert_eq!(events[1].reference, "REF002");
    }

    /// An unknown outcome of a commit is looked up by the event of the batch.
    async fn a_committed_change_of_a_key_is_found_after_later_batches(ledger: &TestLedger) {
        create(ledger, None).await;
        let committed = ledger.reader.head().await.unwrap();
        batches::book_one(ledger, bookings::number(1)).await;
        assert!(ledger.store.is_committed(&committed).await.unwrap());
    }

    async fn the_use_of_a_key_is_recorded_once_a_day(ledger: &TestLedger) {
        let (key, _) = create(ledger, None).await;
        create(ledger, None).await;
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let head = ledger.reader.head().await.unwrap();
        for day in [day(2), day(3), day(3), day(1)] {
            ledger.access.record_use(key.id(), day).await.unwrap();
        }
        assert_eq!(ledger.access.last_uses().await.unwrap(), HashMap::from([(key.id(), day(3))]));
        assert_eq!(ledger.reader.head().await.unwrap(), head, "a use is not part of the ledger");
        let error = ledger.access.record_use(unknown(), day(1)).await.unwrap_err();
        assert!(!matches!(error, StoreError::Transient(_)), "{error:?}");
    }
}

async fn create(ledger: &TestLedger, lifetime: Option<TimeDelta>) -> (ApiKey, KeyRecord) {
    let key = ApiKey::generate(&RANDOM);
    let now = batches::noon();
    let scopes = [Scope::AccessManage, Scope::BookingsRead].into_iter().collect();
    let new = NewKey::new(&key, " Ω billing 🎓 ", scopes, lifetime.map(|lifetime| now + lifetime)).unwrap();
    (key, batches::execute_key(ledger, KeyCommand::Create(new)).await)
}

fn rotation(key: &ApiKey, overlap: TimeDelta) -> KeyCommand {
    KeyCommand::Rotate(KeyRotation::new(key, overlap).unwrap())
}

fn unknown() -> KeyId {
    KeyId::parse("0000000000").unwrap()
}
