//! What the errors of Redis and of the pool mean for the operator.

use deadpool_redis::redis::{ErrorKind, RedisError};
use deadpool_redis::{HookError, PoolError, TimeoutType};

/// Explanations that depend on what the caller stores in Redis: error codes with a text for the operator.
pub type Advice = &'static [(&'static str, &'static str)];

/// Why a command failed.
///
/// Redis repeats the arguments of a command that it does not know, and an argument may be a password or a payer's
/// data. The text therefore holds the error code and an explanation, but never the message of the server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Redis rejected the command, so it had no effect: the code, with an explanation of the known codes.
    #[error("{0}")]
    Refused(String),
    /// Redis is unreachable or did not reply in time. The command may have had its effect.
    #[error("{0}")]
    Unavailable(String),
}

/// The text of [`CommandError::Refused`] if the URL names a database that Redis does not have.
pub const NO_SUCH_DATABASE: &str = "this Redis has no database with the number at the end of the Redis URL";

/// What a code means for the operator, independent of what the caller stores.
const EXPLANATIONS: Advice = &[
    ("READONLY", "this Redis is a replica: the URL must lead to the primary"),
    ("NOREPLICAS", "Redis has fewer replicas than min-replicas-to-write requires"),
    ("MISCONF", "Redis cannot save to its disk and rejects writes until it can"),
    ("LOADING", "Redis is still loading its data"),
    ("MASTERDOWN", "this Redis is a replica without its primary"),
    ("NOAUTH", "Redis requires a password and the URL has none"),
    ("WRONGPASS", "the user name or the password of the Redis URL is wrong"),
    ("BUSY", "another client's script occupies Redis"),
    ("MOVED", "Redis runs as a cluster, which Hermes does not support"),
    ("CROSSSLOT", "Redis runs as a cluster, which Hermes does not support"),
];

impl CommandError {
    /// Classifies an error of the pool or of the server. `advice` has precedence over the common explanations.
    pub fn new(error: &PoolError, advice: Advice) -> Self {
        let text = match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
                return Self::from_redis(error, advice);
            }
            PoolError::Timeout(TimeoutType::Wait) => "all connections of the pool are in use",
            PoolError::Timeout(TimeoutType::Create) => "no connection within the connect timeout",
            PoolError::Timeout(TimeoutType::Recycle) => "a connection did not respond",
            PoolError::Closed
            | PoolError::NoRuntimeSpecified
            | PoolError::PostCreateHook(HookError::Message(_)) => "the pool opens no connections",
        };
        Self::Unavailable(text.to_owned())
    }

    fn from_redis(error: &RedisError, advice: Advice) -> Self {
        match error.kind() {
            ErrorKind::Server(_) if is_missing_database(error) => Self::Refused(NO_SUCH_DATABASE.to_owned()),
            ErrorKind::Server(_) | ErrorKind::Extension => {
                let code = error.code().unwrap_or("ERR");
                let explanation = advice.iter().chain(EXPLANATIONS).find(|(explained, _)| *explained == code);
                Self::Refused(
                    explanation.map_or_else(|| code.to_owned(), |(code, text)| format!("{code}: {text}")),
                )
            }
            ErrorKind::AuthenticationFailed => {
                Self::Refused("the user name or the password of the Redis URL is wrong".to_owned())
            }
            // The operating system or the resolver wrote these messages.
            ErrorKind::Io => Self::Unavailable(error.to_string()),
            _ => Self::Unavailable(error.category().to_owned()),
        }
    }
}

/// Returns whether Redis rejected the `SELECT` with which a connection begins. Redis has no error code for it.
fn is_missing_database(error: &RedisError) -> bool {
    error.detail().is_some_and(|detail| {
        ["DB index is out of range", "invalid DB index"].iter().any(|text| detail.contains(text))
    })
}

#[cfg(test)]
mod tests {
    use deadpool_redis::redis::{Value, parse_redis_value};

    use super::*;

    const ADVICE: Advice = &[("OOM", "raise maxmemory")];

    /// Classifies an error line as the server sends it.
    fn classify(line: &str) -> CommandError {
        let value = parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
        CommandError::new(&PoolError::Backend(Value::extract_error(value).unwrap_err()), ADVICE)
    }

    #[test]
    fn a_reply_of_the_server_is_a_refusal_with_its_code_and_an_explanation() {
        for (line, text) in [
            ("LOADING Redis is loading the dataset in memory", "LOADING: Redis is still loading its data"),
            (
                "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
                "MASTERDOWN: this Redis is a replica without its primary",
            ),
            ("MOVED 3999 127.0.0.1:6381", "MOVED: Redis runs as a cluster, which Hermes does not support"),
            ("OOM command not allowed when used memory > 'maxmemory'.", "OOM: raise maxmemory"),
            ("STRANGE something new", "STRANGE"),
        ] {
            assert_eq!(classify(line), CommandError::Refused(text.to_owned()));
        }
    }

    #[test]
    fn arguments_of_a_command_are_not_repeated() {
        let error = classify("ERR unknown command 'AUTH', with args beginning with: 'correct-horse' ");
        assert_eq!(error, CommandError::Refused("ERR".to_owned()));
    }

    #[test]
    fn a_refused_connection_is_an_outage_with_its_reason() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let error = CommandError::new(&PoolError::Backend(refused.into()), ADVICE);
        assert_eq!(error, CommandError::Unavailable("connection refused".to_owned()));
    }
}
