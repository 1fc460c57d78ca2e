//! Listens on the ports of the portal and the dashboard, and protects them from clients that hold connections open.
//!
//! - `connections` limits the number of connections, in total and per address.
//! - `stream` closes connections whose client does not send a request, or read a response, in time.
//! - `framing` follows the requests in the bytes of a connection.
//! - `responses` counts the processed requests of a connection, and divides large responses.
//! - `closings` counts and logs the connections that were closed.

mod closings;
mod connections;
mod framing;
mod responses;
mod stream;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::time::Duration;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_server::ServerBuilder;
use actix_service::{Service, apply_fn_factory, map_config};
use actix_web::dev::{AppConfig, Server};
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::{App, web};
use anyhow::{Error, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};
use tokio::sync::oneshot;

use closings::Reason;
pub use connections::ConnectionLimits;
use connections::Connections;
use responses::process;
use stream::GuardedStream;

/// Connections that the kernel accepts before Hermes does.
const BACKLOG: i32 = 4_096;
/// The size of the send buffer of a connection, in bytes. The kernel uses twice as much for its bookkeeping, and accepts
/// output again when a third of that is free, so a client that reads at the minimum rate never seems to read nothing.
/// The kernel would enlarge a buffer without a fixed size, up to several MiB, and a client that does not read would keep
/// its connection for minutes.
const SEND_BUFFER: usize = 128 * 1024;
/// Time limit for an idle connection.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Time for a client to close its side of a connection that the server closes.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The part of the file descriptors that connections may use, in per cent. Databases, Redis and files use the rest.
const CONNECTIONS_PER_CENT: u64 = 80;
/// Connections reserved for the dashboard, health checks and the database.
pub const RESERVED_CONNECTIONS: usize = 64;
/// The maximum number of connections, whatever the limit of file descriptors. Each connection uses about 20 KiB.
pub const CONNECTIONS_MAX: usize = 8_192;
/// The number of descriptors if the system does not limit them.
const UNLIMITED_DESCRIPTORS: u64 = 1 << 20;

/// Binds a port. `variable` is the name of the setting that changes it.
///
/// # Errors
/// If the host is unknown or the port is in use.
pub fn bind(host: &str, port: u16, variable: &str) -> Result<TcpListener> {
    let addresses = (host, port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
    let bound = addresses.and_then(|addresses| {
        let unknown = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        let mut attempts = addresses.into_iter().map(bind_address);
        let first = attempts.next().unwrap_or(Err(unknown));
        attempts.fold(first, |bound, next| bound.or(next))
    });
    bound.map_err(|error| {
        let remedy = match error.kind() {
            io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied => {
                format!("set {variable} to use another port")
            }
            _ => "set HERMES__SERVER__HOST to an address of this machine".to_owned(),
        };
        Error::new(error).context(format!("cannot listen on {host}:{port}; {remedy}"))
    })
}

fn bind_address(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // A restarted process can bind the port although the kernel still holds closed connections.
    socket.set_reuse_address(true)?;
    // Accepted connections inherit the size.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Raises the soft limit of open files to the hard limit. Returns the number of connections that the portal may use.
pub fn portal_connections_max() -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        log::warn!("cannot raise the limit of open files: {error}");
    }
    share_of_portal(getrlimit(Resource::Nofile).current.unwrap_or(UNLIMITED_DESCRIPTORS))
}

/// Returns the limit of open files that Hermes can reach, and the connections of the portal that it allows.
pub fn descriptors() -> (u64, usize) {
    let descriptors = getrlimit(Resource::Nofile).maximum.unwrap_or(UNLIMITED_DESCRIPTORS);
    (descriptors, share_of_portal(descriptors))
}

fn share_of_portal(descriptors: u64) -> usize {
    let connections = descriptors.saturating_mul(CONNECTIONS_PER_CENT) / 100;
    let connections = usize::try_from(connections).unwrap_or(CONNECTIONS_MAX).min(CONNECTIONS_MAX);
    connections.saturating_sub(RESERVED_CONNECTIONS).max(1)
}

/// Serves an application on a socket with a number of threads. A stop waits at most `drain` for requests in flight.
///
/// # Errors
/// If the system cannot listen on the socket.
pub fn serve(
    socket: TcpListener,
    limits: ConnectionLimits,
    workers: usize,
    drain: Duration,
    configure: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> Result<Server> {
    let builder = ServerBuilder::new()
        .workers(workers)
        // Further connections wait in the backlog, so that the process never runs out of descriptors.
        .max_concurrent_connections((limits.total + RESERVED_CONNECTIONS).div_ceil(workers))
        .shutdown_timeout(drain.as_secs())
        .disable_signals();
    let stop = builder.graceful_shutdown_signal();
    let upload_timeout = limits.upload_timeout;
    let connections = Connections::new(limits);
    let address = socket.local_addr()?;
    let server = builder.listen("hermes", socket, move || {
        let connections = connections.clone();
        let app = App::new().wrap(from_fn(process)).configure(&configure);
        let stop = stop.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stop = stop.clone();
                async move { stop.notified().await }
            })
            .on_connect_ext(|stream: &GuardedStream, data| {
                data.insert(stream.processed());
            })
            // The stream has its own deadlines, which also apply to later requests of a connection.
            .client_request_timeout(Duration::ZERO)
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            .keep_alive(KEEP_ALIVE)
            // A client that has closed its side is gone. Its long poll ends at once.
            .h1_allow_half_closed(false)
            .local_addr(address)
            .h1(map_config(app, |()| AppConfig::default()));
        apply_fn_factory(http, move |io: TcpStream, http| {
            let peer = io.peer_addr().ok();
            // Otherwise, the last part of a response waits until the client confirms the part before it, up to 40 ms.
            let _without_the_option = io.set_nodelay(true);
            let address = peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip());
            let admitted = connections.admit(address).map(|(admission, closed)| {
                (http.call((GuardedStream::new(io, admission, upload_timeout), peer)), closed)
            });
            serve_connection(admitted)
        })
    });
    Ok(server?.run())
}

/// Serves a connection until it ends, or until another connection replaces it.
async fn serve_connection(
    admitted: Result<(impl Future<Output = Result<(), DispatchError>>, oneshot::Receiver<Reason>), Reason>,
) -> Result<(), DispatchError> {
    let reason = match admitted {
        Err(reason) => reason,
        Ok((serving, closed)) => tokio::select! {
            biased;
            result = serving => return result,
            Ok(reason) = closed => reason,
        },
    };
    reason.record("");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_portal_leaves_descriptors_for_everything_else() {
        assert_eq!(share_of_portal(1_024), 819 - 64);
        assert_eq!(share_of_portal(20), 1);
        assert_eq!(share_of_portal(1 << 30), CONNECTIONS_MAX - 64);
    }
}
