//! Checks Redis: whether Hermes can use it, and whether its settings suit events and cache entries.

use anyhow::Error;
use hermes_cache::{RedisCache, RedisEndpoint, RedisState, SigningKey};
use hermes_domain::ports::{CacheError, SharedCache};

use super::Finding;
use crate::compose;
use crate::config::{Settings, is_loopback};

/// The major version that the tests use at least.
const MAJOR_VERSION_MIN: u32 = 7;

const REACH_ACTION: &str =
    "check REDIS_URL, that Redis runs, and that the network lets this machine reach it";

pub(super) async fn check(settings: &Settings) -> Vec<Finding> {
    if !settings.has_redis() {
        let found = "not configured: the cache and the events are in this process, which is correct for a single process";
        return vec![Finding::ok("redis", found)];
    }
    // The checks read no entry, so any key will do.
    let cache = match compose::open_redis_cache(settings, SigningKey::new(&[0; 32])) {
        Ok(cache) => cache,
        Err(error) => return vec![Finding::error("redis", &error, REACH_ACTION)],
    };
    if let Err(error) = ping(settings, &cache).await {
        return vec![Finding::error("redis", &Error::new(error), REACH_ACTION)];
    }
    let mut findings = vec![Finding::ok("redis", "responds"), check_tls(settings)];
    match cache.state().await {
        Ok(state) => findings.extend(check_state(&state)),
        Err(error) => findings.push(Finding::warning(
            "redis-version",
            format!("Redis does not report its state: {error}"),
            "allow the user of the URL the command INFO",
        )),
    }
    findings
}

/// Sends the command of every read. A user with rights on the event stream only is correct if the cache is not shared.
async fn ping(settings: &Settings, cache: &RedisCache) -> Result<(), CacheError> {
    match cache.ping().await {
        Err(CacheError::Refused(_)) if !settings.shares_cache() => Ok(()),
        result => result.map(drop),
    }
}

fn check_tls(settings: &Settings) -> Finding {
    const CODE: &str = "redis-tls";
    let security = RedisEndpoint::new(settings.redis.url.clone()).security();
    let Ok(security) = security else {
        return Finding::problem(
            CODE,
            "REDIS_URL is invalid",
            "use a URL such as rediss://:PASSWORD@HOST:6379",
        );
    };
    match security.host {
        _ if security.verifies_tls => {
            Finding::ok(CODE, "the connection is encrypted, and the server is verified")
        }
        None => Finding::ok(CODE, "a UNIX socket needs no encryption"),
        Some(host) if is_loopback(&host) => {
            Finding::ok(CODE, "a connection on this machine needs no encryption")
        }
        Some(host) => Finding::warning(
            CODE,
            format!("the connection to {host} is not encrypted, or the server is not verified"),
            "set REDIS_URL=rediss://…, and SSL_CERT_FILE to the certificate of a private authority",
        ),
    }
}

fn check_state(state: &RedisState) -> [Finding; 3] {
    [check_version(state), check_durability(state), check_eviction(state)]
}

fn check_version(state: &RedisState) -> Finding {
    let version = &state.version;
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major >= MAJOR_VERSION_MIN) {
        return Finding::ok("redis-version", version);
    }
    Finding::warning("redis-version", format!("{version} is not tested"), "use Redis 7 or later")
}

fn check_durability(state: &RedisState) -> Finding {
    if state.appends_to_file {
        return Finding::ok("redis-durability", "the append-only file is on");
    }
    Finding::warning(
        "redis-durability",
        "the append-only file is off: a restart of Redis empties the event stream until Hermes publishes the stored events again",
        "set `appendonly yes` in the configuration of Redis",
    )
}

/// Events have no expiry. A policy for all keys can therefore evict them, and without eviction a full memory rejects them.
fn check_eviction(state: &RedisState) -> Finding {
    const CODE: &str = "redis-eviction";
    const ACTION: &str = "set `maxmemory-policy volatile-lru`, which evicts cache entries only";
    let RedisState { eviction_policy: policy, memory_max_bytes: limit, .. } = state;
    match policy.as_str() {
        _ if *limit == 0 => Finding::ok(CODE, format!("{policy}, without a memory limit")),
        policy if policy.starts_with("allkeys-") => {
            Finding::problem(CODE, format!("{policy} can evict the event stream"), ACTION)
        }
        "noeviction" => Finding::warning(
            CODE,
            format!("noeviction: at {limit} bytes, Redis rejects invalidations and events"),
            ACTION,
        ),
        policy => Finding::ok(CODE, format!("{policy}, with a limit of {limit} bytes")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    fn state(version: &str, policy: &str, memory_max_bytes: u64) -> RedisState {
        RedisState {
            version: version.to_owned(),
            appends_to_file: true,
            eviction_policy: policy.to_owned(),
            memory_max_bytes,
        }
    }

    #[test]
    fn an_old_version_and_an_unsuitable_eviction_policy_are_reported() {
        for (version, level) in
            [("6.2.14", Level::Warning), ("7.0.15", Level::Ok), ("8.0.2", Level::Ok), ("", Level::Warning)]
        {
            assert_eq!(check_version(&state(version, "", 0)).level, level, "{version}");
        }
        for (policy, limit, level) in [
            ("noeviction", 0, Level::Ok),
            ("noeviction", 1, Level::Warning),
            ("volatile-lru", 1, Level::Ok),
            ("allkeys-lru", 1, Level::Problem),
        ] {
            assert_eq!(check_eviction(&state("7.0.0", policy, limit)).level, level, "{policy} {limit}");
        }
    }
}
