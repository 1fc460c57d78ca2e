//! Commands that create, rotate and revoke API keys.
#![allow(clippy::unwrap_used, reason = "a panic fails the test")]

use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::access::{
    ApiKey, FIRST_KEY_FILE_ACTOR, KEY_NAME_MAX, KeyId, KeyTable, Principal, Scope, ScopeSet,
};
use hermes_domain::ledger::{
    ChainVerifier, Command, EventKind, InvalidOverlap, KEY_LIFETIME_DAYS_MAX, KeyCommand, KeyRotation,
    NewKey, Rejection,
};
use hermes_domain::{FieldError, ValidationCode};
use hermes_test_support::builders::{book, submission};
use hermes_test_support::{MemoryLedger, NOON, SequentialRandom};
use proptest::collection::vec;
use proptest::prelude::*;

const SCOPES: &[Scope] = &[Scope::EventsRead, Scope::BookingsRead];

fn scopes() -> ScopeSet {
    SCOPES.iter().copied().collect()
}

fn generate() -> ApiKey {
    ApiKey::generate(&SequentialRandom::new())
}

fn table(ledger: &MemoryLedger) -> KeyTable {
    KeyTable::new(ledger.head.access_seq, ledger.keys.clone(), ledger.secrets.clone())
}

fn rotation(key: &ApiKey, days: i64) -> KeyCommand {
    KeyCommand::Rotate(KeyRotation::new(key, TimeDelta::days(days)).unwrap())
}

#[test]
fn a_created_key_is_valid_and_audited_without_its_secret() {
    let (mut ledger, key) = (MemoryLedger::new(), generate());
    let record = ledger.add_key(&key, SCOPES);

    assert_eq!((record.id, record.created_at, record.expires_at), (key.id(), NOON, None));
    assert_eq!(record.created_by, submission(Command::Key(KeyCommand::Revoke(key.id()))).origin.actor);
    assert_eq!(table(&ledger).verify(&key, NOON).as_deref(), Some(&record));
    assert_eq!(ledger.head.access_seq, 1);

    let row = &ledger.audit[0];
    assert_eq!((row.subject_type.as_str(), row.subject_id.as_str()), ("key", key.id().as_str()));
    assert_eq!((row.action.as_str(), row.payment_id, &row.old_value), ("KEY_CREATED", None, &None));
    let json: serde_json::Value = serde_json::from_str(row.new_value.as_deref().unwrap()).unwrap();
    assert_eq!(json["scopes"], "bookings:read events:read");
    let mut members: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["created_at", "created_by", "expires_at", "id", "name", "revoked_at", "scopes"]);

    let event = &ledger.events[0];
    assert_eq!(event.kind, EventKind::KeyCreated);
    assert_eq!(event.payload, format!("{{\"reference\":\"{}\"}}", key.id()));
}

#[test]
fn a_rotated_key_has_both_secrets_until_the_overlap_ends() {
    let random = SequentialRandom::new();
    let mut ledger = MemoryLedger::new();
    let first = ApiKey::generate(&random);
    ledger.add_key(&first, SCOPES);
    let second = ApiKey::with_new_secret(first.id(), &random);
    ledger.execute_key(rotation(&second, 7)).unwrap();
    let end = ledger.head.advanced_at + TimeDelta::days(7);

    let keys = table(&ledger);
    assert!(keys.verify(&first, end - TimeDelta::microseconds(1)).is_some());
    assert!(keys.verify(&first, end).is_none());
    assert!(keys.verify(&second, end).is_some());

    // A later rotation with a longer overlap does not prolong the first secret.
    let third = ApiKey::with_new_secret(first.id(), &random);
    ledger.clock += TimeDelta::days(6);
    ledger.execute_key(rotation(&third, 7)).unwrap();
    assert!(table(&ledger).verify(&first, end).is_none());
    assert!(table(&ledger).verify(&second, end).is_some());
    assert_eq!(ledger.head.access_seq, 3);
}

