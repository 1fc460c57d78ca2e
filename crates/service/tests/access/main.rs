//! Changes of keys take effect on every instance within the staleness bound, whatever the state of Redis, and keys
//! remain valid for the grace period while the database is down.
//!
//! Gates force interleavings and time is paused, so no test waits for real time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a missing value fails the test"
)]

#[path = "../support/mod.rs"]
mod support;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::access::{ApiKey, Principal, Scope};
use hermes_domain::ledger::{KeyCommand, KeyRotation};
use hermes_service::access::{AccessConfig, AccessControl, AccessError};
use hermes_test_support::{MemoryStore, NOON, SequentialRandom, StoreFault, StoreStep};
use tokio::time::{Instant, advance};

use crate::support::{D, FakeCache, HEAD_TIMEOUT, ReadCacheHarness, config, settle};

const GRACE: Duration = Duration::from_secs(60);
/// The time of requests.
const NOW: DateTime<Utc> = DateTime::from_timestamp(NOON.timestamp() + 60, 0).unwrap();
const INSTANT: Duration = Duration::from_millis(1);

/// The state of the shared cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Redis {
    Up,
    Down,
    /// Each instance has a cache of its own.
    Absent,
}

/// Three instances on one database with one key.
struct Instances {
    store: MemoryStore,
    random: SequentialRandom,
    key: ApiKey,
    all: Vec<AccessControl>,
}

impl Instances {
    async fn start(redis: Redis) -> Self {
        let store = MemoryStore::default();
        let random = SequentialRandom::new();
        let key = ApiKey::generate(&random);
        store.edit(|ledger| ledger.add_key(&key, &[Scope::BookingsRead]));
        let shared: Arc<FakeCache> = Arc::default();
        if redis == Redis::Down {
            shared.go_down();
        }
        let mut all = Vec::new();
        for _ in 0..3 {
            let cache = if redis == Redis::Absent { Arc::default() } else { Arc::clone(&shared) };
            all.push(open(&store, cache, false).await);
        }
        let instances = Self { store, random, key, all };
        assert_eq!(instances.accept(&instances.key).await, [true; 3]);
        // The first requests have started to read the head.
        settle().await;
        instances
    }

    /// Returns which instances accept a key.
    async fn accept(&self, key: &ApiKey) -> Vec<bool> {
        let mut accepted = Vec::new();
        for access in &self.all {
            accepted.push(match access.authenticate(Some(key), NOW).await {
                Ok(principal) => principal.has(Scope::BookingsRead),
                Err(AccessError::Unauthenticated) => false,
                Err(error) => panic!("{error}"),
            });
        }
        accepted
    }
}

async fn open(store: &MemoryStore, cache: Arc<FakeCache>, is_open_without_keys: bool) -> AccessControl {
    let reads = ReadCacheHarness::on(store.clone(), cache, config()).reads;
    let settings = AccessConfig { is_open_without_keys, staleness_bound: D, grace: GRACE };
    AccessControl::open(reads, Arc::new(store.clone()), settings).await.unwrap()
}

/// Commits a change of a key.
fn change(store: &MemoryStore, command: KeyCommand) {
    store.edit(|ledger| ledger.execute_key(command)).unwrap();
}

