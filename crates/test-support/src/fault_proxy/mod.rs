//! A TCP proxy that injects network faults.
//!
//! The proxy is between one client and one server. It forwards bytes until a test sets another [`Traffic`]:
//!
//! | [`Traffic`] | new connections | open connections |
//! |---|---|---|
//! | `Pass` | are accepted | bytes pass |
//! | `Cut` | are refused | are reset |
//! | `Hang` | are accepted, then hang | hang; their bytes arrive once bytes pass again |
//! | `LoseReplies` | are accepted | requests pass, replies are lost |
//! | `Delay` | are accepted | bytes are delayed, each way |
//!
//! The proxy can be redirected to another server, as after a failover. Connections to the previous server are reset.
//!
//! **Invariant:** no connection continues after some of its bytes were lost, which TCP rules out. The connection is
//! reset as soon as replies pass again.

mod relay;

use std::net::Ipv4Addr;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::watch;

use crate::port::Port;

/// The treatment of bytes and connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    /// Bytes are forwarded.
    Pass,
    /// The port is closed, and connections are reset.
    Cut,
    /// Connections are accepted, and no byte is forwarded.
    Hang,
    /// Requests are forwarded, and replies are lost.
    LoseReplies,
    /// Bytes are forwarded after a delay, in each direction.
    Delay(Duration),
}

/// The current settings of a proxy.
#[derive(Debug, Clone, Copy)]
struct Rules {
    traffic: Traffic,
    /// The port of the server.
    server: u16,
}

/// A proxy to a server on 127.0.0.1, with its own port. Dropping the proxy stops it.
#[derive(Debug)]
pub struct FaultProxy {
    port: Port,
    /// `None` only while the proxy is dropped.
    rules: Option<watch::Sender<Rules>>,
    /// A separate thread, so a busy test does not delay the bytes.
    thread: Option<JoinHandle<()>>,
}

impl FaultProxy {
    /// Starts a proxy to a port on 127.0.0.1. Bytes pass.
    pub fn to(server: u16) -> Self {
        let port = Port::take();
        let (sender, receiver) = watch::channel(Rules { traffic: Traffic::Pass, server });
        let address = (Ipv4Addr::LOCALHOST, port.number());
        let first = std::net::TcpListener::bind(address).expect("the port is reserved");
        first.set_nonblocking(true).expect("a socket can be non-blocking");
        let thread = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            let serving = async { serve(first, receiver).await };
            runtime.expect("a runtime can be made").block_on(serving);
        });
        Self { port, rules: Some(sender), thread: Some(thread) }
    }

    /// The TCP port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// Sets the treatment of bytes from now on.
    pub fn set(&self, traffic: Traffic) {
        self.rules().send_modify(|rules| rules.traffic = traffic);
    }

    /// Redirects the proxy to another port on 127.0.0.1.
    pub fn redirect_to(&self, server: u16) {
        self.rules().send_modify(|rules| rules.server = server);
    }

    fn rules(&self) -> &watch::Sender<Rules> {
        self.rules.as_ref().expect("the sender exists until the drop")
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.rules = None;
        let _panicked = self.thread.take().map(JoinHandle::join);
    }
}

/// Accepts connections. While the traffic is cut, the port is closed. Returns when the proxy is dropped.
async fn serve(first: std::net::TcpListener, mut rules: watch::Receiver<Rules>) {
    let address = first.local_addr().expect("a bound socket has an address");
    let mut listener = Some(TcpListener::from_std(first).expect("there is a runtime"));
    loop {
        match (rules.borrow_and_update().traffic, &listener) {
            (Traffic::Cut, _) => listener = None,
            (_, None) => listener = Some(TcpListener::bind(address).await.expect("the port is reserved")),
            (_, Some(_)) => {}
        }
        tokio::select! {
            client = accept(listener.as_ref()) => {
                tokio::spawn(relay::relay(client, rules.clone()));
            }
            changed = rules.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
    }
}

/// Returns the next connection. Without a listener, never returns.
async fn accept(listener: Option<&TcpListener>) -> tokio::net::TcpStream {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    loop {
        // An error concerns a connection that was closed before it was accepted.
        if let Ok((client, _)) = listener.accept().await {
            return client;
        }
    }
}

#[cfg(test)]
mod tests;
