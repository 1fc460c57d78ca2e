//! As much of HTTP/1.1 as a load needs: requests that are ready-made bytes, answers with a length.

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What stands between the head of an answer and its body.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// A connection that is kept.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// The lines of its head.
    pub head: String,
    /// Its body.
    pub body: Vec<u8>,
}

impl Connection {
    /// Connects to a port of this machine.
    pub async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }

    /// Sends a request and reads the answer to its end.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (status, from, to) = loop {
            if let Some(found) = head(&self.buffer)? {
                break found;
            }
            self.read_more().await?;
        };
        while self.buffer.len() < to {
            self.read_more().await?;
        }
        let body = self.buffer.get(from..to).context("a body of the length that was said")?.to_vec();
        let head = String::from_utf8_lossy(self.buffer.get(..from).unwrap_or_default()).into_owned();
        Ok(Answer { status, head, body })
    }

    async fn read_more(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        value_of(self.head.split("\r\n"), name)
    }
}

/// Asks once, on a connection of its own.
pub async fn get(port: u16, path: &str) -> Result<Answer> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    Connection::open(port).await?.ask(request.as_bytes()).await
}

/// The status of an answer and where its body begins and ends, once the head is there.
fn head(buffer: &[u8]) -> Result<Option<(u16, usize, usize)>> {
    let Some(end) = buffer.windows(END_OF_HEAD.len()).position(|bytes| bytes == END_OF_HEAD) else {
        return Ok(None);
    };
    let head = std::str::from_utf8(buffer.get(..end).unwrap_or_default())?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("a status")?.parse()?;
    let length = value_of(lines, "content-length").map_or(Ok(0), str::parse::<usize>)?;
    let from = end + END_OF_HEAD.len();
    Ok(Some((status, from, from + length)))
}

fn value_of<'a>(lines: impl Iterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    let mut headers = lines.filter_map(|line| line.split_once(':'));
    headers.find(|(this, _)| this.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::head;

    #[test]
    fn a_head_says_where_the_body_is() {
        let answer = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nx: y\r\n\r\n{}";
        assert_eq!(head(answer).unwrap(), Some((201, 49, 51)));
        assert_eq!(head(&answer[..20]).unwrap(), None);
    }

    #[test]
    fn an_answer_without_a_body_ends_with_its_head() {
        assert_eq!(head(b"HTTP/1.1 304 Not Modified\r\n\r\n").unwrap(), Some((304, 29, 29)));
    }
}