fn rotation(key: &ApiKey, overlap: TimeDelta) -> KeyCommand {
    KeyCommand::Rotate(KeyRotation::new(key, overlap).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_change_takes_effect_on_every_instance_within_the_staleness_bound() {
    for redis in [Redis::Up, Redis::Down, Redis::Absent] {
        let instances = Instances::start(redis).await;
        let Instances { store, random, key, .. } = &instances;
        let second = ApiKey::with_new_secret(key.id(), random);
        change(store, rotation(&second, TimeDelta::hours(1)));
        advance(D).await;
        assert_eq!(instances.accept(&second).await, [true; 3], "{redis:?}: rotation");
        assert_eq!(instances.accept(key).await, [true; 3], "{redis:?}: the earlier secret is still valid");

        let third = ApiKey::with_new_secret(key.id(), random);
        change(store, rotation(&third, TimeDelta::zero()));
        advance(D).await;
        assert_eq!(instances.accept(&second).await, [false; 3], "{redis:?}: expiry of a secret");
        assert_eq!(instances.accept(&third).await, [true; 3], "{redis:?}");

        change(store, KeyCommand::Revoke(key.id()));
        advance(D).await;
        assert_eq!(instances.accept(&third).await, [false; 3], "{redis:?}: revocation");

        let new = ApiKey::generate(random);
        store.edit(|ledger| ledger.add_key(&new, &[Scope::BookingsRead]));
        advance(D).await;
        assert_eq!(instances.accept(&new).await, [true; 3], "{redis:?}: creation");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_expires_at_its_time_without_a_read() {
    let instances = Instances::start(Redis::Up).await;
    instances.store.edit(|ledger| {
        ledger.keys[0].expires_at = Some(NOW + TimeDelta::minutes(1));
        ledger.head.access_seq += 1;
    });
    advance(D).await;
    assert_eq!(instances.accept(&instances.key).await, [true; 3]);
    let reads = instances.store.key_reads.count();
    for (now, is_valid) in [
        (NOW + TimeDelta::minutes(1) - TimeDelta::microseconds(1), true),
        (NOW + TimeDelta::minutes(1), false),
    ] {
        for access in &instances.all {
            assert_eq!(access.authenticate(Some(&instances.key), now).await.is_ok(), is_valid, "{now}");
        }
    }
    assert_eq!(instances.store.key_reads.count(), reads);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_was_read_before_the_revocation_does_not_extend_the_key() {
    for redis in [Redis::Up, Redis::Down, Redis::Absent] {
        let instances = Instances::start(redis).await;
        advance(D).await;
        // The database reads the head for each instance, then the key is revoked, and the replies arrive much later.
        instances.store.head_reply_gate.close();
        let request = |access: usize| instances.all[access].authenticate(Some(&instances.key), NOW);
        let (first, second, third, ()) = tokio::join!(request(0), request(1), request(2), async {
            instances.store.head_reply_gate.arrived(3).await;
            change(&instances.store, KeyCommand::Revoke(instances.key.id()));
            advance(D - INSTANT).await;
            instances.store.head_reply_gate.open();
        });
        for result in [first, second, third] {
            assert!(!matches!(result, Err(AccessError::Unavailable(_))), "{redis:?}");
        }
        advance(INSTANT).await;
        assert_eq!(instances.accept(&instances.key).await, [false; 3], "{redis:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_that_was_read_before_the_revocation_does_not_extend_the_key() {
    let instances = Instances::start(Redis::Up).await;
    let other = ApiKey::generate(&instances.random);
    instances.store.edit(|ledger| ledger.add_key(&other, &[Scope::OpsRead]));
    advance(D).await;
    // The database reads the table, then the key is revoked, and the table arrives much later.
    instances.store.key_reply_gate.close();
    let access = &instances.all[0];
    let (first, ()) = tokio::join!(access.authenticate(Some(&instances.key), NOON), async {
        instances.store.key_reply_gate.arrived(1).await;
        change(&instances.store, KeyCommand::Revoke(instances.key.id()));
        advance(D - INSTANT).await;
        instances.store.key_reply_gate.open();
    });
    assert!(first.is_ok(), "the request started before the revocation");
    advance(INSTANT).await;
    assert_eq!(instances.accept(&instances.key).await, [false; 3]);
}

#[tokio::test(start_paused = true)]
async fn the_table_is_read_once_per_change() {
    let instances = Instances::start(Redis::Up).await;
    let other = ApiKey::generate(&instances.random);
    instances.store.edit(|ledger| ledger.add_key(&other, &[Scope::OpsRead]));
    let reads = instances.store.key_reads.count();
    for _ in 0..50 {
        advance(D / 10).await;
        assert_eq!(instances.accept(&instances.key).await, [true; 3]);
        settle().await;
    }
    assert_eq!(instances.store.key_reads.count(), reads + 3);
}

#[tokio::test(start_paused = true)]
async fn while_the_database_is_down_keys_remain_valid_for_the_grace_period() {
    let instances = Instances::start(Redis::Up).await;
    advance(D).await;
    assert_eq!(instances.accept(&instances.key).await, [true; 3]);
    instances.store.keep_failing(StoreStep::Read, StoreFault::unavailable());
    let unknown = ApiKey::generate(&instances.random);
    advance(GRACE - 4 * HEAD_TIMEOUT).await;
    assert_eq!(instances.accept(&instances.key).await, [true; 3]);
    assert_eq!(instances.accept(&unknown).await, [false; 3]);
    advance(4 * HEAD_TIMEOUT + INSTANT).await;
    for access in &instances.all {
        for key in [Some(&instances.key), Some(&unknown), None] {
            let result = access.authenticate(key, NOW).await;
            assert!(matches!(result, Err(AccessError::Unavailable(_))), "{result:?}");
        }
    }
    instances.store.recover();
    advance(D).await;
    assert_eq!(instances.accept(&instances.key).await, [true; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_revoked_key_is_valid_for_at_most_the_grace_period_if_only_the_keys_cannot_be_read() {
    for is_slow in [false, true] {
        let instances = Instances::start(Redis::Up).await;
        advance(D).await;
        assert_eq!(instances.accept(&instances.key).await, [true; 3]);
        change(&instances.store, KeyCommand::Revoke(instances.key.id()));
        if is_slow {
            instances.store.key_reply_gate.close();
        } else {
            instances.store.keep_failing(StoreStep::ReadKeys, StoreFault::unavailable());
        }
        let access = &instances.all[0];
        let revoked_at = Instant::now();
        // The heads are read all the time.
        while revoked_at.elapsed() < GRACE - 2 * (D + HEAD_TIMEOUT) {
            assert!(access.authenticate(Some(&instances.key), NOW).await.is_ok(), "slow: {is_slow}");
            advance(D).await;
            settle().await;
        }
        advance(2 * (D + HEAD_TIMEOUT)).await;
        let result = access.authenticate(Some(&instances.key), NOW).await;
        assert!(matches!(result, Err(AccessError::Unavailable(_))), "slow: {is_slow}, {result:?}");
        instances.store.recover();
        instances.store.key_reply_gate.open();
        advance(D).await;
        assert_eq!(instances.accept(&instances.key).await, [false; 3]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_that_the_database_uses_again_after_lost_commits_does_not_preserve_the_table() {
    let instances = Instances::start(Redis::Up).await;
    let [lost, other] = [(); 2].map(|()| ApiKey::generate(&instances.random));
    let backup = instances.store.ledger();
    instances.store.edit(|ledger| ledger.add_key(&lost, &[Scope::BookingsRead]));
    advance(D).await;
    assert_eq!(instances.accept(&lost).await, [true; 3]);
    let number = instances.store.ledger().head.access_seq;
    advance(D).await;
    assert_eq!(instances.accept(&lost).await, [true; 3]);
    settle().await;
    instances.store.edit(|ledger| {
        *ledger = backup;
        ledger.add_key(&other, &[Scope::BookingsRead]);
    });
    assert_eq!(instances.store.ledger().head.access_seq, number);
    advance(D).await;
    assert_eq!(instances.accept(&lost).await, [false; 3]);
    assert_eq!(instances.accept(&other).await, [true; 3]);
}

#[tokio::test(start_paused = true)]
async fn the_first_key_closes_every_instance_for_ever() {
    let store = MemoryStore::default();
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(open(&store, Arc::default(), true).await);
    }
    for access in &all {
        assert_eq!(access.authenticate(None, NOW).await.unwrap(), Principal::Open);
    }
    let key = ApiKey::generate(&SequentialRandom::new());
    store.edit(|ledger| ledger.add_key(&key, &[Scope::OpsRead]));
    advance(D).await;
    for access in &all {
        assert!(matches!(access.authenticate(None, NOW).await, Err(AccessError::Unauthenticated)));
        assert!(access.authenticate(Some(&key), NOW).await.is_ok());
    }
    change(&store, KeyCommand::Revoke(key.id()));
    advance(D).await;
    for access in &all {
        assert!(
            access.authenticate(None, NOW).await.is_err(),
            "a revoked key does not open the portal again"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_use_of_a_key_is_recorded_once_a_day() {
    let instances = Instances::start(Redis::Up).await;
    settle().await;
    let id = instances.key.id();
    let last_use = || instances.store.ledger().key_uses.get(&id).copied();
    assert_eq!(last_use(), Some(NOW.date_naive()));
    let tomorrow = NOW + TimeDelta::days(1);
    let use_tomorrow = async || {
        instances.all[0].authenticate(Some(&instances.key), tomorrow).await.unwrap();
        settle().await;
        last_use()
    };
    instances.store.fail(StoreStep::Write, StoreFault::unavailable());
    assert_eq!(use_tomorrow().await, Some(NOW.date_naive()));
    advance(Duration::from_secs(59)).await;
    assert_eq!(use_tomorrow().await, Some(NOW.date_naive()), "a record is not repeated at once");
    advance(Duration::from_secs(1)).await;
    assert_eq!(use_tomorrow().await, Some(tomorrow.date_naive()), "a failed record is repeated");
}
