//! What Redis is asked: scripts, each one atomic, and the plain question for the version.
//!
//! Scripts are sent whole (`EVAL`): a few hundred bytes cost less than to handle that the server may have
//! forgotten them. All begin with `#!lua`, by which Redis 7 treats even the mere question for the version as a
//! write: a replica, a former primary for one, refuses it instead of answering with what it has not yet heard
//! of. `allow-oom` lets all but the fill run in a server that is out of memory, where a bump is what frees some.

use std::time::Duration;

use deadpool_redis::redis::{self, Cmd};
use hermes_domain::ports::{CacheKey, StoredEntry, Version};
use uuid::Uuid;

use super::envelope;

/// The list. The other keys carry its name in braces, so that a cluster keeps all of them in one place.
const LIST: &str = "payments:all";
/// Where other answers are: a fixed number of places, so that nothing ever has to be found and deleted.
const QUERIES: &str = "payments:q:{payments:all}:";
const VERSION: &str = "{payments:all}:ver";
const EPOCH: &str = "{payments:all}:epoch";

/// The share of its time to live that an entry may live more or less, in thousandths.
const JITTER_PERMILLE: u64 = 100;

/// The places for other answers than the list; two queries that meet in one take turns.
const QUERY_SLOTS: u16 = 256;

/// The key of an entry.
pub(super) fn key_of(key: CacheKey) -> String {
    match key {
        CacheKey::List => LIST.to_owned(),
        CacheKey::Query([first, second, ..]) => {
            format!("{QUERIES}{}", u16::from_be_bytes([first, second]) % QUERY_SLOTS)
        }
    }
}

/// Makes the version fresh and drops the list if the server has lost writes; says 1 if so, and which life of which
/// server it is.
pub(super) fn epoch() -> Cmd {
    eval(include_str!("epoch.lua"), LIST, fresh_version())
}

/// Says the version, if there is one.
///
/// Nearly every question is this one, which costs the server a tenth of a script. `GETEX` and not `GET`, because
/// it counts as a write: a replica refuses it as it refuses the scripts.
pub(super) fn get_version() -> Cmd {
    let mut command = redis::cmd("GETEX");
    command.arg(VERSION);
    command
}

/// Says the version; makes it the given one and drops the list if there is none.
pub(super) fn version(fresh: Version) -> Cmd {
    eval(include_str!("version.lua"), LIST, fresh)
}

/// Makes the version the given one and drops the list.
pub(super) fn bump(fresh: Version) -> Cmd {
    eval(include_str!("bump.lua"), LIST, fresh)
}

/// Stores an entry if the version is still the entry's; says 1 if so.
pub(super) fn fill(format: &str, key: CacheKey, entry: &StoredEntry, ttl: Duration) -> Cmd {
    let mut command = eval(include_str!("fill.lua"), &key_of(key), entry.version);
    command.arg(envelope::encode(format, key, entry)).arg(jittered_ms(ttl, fastrand::u64(..)));
    command
}

/// A version that was never used before.
pub(super) fn fresh_version() -> Version {
    Version::new(Uuid::new_v4())
}

fn eval(script: &str, entry: &str, version: Version) -> Cmd {
    let mut command = redis::cmd("EVAL");
    command.arg(script).arg(3).arg(entry).arg(VERSION).arg(EPOCH);
    command.arg(version.to_string());
    command
}

/// A time in milliseconds that differs from fill to fill, so that entries do not all expire at once.
fn jittered_ms(ttl: Duration, random: u64) -> u64 {
    let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
    let spread = ttl_ms.saturating_mul(JITTER_PERMILLE) / 1000;
    // Redis refuses an entry that would expire at once.
    (ttl_ms - spread).saturating_add(random % (2 * spread + 1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_lives_at_most_a_tenth_more_or_less() {
        let ttl = Duration::from_secs(300);
        assert_eq!(jittered_ms(ttl, 0), 270_000);
        assert_eq!(jittered_ms(ttl, 60_000), 330_000);
        assert_eq!(jittered_ms(ttl, 60_001), 270_000);
        assert_eq!(jittered_ms(Duration::ZERO, 7), 1);
    }
}
