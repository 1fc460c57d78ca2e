//! API keys: their form, and the check of a presented key.

use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::access::{ApiKey, KeyId, KeyRecord, KeyTable, Scope, StoredSecret};
use hermes_test_support::{NOON, SequentialRandom};

fn generated() -> ApiKey {
    ApiKey::generate(&SequentialRandom::new())
}

#[test]
fn a_key_has_the_form_that_scanners_search_for() {
    let text = generated().expose();
    assert_eq!(text.len(), 3 + 10 + 1 + 38);
    assert!(text.starts_with("hk_"));
    assert!(
        text.bytes().skip(3).all(|byte| byte == b'_' || b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&byte)),
        "{text}"
    );
    assert_eq!(ApiKey::parse(&text), Some(generated()));
}

#[test]
fn a_change_of_any_character_invalidates_the_checksum() {
    let text = generated().expose();
    for position in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[position] = if changed[position] == b'7' { b'8' } else { b'7' };
        assert_eq!(ApiKey::parse(std::str::from_utf8(&changed).unwrap()), None, "position {position}");
    }
    for other in
        ["", "hk_", &text[..text.len() - 1], &format!("{text}0"), &text.to_lowercase(), &format!(" {text}")]
    {
        assert_eq!(ApiKey::parse(other), None, "{other}");
    }
}

#[test]
fn a_new_secret_keeps_the_id() {
    let random = SequentialRandom::new();
    let first = ApiKey::generate(&random);
    let second = ApiKey::with_new_secret(first.id(), &random);
    assert_eq!(first.id(), second.id());
    assert!(!first.digest().matches(&second.digest()));
    assert!(first.digest().matches(&ApiKey::parse(&first.expose()).unwrap().digest()));
}

#[test]
fn debug_output_contains_no_secret() {
    let key = generated();
    assert_eq!(format!("{key:?}"), format!("ApiKey(hk_{}_…)", key.id()));
    assert_eq!(format!("{:?}", key.digest()), "SecretDigest(…)");
}

fn record(id: KeyId) -> KeyRecord {
    KeyRecord {
        id,
        name: "billing".into(),
        scopes: [Scope::BookingsRead].into_iter().collect(),
        created_by: "cli".to_owned(),
        created_at: NOON,
        expires_at: None,
        revoked_at: None,
    }
}

fn secret(key: &ApiKey, expires_at: Option<DateTime<Utc>>) -> StoredSecret {
    StoredSecret { key_id: key.id(), digest: key.digest(), expires_at }
}

#[test]
fn a_key_is_valid_with_its_own_secret_only() {
    let random = SequentialRandom::new();
    let (key, other) = (ApiKey::generate(&random), ApiKey::generate(&random));
    let forged = ApiKey::with_new_secret(key.id(), &random);
    let table = KeyTable::new(1, vec![record(key.id())], vec![secret(&key, None)]);

    assert_eq!(table.verify(&key, NOON).unwrap().id, key.id());
    assert_eq!(table.verify(&forged, NOON), None);
    assert_eq!(table.verify(&other, NOON), None);
}

#[test]
fn a_key_is_invalid_from_the_moment_it_expires_or_is_revoked() {
    let key = ApiKey::generate(&SequentialRandom::new());
    let table = |record: KeyRecord| KeyTable::new(1, vec![record], vec![secret(&key, None)]);
    let expiring = table(KeyRecord { expires_at: Some(NOON), ..record(key.id()) });
    assert!(expiring.verify(&key, NOON - TimeDelta::microseconds(1)).is_some());
    assert_eq!(expiring.verify(&key, NOON), None);
    let revoked = table(KeyRecord { revoked_at: Some(NOON), ..record(key.id()) });
    assert_eq!(revoked.verify(&key, NOON), None);
}

#[test]
fn a_rotated_key_has_two_secrets_until_the_old_one_expires() {
    let random = SequentialRandom::new();
    let old = ApiKey::generate(&random);
    let new = ApiKey::with_new_secret(old.id(), &random);
    let secrets = vec![secret(&old, Some(NOON)), secret(&new, None)];
    let table = KeyTable::new(2, vec![record(old.id())], secrets);

    let earlier = NOON - TimeDelta::seconds(1);
    assert!(table.verify(&old, earlier).is_some() && table.verify(&new, earlier).is_some());
    assert_eq!(table.verify(&old, NOON), None);
    assert!(table.verify(&new, NOON).is_some());
}

#[test]
fn the_digest_of_an_unknown_key_admits_nothing() {
    let key = ApiKey::generate(&SequentialRandom::new());
    assert_eq!(KeyTable::default().verify(&key, NOON), None);
    assert!(KeyTable::default().is_empty());
}
