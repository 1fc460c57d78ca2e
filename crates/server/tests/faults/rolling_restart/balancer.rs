//! A load balancer as operators use it: sends to ready instances only, reuses each connection until `Connection: close`,
//! and never retries.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::Duration;

use actix_web::rt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub const PROBE_INTERVAL: Duration = Duration::from_millis(100);
const RESPONSE_MAX: Duration = Duration::from_secs(10);

pub struct Balancer {
    instances: Vec<Rc<Instance>>,
    next: Cell<usize>,
}

struct Instance {
    port: u16,
    is_ready: Cell<bool>,
    idle: RefCell<Vec<TcpStream>>,
    sent: Cell<u64>,
}

/// The status and the body of a response.
pub struct Reply {
    pub status: u16,
    pub body: String,
}

impl Balancer {
    /// Starts to probe the readiness of the instances.
    pub fn start(ports: impl Iterator<Item = u16>) -> Self {
        let instance = |port| Instance {
            port,
            is_ready: Cell::new(false),
            idle: RefCell::default(),
            sent: Cell::new(0),
        };
        let instances: Vec<_> = ports.map(|port| Rc::new(instance(port))).collect();
        for instance in &instances {
            rt::spawn(probe(Rc::clone(instance)));
        }
        Self { instances, next: Cell::new(0) }
    }

    pub fn is_ready(&self, number: usize) -> bool {
        self.instances[number].is_ready.get()
    }

    pub fn ready_count(&self) -> usize {
        self.instances.iter().filter(|instance| instance.is_ready.get()).count()
    }

    /// Returns the number of requests that each instance received.
    pub fn sent(&self) -> Vec<u64> {
        self.instances.iter().map(|instance| instance.sent.get()).collect()
    }

    /// Sends a request to the next ready instance, once.
    pub async fn send(&self, request: &str) -> io::Result<Reply> {
        let count = self.instances.len();
        let first = self.next.replace(self.next.get() + 1);
        let ready = (0..count).map(|offset| &self.instances[(first + offset) % count]);
        let ready = ready.into_iter().find(|instance| instance.is_ready.get());
        let instance = ready.ok_or_else(|| io::Error::other("no instance is ready"))?;
        instance.sent.set(instance.sent.get() + 1);
        instance.send(request).await
    }
}

impl Instance {
    async fn send(&self, request: &str) -> io::Result<Reply> {
        let reused = self.idle.borrow_mut().pop();
        let mut stream = match reused {
            Some(stream) => stream,
            None => TcpStream::connect(("127.0.0.1", self.port)).await?,
        };
        stream.set_nodelay(true)?;
        stream.write_all(request.as_bytes()).await?;
        let (reply, closes) = timeout(RESPONSE_MAX, read_reply(&mut stream)).await??;
        if !closes && self.is_ready.get() {
            self.idle.borrow_mut().push(stream);
        }
        Ok(reply)
    }
}

/// Probes an instance until the test ends. A probe has its own connection.
async fn probe(instance: Rc<Instance>) {
    const PROBE: &str = "GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    loop {
        let answer = async {
            let mut stream = TcpStream::connect(("127.0.0.1", instance.port)).await?;
            stream.write_all(PROBE.as_bytes()).await?;
            read_reply(&mut stream).await
        };
        let is_ready = answer.await.is_ok_and(|(reply, _)| reply.status == 200);
        instance.is_ready.set(is_ready);
        if !is_ready {
            instance.idle.borrow_mut().clear();
        }
        rt::time::sleep(PROBE_INTERVAL).await;
    }
}

/// Reads a response with a `Content-Length`; returns also whether the server closes the connection.
async fn read_reply(stream: &mut TcpStream) -> io::Result<(Reply, bool)> {
    let mut bytes = Vec::new();
    let end = loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "no response"));
        }
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let length = field("content-length:").and_then(|length| length.parse::<usize>().ok());
    let (Some(status), Some(length)) = (status, length) else {
        return Err(io::Error::other(format!("a response without status or length: {head}")));
    };
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "an incomplete response"));
        }
    }
    let body = String::from_utf8_lossy(&bytes[end..]).into_owned();
    Ok((Reply { status, body }, field("connection:") == Some("close")))
}
