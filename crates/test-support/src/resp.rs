//! As much of the Redis protocol (RESP2) as a test needs to ask one question.

use std::io::{BufRead, BufReader, Error, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Sends one command on a connection of its own, after the password if there is one; an error of the server is
/// an [`Error`].
pub(crate) fn ask(port: u16, password: Option<&str>, command: &[&str]) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(ANSWER_MAX))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    if let Some(password) = password {
        stream.write_all(encode(&["AUTH", password]).as_bytes())?;
        decode(&mut reader)?;
    }
    stream.write_all(encode(command).as_bytes())?;
    decode(&mut reader)
}

fn encode(command: &[&str]) -> String {
    let words = command.iter().map(|word| format!("${}\r\n{word}\r\n", word.len()));
    format!("*{}\r\n{}", command.len(), words.collect::<String>())
}

fn decode(reader: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let line = line.trim_end();
    let Some((kind, rest)) = line.split_at_checked(1) else {
        return Err(Error::other("no answer"));
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

/// A length; `None` is nil, which has the length -1.
fn length(text: &str) -> Result<Option<usize>> {
    if text == "-1" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(Error::other)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    fn answer(bytes: &str) -> std::io::Result<String> {
        decode(&mut bytes.as_bytes())
    }

    #[test]
    fn a_command_is_an_array_of_counted_words() {
        assert_eq!(encode(&["GET", "größe"]), "*2\r\n$3\r\nGET\r\n$7\r\ngröße\r\n");
    }

    #[test]
    fn every_kind_of_answer_is_read() {
        assert_eq!(answer("+OK\r\n").unwrap(), "OK");
        assert_eq!(answer(":42\r\n").unwrap(), "42");
        assert_eq!(answer("$6\r\nab\r\ncd\r\n").unwrap(), "ab\r\ncd");
        assert_eq!(answer("$-1\r\n").unwrap(), "");
        assert_eq!(answer("*2\r\n+a\r\n*2\r\n:1\r\n$1\r\nb\r\n").unwrap(), "a\n1\nb");
    }

    #[test]
    fn an_error_of_the_server_and_a_closed_connection_are_errors() {
        assert_eq!(answer("-ERR unknown command\r\n").unwrap_err().to_string(), "ERR unknown command");
        assert!(answer("").is_err());
        assert!(answer("$5\r\nab").is_err());
    }
}
