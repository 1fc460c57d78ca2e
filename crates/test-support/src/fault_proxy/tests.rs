use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::{FaultProxy, Traffic};

/// How long something that must happen may take.
const DEADLINE: Duration = Duration::from_secs(20);
/// How long nothing must happen.
const SILENCE: Duration = Duration::from_millis(200);

/// A server that sends back what it hears; the port it listens on.
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

fn say(mut stream: &TcpStream, word: &str) {
    stream.write_all(word.as_bytes()).unwrap();
}

fn hear(mut stream: &TcpStream, word: &str) {
    let mut heard = vec![0; word.len()];
    stream.read_exact(&mut heard).unwrap();
    assert_eq!(String::from_utf8(heard).unwrap(), word);
}

fn hears_nothing(mut stream: &TcpStream) {
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
fn bytes_pass_until_something_else_is_said() {
    let proxy = FaultProxy::to(echo());
    let stream = connect(&proxy);
    say(&stream, "hello");
    hear(&stream, "hello");
}

#[test]
fn a_cut_way_resets_connections_and_refuses_new_ones_until_it_is_mended() {
    let proxy = FaultProxy::to(echo());
    let stream = connect(&proxy);
    say(&stream, "hello");
    hear(&stream, "hello");

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
    say(&stream, "again");
    hear(&stream, "again");
}

#[test]
fn what_was_sent_into_a_way_that_hangs_arrives_later() {
    let proxy = FaultProxy::to(echo());
    let old = connect(&proxy);
    say(&old, "hello");
    hear(&old, "hello");

    proxy.set(Traffic::Hang);
    let new = connect(&proxy);
    say(&old, "old");
    say(&new, "new");
    hears_nothing(&old);
    hears_nothing(&new);

    proxy.set(Traffic::Pass);
    hear(&old, "old");
    hear(&new, "new");
}

#[test]
fn a_server_hears_requests_whose_answers_are_lost_and_that_connection_never_goes_on() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = FaultProxy::to(listener.local_addr().unwrap().port());
    let client = connect(&proxy);
    let (server, _) = listener.accept().unwrap();
    proxy.set(Traffic::SwallowAnswers);

    say(&client, "request");
    hear(&server, "request");
    say(&server, "answer");
    hears_nothing(&client);

    proxy.set(Traffic::Pass);
    is_reset(&client);
}

#[test]
fn a_slow_way_takes_its_time_in_each_direction() {
    let proxy = FaultProxy::to(echo());
    let stream = connect(&proxy);
    let delay = Duration::from_millis(50);
    proxy.set(Traffic::Delay(delay));

    let sent = Instant::now();
    say(&stream, "slow");
    hear(&stream, "slow");
    assert!(sent.elapsed() >= 2 * delay);
}

#[test]
fn a_way_that_leads_elsewhere_resets_the_connections_to_the_server_before() {
    let (one, other) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let proxy = FaultProxy::to(one.local_addr().unwrap().port());
    let old = connect(&proxy);
    let (_server, _) = one.accept().unwrap();

    proxy.lead_to(other.local_addr().unwrap().port());
    is_reset(&old);
    let new = connect(&proxy);
    let (server, _) = other.accept().unwrap();
    say(&new, "hello");
    hear(&server, "hello");
}

#[test]
fn a_connection_to_a_server_that_is_away_is_reset() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let proxy = FaultProxy::to(closed);
    is_reset(&connect(&proxy));
}
