//! A client that sends and receives the bytes of one connection.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// A large response.
pub const LARGE: &str = "/api/openapi.json";
/// The number of large responses that the buffers of a connection with small buffers cannot hold.
pub const MORE_THAN_BUFFERS: usize = 8;
/// The address of clients that do no harm.
pub const HOME: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// The head of a booking, without the fields that determine the length of its body.
pub const POST: &str = "POST /api/bookings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
const TIMEOUT: Duration = Duration::from_secs(40);

pub struct RawClient(pub TcpStream);

impl RawClient {
    /// Connects to a port of this machine from an address.
    pub async fn connect(from: Ipv4Addr, port: u16) -> Self {
        Self::connect_socket(TcpSocket::new_v4().unwrap(), from, port).await
    }

    /// Connects with a receive buffer that holds little of a response.
    pub async fn connect_with_small_buffers(from: Ipv4Addr, port: u16) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        Self::connect_socket(socket, from, port).await
    }

    async fn connect_socket(socket: TcpSocket, from: Ipv4Addr, port: u16) -> Self {
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        let connected = timeout(TIMEOUT, socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))).await;
        Self(connected.expect("no connection in time").unwrap())
    }

    /// Sends text. The server may have closed the connection.
    pub async fn send(&mut self, text: &str) -> bool {
        self.0.write_all(text.as_bytes()).await.is_ok()
    }

    /// Sends a GET request and returns the status and the body of the response.
    pub async fn get(&mut self, path: &str) -> Option<(u16, String)> {
        self.send(&get(path)).await;
        self.response().await
    }

    /// Reads one response with a `Content-Length`; `None` if the connection ends before.
    pub async fn response(&mut self) -> Option<(u16, String)> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head.push(char::from(
                timeout(TIMEOUT, self.0.read_u8()).await.expect("no response in time").ok()?,
            ));
        }
        let head = head.to_lowercase();
        let length = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        timeout(TIMEOUT, self.0.read_exact(&mut body)).await.expect("no body in time").ok()?;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Some((status, String::from_utf8(body).unwrap()))
    }

    /// Reads until the server closes the connection, and returns everything.
    pub async fn read_to_end(&mut self) -> String {
        let mut received = Vec::new();
        let ended = timeout(TIMEOUT, self.0.read_to_end(&mut received)).await;
        // A reset also ends the connection.
        let _end = ended.expect("the server does not close the connection");
        String::from_utf8(received).unwrap()
    }

    /// Sends one more byte twice a second until the server closes the connection. Returns the seconds since the call, and
    /// everything received.
    pub async fn drip(&mut self, byte: char) -> (f64, String) {
        let start = Instant::now();
        let (mut reader, mut writer) = self.0.split();
        let mut received = Vec::new();
        let drip = async {
            loop {
                let sent = writer.write_all(byte.to_string().as_bytes()).await;
                actix_web::rt::time::sleep(Duration::from_millis(500)).await;
                if sent.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::select! {
            ended = timeout(TIMEOUT, reader.read_to_end(&mut received)) => {
                let _end = ended.expect("the server does not close the connection");
            }
            () = drip => unreachable!(),
        }
        (start.elapsed().as_secs_f64(), String::from_utf8(received).unwrap())
    }
}

pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// Checks that a response has a status, no body and a request id, and that nothing follows.
#[track_caller]
pub fn assert_bare_response(received: &str, status: u16) {
    assert!(received.starts_with(&format!("HTTP/1.1 {status} ")), "{received:?}");
    assert!(received.ends_with("\r\n\r\n") && received.matches("\r\n\r\n").count() == 1, "{received:?}");
    for header in ["content-length: 0\r\n", "connection: close\r\n", "date: ", "x-request-id: "] {
        assert_eq!(received.matches(header).count(), 1, "{header:?} in {received:?}");
    }
}
