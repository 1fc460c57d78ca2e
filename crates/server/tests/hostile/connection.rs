//! Runs a case on a connection of its own.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::case::{Body, Case, Step, TargetPort};
use crate::response::{Response, parse};

/// The longest step: longer than every deadline of the server for a connection in use.
const STEP_TIMEOUT: Duration = Duration::from_secs(40);
const READ_BYTES: usize = 64 * 1024;

/// Runs the steps of a case; `ports` are those of the portal and the dashboard.
///
/// # Errors
/// Describes the first step that had another result, or a second response to one request.
pub async fn run(case: &Case, ports: [u16; 2]) -> Result<(), String> {
    let port = match case.port {
        TargetPort::Portal => ports[0],
        TargetPort::Dashboard => ports[1],
    };
    let stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(|error| error.to_string())?;
    let mut connection = Connection { stream, received: Vec::new() };
    for step in &case.steps {
        let result = timeout(STEP_TIMEOUT, connection.step(step)).await;
        result.map_err(|_| format!("no result after {STEP_TIMEOUT:?}"))??;
    }
    let Some(Step::Expect(last)) = case.steps.last() else { return Ok(()) };
    if !last.closes {
        let _closed = connection.stream.shutdown().await;
    }
    // A second response would be the start of an attack on another client of the same proxy.
    let result = timeout(STEP_TIMEOUT, connection.expect_closed()).await;
    result.map_err(|_| "the server does not close the connection".to_owned())?
}

struct Connection {
    stream: TcpStream,
    /// Bytes that do not belong to a response that was read.
    received: Vec<u8>,
}

impl Connection {
    async fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            // The server may respond and close the connection before it has read everything.
            Step::Send(bytes) => drop(self.stream.write_all(bytes).await),
            Step::SendUntilClosed(bytes) => while self.stream.write_all(bytes).await.is_ok() {},
            Step::Expect(answer) => self.read_response(answer.body == Body::None).await?.check(answer)?,
            Step::ExpectOrClosed(answer) => {
                if self.received.is_empty() && !self.receive().await {
                    return Ok(());
                }
                self.read_response(answer.body == Body::None).await?.check(answer)?;
            }
            Step::ExpectClosed => self.expect_closed().await?,
            Step::Reset => self.stream.set_zero_linger().map_err(|error| error.to_string())?,
        }
        Ok(())
    }

    async fn read_response(&mut self, is_head: bool) -> Result<Response, String> {
        let mut is_closed = false;
        loop {
            if let Some((response, length)) = parse(&self.received, is_head, is_closed)? {
                self.received.drain(..length);
                return Ok(response);
            }
            if is_closed {
                return Err(format!("closed after {:?}", String::from_utf8_lossy(&self.received)));
            }
            is_closed = !self.receive().await;
        }
    }

    async fn expect_closed(&mut self) -> Result<(), String> {
        while self.received.is_empty() {
            if !self.receive().await {
                return Ok(());
            }
        }
        Err(format!("another response: {:?}", String::from_utf8_lossy(&self.received)))
    }

    /// Reads some bytes; returns whether the connection is open.
    async fn receive(&mut self) -> bool {
        let mut bytes = vec![0; READ_BYTES];
        // A server that rejects a request may reset the connection.
        let count = self.stream.read(&mut bytes).await.unwrap_or(0);
        self.received.extend_from_slice(&bytes[..count]);
        count > 0
    }
}
