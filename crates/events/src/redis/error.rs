//! What Redis and the pool say, in words that hold nothing that was sent.

use deadpool_redis::redis::{ErrorKind, RedisError};
use deadpool_redis::{PoolError, TimeoutType};
use hermes_domain::ports::PublishError;

pub(super) fn publish_error(error: &PoolError) -> PublishError {
    if is_refusal(error) {
        PublishError::Refused(message(error))
    } else {
        PublishError::Unavailable(message(error))
    }
}

/// Whether Redis has said no, so that the command was surely not carried out.
pub(crate) fn is_refusal(error: &PoolError) -> bool {
    matches!(error, PoolError::Backend(backend) if is_answer(backend))
}

/// What an error says, for the log. Redis repeats the arguments of a command that it does not know, and those may
/// be a password: so of what it says only the code is passed on.
pub(crate) fn message(error: &PoolError) -> String {
    match error {
        PoolError::Backend(error) => of_redis(error),
        PoolError::Timeout(TimeoutType::Wait) => "all connections of the pool are in use".to_owned(),
        PoolError::Timeout(TimeoutType::Create) => "no connection within the connect timeout".to_owned(),
        PoolError::Timeout(TimeoutType::Recycle) => "a connection did not answer".to_owned(),
        PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
            "the pool makes no connections".to_owned()
        }
    }
}

fn is_answer(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension | ErrorKind::AuthenticationFailed)
}

fn of_redis(error: &RedisError) -> String {
    match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension => {
            let code = error.code().unwrap_or("ERR");
            explanation(code).map_or_else(|| code.to_owned(), |text| format!("{code}: {text}"))
        }
        ErrorKind::AuthenticationFailed => {
            "the user name or the password of the Redis URL is wrong".to_owned()
        }
        // These are of the operating system and of the resolver.
        ErrorKind::Io => error.to_string(),
        _ => error.category().to_owned(),
    }
}

/// What a code means for whoever runs the server.
fn explanation(code: &str) -> Option<&'static str> {
    Some(match code {
        "OOM" => "Redis is out of memory: raise maxmemory or keep fewer events",
        "READONLY" => "this Redis is a replica: the URL must lead to the primary",
        "NOREPLICAS" => "Redis has fewer replicas than min-replicas-to-write asks for",
        "MISCONF" => "Redis cannot save to its disk and takes no writes until it can",
        "LOADING" => "Redis is still loading its data",
        "NOPERM" => {
            "the Redis user may not run EVAL and the commands of streams on {hermes:events} and its keys"
        }
        "WRONGTYPE" => "a key that begins with {hermes:events} holds something else",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use deadpool_redis::redis::{Value, parse_redis_value};

    use super::*;

    fn reply(line: &str) -> PoolError {
        let value = parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
        PoolError::Backend(Value::extract_error(value).unwrap_err())
    }

    #[test]
    fn whatever_the_server_says_is_a_refusal_by_its_code() {
        let error = publish_error(&reply("OOM command not allowed when used memory > 'maxmemory'."));
        assert!(matches!(&error, PublishError::Refused(text) if text.starts_with("OOM: ")), "{error:?}");
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        let error =
            publish_error(&reply("ERR unknown command 'AUTH', with args beginning with: 'correct-horse' "));
        assert_eq!(error.to_string(), "event stream refused: ERR");
    }

    #[test]
    fn a_broken_connection_is_away() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let error = publish_error(&PoolError::Backend(refused.into()));
        assert_eq!(error.to_string(), "event stream unavailable: connection refused");
    }
}
