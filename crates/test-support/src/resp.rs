//! The part of the Redis protocol (RESP2) that sends one command.

use std::io::{BufRead, BufReader, Error, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

const REPLY_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends one command on its own connection, after the password if there is one. An error reply is an [`Error`].
pub(crate) fn send(port: u16, password: Option<&str>, command: &[&str]) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(REPLY_TIMEOUT))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    if let Some(password) = password {
        stream.write_all(encode(&["AUTH", password]).as_bytes())?;
        decode(&mut reader)?;
    }
    stream.write_all(encode(command).as_bytes())?;
    decode(&mut reader)
}

fn encode(command: &[&str]) -> String {
    let parts = command.iter().map(|part| format!("${}\r\n{part}\r\n", part.len()));
    format!("*{}\r\n{}", command.len(), parts.collect::<String>())
}

fn decode(reader: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let line = line.trim_end();
    let Some((kind, rest)) = line.split_at_checked(1) else {
        return Err(Error::other("no reply"));
    };
    match kind {
        "+" | ":" => Ok(rest.to_owned()),
        "$" => decode_bulk(length(rest)?, reader),
        "*" => {
            let elements: Result<Vec<String>> =
                (0..length(rest)?.unwrap_or(0)).map(|_| decode(reader)).collect();
            Ok(elements?.join("\n"))
        }
        _ => Err(Error::other(rest.to_owned())),
    }
}

fn decode_bulk(length: Option<usize>, reader: &mut impl BufRead) -> Result<String> {
    let Some(length) = length else {
        return Ok(String::new());
    };
    let mut bytes = vec![0; length + "\r\n".len()];
    reader.read_exact(&mut bytes)?;
    bytes.truncate(length);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Parses a length. Nil has the length -1 and returns `None`.
fn length(text: &str) -> Result<Option<usize>> {
    if text == "-1" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(Error::other)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    fn reply(bytes: &str) -> std::io::Result<String> {
        decode(&mut bytes.as_bytes())
    }

    #[test]
    fn a_command_is_an_array_of_bulk_strings() {
        assert_eq!(encode(&["GET", "größe"]), "*2\r\n$3\r\nGET\r\n$7\r\ngröße\r\n");
    }

    #[test]
    fn every_kind_of_reply_is_decoded() {
        assert_eq!(reply("+OK\r\n").unwrap(), "OK");
        assert_eq!(reply(":42\r\n").unwrap(), "42");
        assert_eq!(reply("$6\r\nab\r\ncd\r\n").unwrap(), "ab\r\ncd");
        assert_eq!(reply("$-1\r\n").unwrap(), "");
        assert_eq!(reply("*2\r\n+a\r\n*2\r\n:1\r\n$1\r\nb\r\n").unwrap(), "a\n1\nb");
    }

    #[test]
    fn an_error_reply_and_a_closed_connection_are_errors() {
        assert_eq!(reply("-ERR unknown command\r\n").unwrap_err().to_string(), "ERR unknown command");
        assert!(reply("").is_err());
        assert!(reply("$5\r\nab").is_err());
    }
}
