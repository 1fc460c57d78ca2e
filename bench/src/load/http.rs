//! A minimal HTTP/1.1 client: sends prepared bytes and reads responses with a content length.

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The separator between the head and the body of a response.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// A persistent connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A response.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The status line and the headers.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Connection {
    /// Connects to a local port.
    pub async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }

    /// Sends a request and reads the whole response.
    pub async fn send(&mut self, request: &[u8]) -> Result<Response> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (status, start, end) = loop {
            if let Some(parsed) = parse_head(&self.buffer)? {
                break parsed;
            }
            self.read_more().await?;
        };
        while self.buffer.len() < end {
            self.read_more().await?;
        }
        let body = self.buffer.get(start..end).context("the body is shorter than its length")?.to_vec();
        let head = String::from_utf8_lossy(self.buffer.get(..start).unwrap_or_default()).into_owned();
        Ok(Response { status, head, body })
    }

    async fn read_more(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

impl Response {
    /// Returns the value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        header_value(self.head.split("\r\n"), name)
    }
}

/// Sends a GET request on a new connection.
pub async fn get(port: u16, path: &str) -> Result<Response> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    Connection::open(port).await?.send(request.as_bytes()).await
}

/// Parses the status and the range of the body. Returns `None` until the head is complete.
fn parse_head(buffer: &[u8]) -> Result<Option<(u16, usize, usize)>> {
    let Some(end) = buffer.windows(END_OF_HEAD.len()).position(|bytes| bytes == END_OF_HEAD) else {
        return Ok(None);
    };
    let head = std::str::from_utf8(buffer.get(..end).unwrap_or_default())?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("no status")?.parse()?;
    let length = header_value(lines, "content-length").map_or(Ok(0), str::parse::<usize>)?;
    let start = end + END_OF_HEAD.len();
    Ok(Some((status, start, start + length)))
}

fn header_value<'a>(lines: impl Iterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    let mut headers = lines.filter_map(|line| line.split_once(':'));
    headers.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::parse_head;

    #[test]
    fn the_content_length_gives_the_range_of_the_body() {
        let response = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nx: y\r\n\r\n{}";
        assert_eq!(parse_head(response).unwrap(), Some((201, 49, 51)));
        assert_eq!(parse_head(&response[..20]).unwrap(), None);
    }

    #[test]
    fn a_response_without_a_content_length_has_an_empty_body() {
        assert_eq!(parse_head(b"HTTP/1.1 304 Not Modified\r\n\r\n").unwrap(), Some((304, 29, 29)));
    }
}
