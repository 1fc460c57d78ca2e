//! Proves that the duration of the check of an API key does not show whether its id exists.
//!
//! Verifies 20,000 pairs of an unknown id and a wrong secret in random order. The medians must differ by less than 5 %.
//! Otherwise, the exit status is 1.
#![expect(clippy::print_stdout, reason = "the result of the program")]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use chrono::{DateTime, Utc};
use hermes_domain::access::{ApiKey, KeyRecord, KeyTable, ScopeSet, StoredSecret};
use hermes_domain::ledger::RandomSource;
use uuid::Uuid;

const PAIRS: usize = 20_000;
/// The keys of the installation.
const KEYS: usize = 100;
/// The verifications before the measurement.
const WARM_UP: usize = 20_000;
/// The largest difference between the medians, in per cent of the smaller one.
const DIFFERENCE_PERCENT_MAX: u128 = 5;

struct Random;

impl RandomSource for Random {
    fn random(&self) -> Uuid {
        Uuid::new_v4()
    }
}

fn main() -> ExitCode {
    let now = Utc::now();
    let known: Vec<_> = (0..KEYS).map(|_| ApiKey::generate(&Random)).collect();
    let table = table(&known, now);
    let mut presented: Vec<(bool, ApiKey)> = known
        .iter()
        .cycle()
        .take(PAIRS)
        .flat_map(|key| {
            [(true, ApiKey::with_new_secret(key.id(), &Random)), (false, ApiKey::generate(&Random))]
        })
        .collect();
    fastrand::shuffle(&mut presented);
    for (_, key) in presented.iter().take(WARM_UP) {
        black_box(table.verify(black_box(key), now));
    }
    let (mut wrong, mut unknown) = (Vec::with_capacity(PAIRS), Vec::with_capacity(PAIRS));
    for (is_known, key) in &presented {
        let started = Instant::now();
        black_box(table.verify(black_box(key), now));
        let elapsed = started.elapsed().as_nanos();
        if *is_known { wrong.push(elapsed) } else { unknown.push(elapsed) }
    }
    let (wrong, unknown) = (median(&mut wrong), median(&mut unknown));
    let (smaller, difference) = (wrong.min(unknown), wrong.abs_diff(unknown));
    let is_close = difference * 100 < smaller * DIFFERENCE_PERCENT_MAX;
    println!("wrong secret {wrong} ns, unknown id {unknown} ns, difference {difference} ns");
    if is_close { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn table(keys: &[ApiKey], now: DateTime<Utc>) -> KeyTable {
    let records = keys.iter().map(|key| KeyRecord {
        id: key.id(),
        name: "key".into(),
        scopes: ScopeSet::default(),
        created_by: "system".to_owned(),
        created_at: now,
        expires_at: None,
        revoked_at: None,
    });
    let secret = |key: &ApiKey| StoredSecret { key_id: key.id(), digest: key.digest(), expires_at: None };
    KeyTable::new(1, records.collect(), keys.iter().map(secret).collect())
}

fn median(durations: &mut [u128]) -> u128 {
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied().unwrap_or_default()
}
