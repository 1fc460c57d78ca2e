//! What the socket of a connection is told, which the driver does not do.
//!
//! sqlx 0.9.0 leaves Nagle's algorithm on (transact-rs/sqlx#4335): the last piece of a statement that goes out
//! in several waits until the server has acknowledged the one before, which a server that has nothing to say
//! yet puts off for 40 ms. Under TLS a piece is a record of 16 KB. It also never notices a server that has
//! vanished without a word, and waits for its answer for good.
//!
//! The driver does not hand its socket out. So the process looks through its own descriptors for TCP
//! connections to the port of the database, and sets the options on a duplicate: both are the same socket. A
//! UNIX socket needs none of it and is not found.

use std::io;
use std::path::Path;
use std::time::Duration;

use filedescriptor::OwnedHandle;
use socket2::{SockRef, TcpKeepalive};

/// Where a process finds its own descriptors.
const DESCRIPTORS: &str = "/proc/self/fd";

/// How long a connection is silent before the server's kernel is asked whether it is still there, how often it
/// is asked again, and how many questions may stay without an answer: a server that vanished is noticed after
/// 25 s.
const KEEPALIVE_TIME: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;

/// How long what was sent may stay without an acknowledgement.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(25);

/// Sets the options of every TCP connection of this process to a port; tells how many there are.
///
/// For pools that are opened without [`Database`](crate::Database), which does it by itself.
///
/// # Errors
/// When the descriptors cannot be listed, as on systems without `/proc`.
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

/// Only sockets are ever duplicated: to close a duplicate of a file would release its locks.
fn is_socket(descriptor: &Path) -> bool {
    std::fs::read_link(descriptor).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
}

/// The descriptor may be gone, or another socket by now; the options are harmless to any.
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
    fn connections_to_the_port_are_told_and_no_others() {
        let (wanted, other) =
            (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let [tuned, left] = [&wanted, &other].map(|to| TcpStream::connect(to.local_addr().unwrap()).unwrap());

        assert_eq!(tune_connections_to(wanted.local_addr().unwrap().port()).unwrap(), 1);

        assert!(tuned.nodelay().unwrap() && !left.nodelay().unwrap());
        let timeout = |stream| SockRef::from(stream).tcp_user_timeout().unwrap();
        assert_eq!(timeout(&tuned), Some(TCP_USER_TIMEOUT));
        assert!(SockRef::from(&tuned).keepalive().unwrap() && !SockRef::from(&left).keepalive().unwrap());
    }
}
