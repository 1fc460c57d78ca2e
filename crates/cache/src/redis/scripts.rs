//! The commands of the cache: atomic scripts, and a plain `GETEX` for the version.
//!
//! Scripts are sent in full with `EVAL`. A few hundred bytes cost less than handling a server that has lost its script
//! cache. Each script begins with `#!lua`, so Redis 7 treats even one that only reads as a write. A replica, such as a
//! former primary, therefore rejects the script instead of replying with outdated data. `allow-oom` lets all scripts
//! but `put.lua` run when the server is out of memory; an invalidation then frees some.

use std::time::Duration;

use hermes_domain::ports::{CacheKey, Version};
use hermes_redis::redis::{self, Cmd};
use uuid::Uuid;

/// The list. The other keys contain its name in braces, so that they hash to the same slot.
const LIST: &str = "payments:all";
/// The prefix of the slots for other queries. Their number is fixed, so no entry has to be found and deleted.
const QUERIES: &str = "payments:q:{payments:all}:";
const VERSION: &str = "{payments:all}:ver";
const EPOCH: &str = "{payments:all}:epoch";

/// The variation of the time to live, in thousandths.
const JITTER_PERMILLE: u64 = 100;

/// The number of slots for other queries. Two queries that share a slot replace each other's entry.
const QUERY_SLOTS: u16 = 256;

/// Returns the Redis key of an entry.
pub(super) fn redis_key(key: CacheKey) -> String {
    match key {
        CacheKey::List => LIST.to_owned(),
        CacheKey::Query([first, second, ..]) => {
            format!("{QUERIES}{}", u16::from_be_bytes([first, second]) % QUERY_SLOTS)
        }
    }
}

/// Replaces the version and deletes the list if the server may have lost writes. Returns whether it did, and the
/// identity of the server.
pub(super) fn check_epoch() -> Cmd {
    eval(include_str!("check_epoch.lua"), LIST, random_version())
}

/// Returns the version, if there is one.
///
/// Nearly every version check is this command, which costs the server a tenth of a script. It is `GETEX` because
/// Redis counts that as a write: a replica rejects it, as it rejects the scripts.
pub(super) fn get_version() -> Cmd {
    let mut command = redis::cmd("GETEX");
    command.arg(VERSION);
    command
}

/// Returns the version. If there is none, sets it to `random` and deletes the list.
pub(super) fn get_or_init_version(random: Version) -> Cmd {
    eval(include_str!("version.lua"), LIST, random)
}

/// Sets the version to `random` and deletes the list.
pub(super) fn invalidate(random: Version) -> Cmd {
    eval(include_str!("invalidate.lua"), LIST, random)
}

/// Deletes the list and every slot.
pub(super) fn delete_entries() -> Cmd {
    let mut command = redis::cmd("DEL");
    command.arg(LIST);
    for slot in 0..QUERY_SLOTS {
        command.arg(format!("{QUERIES}{slot}"));
    }
    command
}

/// Stores a value if the cache version still equals `version`. Returns whether it did.
pub(super) fn put_if_version(key: CacheKey, version: Version, value: Vec<u8>, ttl: Duration) -> Cmd {
    let mut command = eval(include_str!("put.lua"), &redis_key(key), version);
    command.arg(value).arg(jittered_ms(ttl, fastrand::u64(..)));
    command
}

/// Returns a version that was never used before.
pub(super) fn random_version() -> Version {
    Version::new(Uuid::new_v4())
}

fn eval(script: &str, entry: &str, version: Version) -> Cmd {
    let mut command = redis::cmd("EVAL");
    command.arg(script).arg(3).arg(entry).arg(VERSION).arg(EPOCH);
    command.arg(version.to_string());
    command
}

/// Varies a time to live, so that entries do not all expire at once. Returns milliseconds.
fn jittered_ms(ttl: Duration, random: u64) -> u64 {
    let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
    let spread = ttl_ms.saturating_mul(JITTER_PERMILLE) / 1000;
    // Redis rejects a time to live of zero.
    (ttl_ms - spread).saturating_add(random % (2 * spread + 1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_live_varies_by_a_tenth_and_is_never_zero() {
        let ttl = Duration::from_secs(300);
        assert_eq!(jittered_ms(ttl, 0), 270_000);
        assert_eq!(jittered_ms(ttl, 60_000), 330_000);
        assert_eq!(jittered_ms(ttl, 60_001), 270_000);
        assert_eq!(jittered_ms(Duration::ZERO, 7), 1);
    }
}