#[test]
fn a_revoked_key_is_invalid_and_cannot_be_changed() {
    let (mut ledger, key) = (MemoryLedger::new(), generate());
    ledger.add_key(&key, SCOPES);
    let revoked = ledger.execute_key(KeyCommand::Revoke(key.id())).unwrap();
    assert_eq!(revoked.revoked_at, Some(ledger.head.advanced_at));
    assert!(table(&ledger).verify(&key, ledger.head.advanced_at).is_none());
    assert!(!table(&ledger).is_empty(), "the installation stays closed");

    for command in [KeyCommand::Revoke(key.id()), rotation(&key, 0)] {
        assert_eq!(rejection(&ledger, command), Rejection::KeyRevoked(key.id()));
    }
}

#[test]
fn unknown_existing_and_expired_keys_are_rejected() {
    let (mut ledger, key) = (MemoryLedger::new(), generate());
    let unknown = KeyId::parse("0000000000").unwrap();
    assert_eq!(rejection(&ledger, KeyCommand::Revoke(unknown)), Rejection::KeyNotFound(unknown));
    assert_eq!(rejection(&ledger, rotation(&key, 1)), Rejection::KeyNotFound(key.id()));

    let new = || create(&key, Some(NOON + TimeDelta::days(1)));
    ledger.execute_key(new()).unwrap();
    assert_eq!(rejection(&ledger, new()), Rejection::KeyExists(key.id()));
    ledger.clock += TimeDelta::days(1);
    assert_eq!(rejection(&ledger, rotation(&key, 1)), Rejection::KeyExpired(key.id()));
    ledger.execute_key(KeyCommand::Revoke(key.id())).unwrap();
}

#[test]
fn an_open_portal_and_a_first_key_file_change_no_keys_after_the_first() {
    let random = SequentialRandom::new();
    let [first, second] = [(); 2].map(|()| ApiKey::generate(&random));
    let decide = |ledger: &MemoryLedger, actor: &str, command: KeyCommand| {
        let mut submission = submission(Command::Key(command));
        submission.origin.actor = actor.to_owned();
        let (mut outcomes, changes) = ledger.decide(&[submission]);
        assert_eq!(outcomes[0].is_ok(), !changes.keys.is_empty());
        outcomes.remove(0).err()
    };
    for actor in [Principal::Open.actor(), FIRST_KEY_FILE_ACTOR.to_owned()] {
        let mut ledger = MemoryLedger::new();
        assert_eq!(decide(&ledger, &actor, create(&first, None)), None, "{actor}: there is no key yet");
        ledger.add_key(&first, SCOPES);
        let revocation = KeyCommand::Revoke(first.id());
        for command in [create(&second, None), create(&first, None), rotation(&first, 1), revocation] {
            assert_eq!(decide(&ledger, &actor, command), Some(Rejection::KeyRequired), "{actor}");
        }
        assert_eq!(decide(&ledger, "key:0000000000 open", create(&second, None)), None);
    }
}

#[test]
fn an_expiry_is_in_the_future_within_ten_years() {
    let (ledger, key) = (MemoryLedger::new(), generate());
    let longest = TimeDelta::days(i64::from(KEY_LIFETIME_DAYS_MAX));
    let micro = TimeDelta::microseconds(1);
    for time in [NOON - micro, NOON, NOON + longest + micro] {
        let Rejection::Invalid(errors) = rejection(&ledger, create(&key, Some(time))) else { panic!() };
        assert_eq!(codes(&errors), [("expires_at", ValidationCode::NotATime)], "{time}");
    }
    for time in [NOON + micro, NOON + longest] {
        let (outcomes, _) = ledger.decide(&[submission(Command::Key(create(&key, Some(time))))]);
        assert!(outcomes[0].is_ok(), "{time}");
    }
}

