//! A TCP proxy that does to a connection what networks do.
//!
//! It stands between one client and one server and passes bytes on until it is told to do something else:
//!
//! | [`Traffic`] | new connections | those that are open |
//! |---|---|---|
//! | `Pass` | are made | bytes pass |
//! | `Cut` | are refused | are reset |
//! | `Hang` | are accepted, and nothing more | stand still; what was sent arrives once bytes pass again |
//! | `SwallowAnswers` | are made | requests pass, answers are lost |
//! | `Delay` | are made | bytes take longer, each way |
//!
//! It can also be led to another server, as an address is after a failover: connections to the one before are reset.
//!
//! **Invariant:** no connection goes on after some of its bytes were lost, which TCP never lets happen: it is
//! reset as soon as answers pass again.

mod relay;

use std::net::Ipv4Addr;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::watch;

use crate::port::Port;

/// What becomes of the bytes on a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    /// They are passed on.
    Pass,
    /// Nobody listens, and connections are reset.
    Cut,
    /// Connections are accepted, and nothing is passed on.
    Hang,
    /// The server hears the client, and the client hears nothing.
    SwallowAnswers,
    /// What arrives is passed on that much later, in each direction.
    Delay(Duration),
}

/// What a proxy was told.
#[derive(Debug, Clone, Copy)]
struct Rules {
    traffic: Traffic,
    /// The port of the server.
    server: u16,
}

/// A way to a server on 127.0.0.1, on a port of its own. It ends when it is dropped.
#[derive(Debug)]
pub struct FaultProxy {
    port: Port,
    /// `None` only while the proxy is dropped.
    rules: Option<watch::Sender<Rules>>,
    /// A thread of its own, so that a busy test does not slow the bytes down.
    thread: Option<JoinHandle<()>>,
}

impl FaultProxy {
    /// Leads to a port on 127.0.0.1; bytes pass.
    pub fn to(server: u16) -> Self {
        let port = Port::take();
        let (rules, told) = watch::channel(Rules { traffic: Traffic::Pass, server });
        let address = (Ipv4Addr::LOCALHOST, port.number());
        let first = std::net::TcpListener::bind(address).expect("the port is reserved");
        first.set_nonblocking(true).expect("a socket can be told not to block");
        let thread = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            let serving = async { serve(first, told).await };
            runtime.expect("a runtime can be made").block_on(serving);
        });
        Self { port, rules: Some(rules), thread: Some(thread) }
    }

    /// The TCP port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// Says what becomes of the bytes from now on.
    pub fn set(&self, traffic: Traffic) {
        self.rules().send_modify(|rules| rules.traffic = traffic);
    }

    /// Leads to another port on 127.0.0.1 from now on.
    pub fn lead_to(&self, server: u16) {
        self.rules().send_modify(|rules| rules.server = server);
    }

    fn rules(&self) -> &watch::Sender<Rules> {
        self.rules.as_ref().expect("it is there until the drop")
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.rules = None;
        let _panicked = self.thread.take().map(JoinHandle::join);
    }
}

/// Accepts connections, and does not even listen while the way is cut. Ends when nobody can set the rules any more.
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

/// The next connection; none ever comes where nobody listens.
async fn accept(listener: Option<&TcpListener>) -> tokio::net::TcpStream {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    loop {
        // What fails is one connection that was given up before it was accepted.
        if let Ok((client, _)) = listener.accept().await {
            return client;
        }
    }
}

#[cfg(test)]
mod tests;
