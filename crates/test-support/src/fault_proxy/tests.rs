use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::{FaultProxy, Traffic};

/// The time limit of an expected event.
const DEADLINE: Duration = Duration::from_secs(20);
/// The time without an event.
const SILENCE: Duration = Duration::from_millis(200);

/// Starts a server that echoes its input. Returns its port.
fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let mut reader = stream.try_clone().unwrap();
                std::io::copy(&mut reader, &mut stream)
            });
        }
    });
    port
}

fn connect(proxy: &FaultProxy) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

fn send(mut stream: &TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).unwrap();
}

fn receive(mut stream: &TcpStream, text: &str) {
    let mut received = vec![0; text.len()];
    stream.read_exact(&mut received).unwrap();
    assert_eq!(String::from_utf8(received).unwrap(), text);
}

fn receives_nothing(mut stream: &TcpStream) {
    stream.set_read_timeout(Some(SILENCE)).unwrap();
    let error = stream.read(&mut [0]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
}

fn is_reset(mut stream: &TcpStream) {
    let error = stream.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn bytes_pass_by_default() {
    let proxy = FaultProxy::to(echo());
    let stream = connect(&proxy);
    send(&stream, "hello");
    receive(&stream, "hello");
}

#[test]
fn a_cut_proxy_resets_connections_and_refuses_new_ones() {
    let proxy = FaultProxy::to(echo());
    let stream = connect(&proxy);
    send(&stream, "hello");
    receive(&stream, "hello");

    proxy.set(Traffic::Cut);
    is_reset(&stream);
    let deadline = Instant::now() + DEADLINE;
    while TcpStream::connect(("127.0.0.1", proxy.port())).is_ok() {
        assert!(Instant::now() < deadline);
    }

    proxy.set(Traffic::Pass);
    while TcpStream::connect(("127.0.0.1", proxy.port())).is_err() {
        assert!(Instant::now() < deadline);
    }
    let stream = connect(&proxy);
    send(&stream, "again");
    receive(&stream, "again");
}

#[test]
fn bytes_sent_to_a_hanging_proxy_arrive_later() {
    let proxy = FaultProxy::to(echo());
    let old = connect(&proxy);
    send(&old, "hello");
    receive(&old, "hello");

    proxy.set(Traffic::Hang);
    let new = connect(&proxy);
    send(&old, "old");
    send(&new, "new");
    receives_nothing(&old);
    receives_nothing(&new);

    proxy.set(Traffic::Pass);
    receive(&old, "old");
    receive(&new, "new");
}

#[test]
fn a_connection_with_lost_replies_delivers_requests_and_is_reset_later() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = FaultProxy::to(listener.local_addr().unwrap().port());
    let client = connect(&proxy);
    let (server, _) = listener.accept().unwrap();
    proxy.set(Traffic::LoseReplies);

    send(&client, "request");
    receive(&server, "request");
    send(&server, "reply");
    receives_nothing(&client);

    proxy.set(Traffic::Pass);
    is_reset(&client);
}

#[test]
fn a_slow_proxy_delays_each_direction() {
    let proxy = FaultProxy::to(echo());
    let stream = connect(&proxy);
    let delay = Duration::from_millis(50);
    proxy.set(Traffic::Delay(delay));

    let sent = Instant::now();
    send(&stream, "slow");
    receive(&stream, "slow");
    assert!(sent.elapsed() >= 2 * delay);
}

#[test]
fn a_redirected_proxy_resets_connections_to_the_previous_server() {
    let (one, other) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let proxy = FaultProxy::to(one.local_addr().unwrap().port());
    let old = connect(&proxy);
    let (_server, _) = one.accept().unwrap();

    proxy.redirect_to(other.local_addr().unwrap().port());
    is_reset(&old);
    let new = connect(&proxy);
    let (server, _) = other.accept().unwrap();
    send(&new, "hello");
    receive(&server, "hello");
}

#[test]
fn a_connection_to_a_stopped_server_is_reset() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let proxy = FaultProxy::to(closed);
    is_reset(&connect(&proxy));
}