#[test]
fn a_name_and_a_scope_are_required() {
    let errors = |name: &str, scopes: &[Scope]| {
        NewKey::new(&generate(), name, scopes.iter().copied().collect(), None).unwrap_err()
    };
    use ValidationCode::{ControlCharacter, Required, TooLong};
    assert_eq!(codes(&errors(" ", &[])), [("name", Required), ("scopes", Required)]);
    assert_eq!(codes(&errors(&"ä".repeat(KEY_NAME_MAX + 1), SCOPES)), [("name", TooLong)]);
    assert_eq!(codes(&errors("a\u{202E}b", SCOPES)), [("name", ControlCharacter)]);
    assert!(NewKey::new(&generate(), &"ä".repeat(KEY_NAME_MAX), scopes(), None).is_ok());
}

#[test]
fn earlier_secrets_remain_valid_for_at_most_seven_days() {
    let key = generate();
    for overlap in [TimeDelta::microseconds(-1), TimeDelta::days(7) + TimeDelta::microseconds(1)] {
        assert_eq!(KeyRotation::new(&key, overlap).unwrap_err(), InvalidOverlap);
    }
    assert!(KeyRotation::new(&key, TimeDelta::zero()).is_ok());
}

/// A step of a history: the operation, and the key that it concerns.
fn steps() -> impl Strategy<Value = Vec<(u8, usize)>> {
    vec((0..5_u8, 0..4_usize), 1..40)
}

proptest! {
    /// Each accepted command adds one audit row, one event and one number; a rejected one adds nothing. Bookings between
    /// them do not matter.
    #[test]
    fn every_change_of_a_key_is_counted_and_audited_once(history in steps()) {
        let random = SequentialRandom::new();
        let keys: Vec<ApiKey> = (0..4).map(|_| ApiKey::generate(&random)).collect();
        let mut ledger = MemoryLedger::new();
        let mut changes = 0;
        for (operation, index) in history {
            let key = &keys[index];
            let command = match operation {
                0 => { ledger.execute_one(book("ana@example.org", "10")); continue }
                1 | 2 => create(key, None),
                3 => rotation(&ApiKey::with_new_secret(key.id(), &random), 3),
                _ => KeyCommand::Revoke(key.id()),
            };
            let before = ledger.head;
            let is_accepted = ledger.execute_key(command).is_ok();
            changes += i64::from(is_accepted);
            let expected = if is_accepted { 1 } else { 0 };
            prop_assert_eq!(ledger.head.seq - before.seq, expected);
            prop_assert_eq!(ledger.head.audit_seq - before.audit_seq, expected);
            prop_assert_eq!(ledger.head.event_seq - before.event_seq, expected);
            prop_assert_eq!(ledger.head.access_seq, changes);
        }
        let mut verifier = ChainVerifier::default();
        for row in &ledger.audit {
            prop_assert!(verifier.verify_next(row).is_ok());
        }
        prop_assert!(verifier.finish(ledger.head.audit_seq, ledger.head.audit_hash).is_ok());
        for key in &ledger.keys {
            let current = ledger.secrets.iter().filter(|secret| secret.key_id == key.id && secret.expires_at.is_none());
            prop_assert_eq!(current.count(), 1, "each key has exactly one secret without an end");
        }
    }
}

fn create(key: &ApiKey, expires_at: Option<DateTime<Utc>>) -> KeyCommand {
    KeyCommand::Create(NewKey::new(key, "billing", scopes(), expires_at).unwrap())
}

/// Returns the rejection of a command, which must change nothing.
fn rejection(ledger: &MemoryLedger, command: KeyCommand) -> Rejection {
    let (mut outcomes, changes) = ledger.decide(&[submission(Command::Key(command))]);
    assert!(changes.is_empty() && changes.audit.is_empty() && changes.events.is_empty());
    assert_eq!(changes.head.access_seq, ledger.head.access_seq);
    outcomes.remove(0).unwrap_err()
}

fn codes(errors: &[FieldError]) -> Vec<(&str, ValidationCode)> {
    errors.iter().map(|error| (error.field.as_str(), error.code)).collect()
}
