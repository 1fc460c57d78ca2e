//! What Redis and the pool say, in the words of the port.
//!
//! **Invariant:** a message holds nothing that was sent. Redis repeats the arguments of a command that it does
//! not know, and those may be a password or a payer's data: so of what it says only the code is passed on.

use deadpool_redis::redis::{ErrorKind, RedisError};
use deadpool_redis::{HookError, PoolError, TimeoutType};
use hermes_domain::ports::CacheError;

/// The code by which Redis says that a key holds another kind of value.
const WRONG_TYPE: &str = "WRONGTYPE";

pub(super) fn cache_error(error: &PoolError) -> CacheError {
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => of_redis(error),
        PoolError::Timeout(TimeoutType::Wait) => away("all connections of the pool are in use"),
        PoolError::Timeout(TimeoutType::Create) => away("no connection within the connect timeout"),
        PoolError::Timeout(TimeoutType::Recycle) => away("a connection did not answer"),
        PoolError::Closed
        | PoolError::NoRuntimeSpecified
        | PoolError::PostCreateHook(HookError::Message(_)) => away("the pool makes no connections"),
    }
}

/// Whether the key holds something that is not an entry.
pub(super) fn is_wrong_type(error: &RedisError) -> bool {
    error.code() == Some(WRONG_TYPE)
}

fn of_redis(error: &RedisError) -> CacheError {
    match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension => {
            let code = error.code().unwrap_or("ERR");
            CacheError::Refused(
                explanation(code).map_or_else(|| code.to_owned(), |text| format!("{code}: {text}")),
            )
        }
        ErrorKind::AuthenticationFailed => {
            CacheError::Refused("the user name or the password of the Redis URL is wrong".to_owned())
        }
        // These are of the operating system and of the resolver.
        ErrorKind::Io => away(&error.to_string()),
        _ => away(error.category()),
    }
}

/// What a code means for whoever runs the server.
fn explanation(code: &str) -> Option<&'static str> {
    Some(match code {
        "OOM" => "Redis is out of memory: raise maxmemory or let it evict",
        "READONLY" => "this Redis is a replica: the URL must lead to the primary",
        "NOREPLICAS" => "Redis has fewer replicas than min-replicas-to-write asks for",
        "MISCONF" => "Redis cannot save to its disk and takes no writes until it can",
        "LOADING" => "Redis is still loading its data",
        "MASTERDOWN" => "this Redis is a replica without its primary",
        "NOAUTH" => "Redis asks for a password and the URL has none",
        "WRONGPASS" => "the user name or the password of the Redis URL is wrong",
        "NOPERM" => {
            "the Redis user may not run EVAL, GET, GETEX, SET, DEL, EXISTS, INFO and PING on payments:all, payments:q:* and {payments:all}:*"
        }
        "BUSY" => "a script of somebody else occupies Redis",
        "MOVED" | "CROSSSLOT" => "Redis runs as a cluster, which Hermes does not use",
        _ => return None,
    })
}

fn away(text: &str) -> CacheError {
    CacheError::Unavailable(text.to_owned())
}

#[cfg(test)]
mod tests {
    use deadpool_redis::redis::{Value, parse_redis_value};

    use super::*;

    /// An error as the server sends it.
    fn reply(line: &str) -> PoolError {
        let value = parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
        PoolError::Backend(Value::extract_error(value).unwrap_err())
    }

    #[test]
    fn whatever_the_server_says_is_a_refusal_by_its_code() {
        for (line, message) in [
            (
                "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
                "MISCONF: Redis cannot save to its disk and takes no writes until it can",
            ),
            ("LOADING Redis is loading the dataset in memory", "LOADING: Redis is still loading its data"),
            (
                "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
                "MASTERDOWN: this Redis is a replica without its primary",
            ),
            ("MOVED 3999 127.0.0.1:6381", "MOVED: Redis runs as a cluster, which Hermes does not use"),
            ("STRANGE something new", "STRANGE"),
        ] {
            let error = cache_error(&reply(line));
            assert!(matches!(&error, CacheError::Refused(text) if text == message), "{error:?}");
        }
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        let error = reply("ERR unknown command 'AUTH', with args beginning with: 'correct-horse' ");
        assert_eq!(cache_error(&error).to_string(), "cache refused: ERR");
    }

    #[test]
    fn a_broken_connection_is_away_and_says_how() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let error = cache_error(&PoolError::Backend(refused.into()));
        assert_eq!(error.to_string(), "cache unavailable: connection refused");
    }
}
