//! Sets TCP options on the driver's sockets.
//!
//! **Measurement:** a statement of several packets takes 40 ms longer without `TCP_NODELAY` (`socket_tests.rs` shows both
//! times). sqlx 0.9.0 leaves Nagle's algorithm on (transact-rs/sqlx#4335). The last packet then waits for the server's
//! acknowledgement of the one before, and an idle server delays acknowledgements by 40 ms. Under TLS, a packet is a
//! record of 16 KB.
//!
//! The driver also sets no keep-alive: if a server vanishes without closing the connection, the driver waits for its
//! response forever.
//!
//! The driver does not expose its sockets. The process therefore searches `/proc/self/fd` for TCP connections to the port
//! of the database. It sets the options on a duplicate of each descriptor, because both refer to the same socket. UNIX
//! sockets need no options and are not found.

use std::io;
use std::path::Path;
use std::time::Duration;

use filedescriptor::OwnedHandle;
use socket2::{SockRef, TcpKeepalive};

/// The folder with the process's own file descriptors.
const DESCRIPTORS: &str = "/proc/self/fd";

/// TCP keep-alive: the idle time before the first probe, the interval of probes, and the probes without a response
/// after which the connection is closed. A vanished server is detected after 25 s.
const KEEPALIVE_TIME: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;

/// How long sent data may stay unacknowledged.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(25);

/// Sets the options of every TCP connection of this process to `port`, and returns the number of these connections.
///
/// [`Database`](crate::Database) calls this function itself; pools that are opened in another way need the call.
///
/// # Errors
/// If the descriptors cannot be listed, as on systems without `/proc`.
pub fn tune_connections_to(port: u16) -> io::Result<usize> {
    let mut tuned = 0;
    for entry in std::fs::read_dir(DESCRIPTORS)? {
        let entry = entry?;
        if is_socket(&entry.path())
            && let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok())
        {
            tuned += usize::from(tune_if_to(number, port));
        }
    }
    Ok(tuned)
}

/// Only sockets are duplicated: closing a duplicate of a file would release the locks on the file.
fn is_socket(descriptor: &Path) -> bool {
    std::fs::read_link(descriptor).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
}

/// The descriptor may be closed or refer to another socket by now. The options do no harm to any socket.
fn tune_if_to(descriptor: i32, port: u16) -> bool {
    let Ok(duplicate) = OwnedHandle::dup(&descriptor) else { return false };
    let socket = SockRef::from(&duplicate);
    let to_port =
        socket.peer_addr().ok().and_then(|peer| peer.as_socket()).is_some_and(|peer| peer.port() == port);
    to_port && tune(&socket).is_ok()
}

fn tune(socket: &SockRef<'_>) -> io::Result<()> {
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_TIME)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_RETRIES);
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_keepalive(&keepalive)?;
    socket.set_tcp_user_timeout(Some(TCP_USER_TIMEOUT))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use socket2::SockRef;

    use super::{TCP_USER_TIMEOUT, tune_connections_to};

    #[test]
    fn only_connections_to_the_port_get_the_options() {
        let (database, other) =
            (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let [tuned, untouched] =
            [&database, &other].map(|to| TcpStream::connect(to.local_addr().unwrap()).unwrap());

        assert_eq!(tune_connections_to(database.local_addr().unwrap().port()).unwrap(), 1);

        assert!(tuned.nodelay().unwrap() && !untouched.nodelay().unwrap());
        let timeout = |stream| SockRef::from(stream).tcp_user_timeout().unwrap();
        assert_eq!(timeout(&tuned), Some(TCP_USER_TIMEOUT));
        assert!(
            SockRef::from(&tuned).keepalive().unwrap() && !SockRef::from(&untouched).keepalive().unwrap()
        );
    }
}
