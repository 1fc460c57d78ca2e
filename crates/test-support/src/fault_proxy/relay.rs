//! One connection through the proxy.

use std::io::Result;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;

use super::{Rules, Traffic};

/// The buffer size in bytes.
const BUFFER_BYTES: usize = 16 * 1024;

type RulesReceiver = watch::Receiver<Rules>;

/// How a connection ends.
enum End {
    /// The client or the server has closed the connection.
    Closed,
    /// The proxy resets the connection.
    Reset,
}

/// The direction of bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToServer,
    ToClient,
}

/// Forwards bytes between a client and a server under the current rules.
pub(super) async fn relay(mut client: TcpStream, rules: RulesReceiver) {
    let (server, lossy) = (rules.borrow().server, AtomicBool::new(false));
    let end = tokio::select! {
        end = connect_and_forward(&mut client, server, &rules, &lossy) => end,
        () = reset(rules.clone(), server, &lossy) => End::Reset,
    };
    if matches!(end, End::Reset) {
        let _closed_already = client.set_zero_linger();
    }
}

async fn connect_and_forward(
    client: &mut TcpStream,
    server: u16,
    rules: &RulesReceiver,
    lossy: &AtomicBool,
) -> End {
    until_bytes_move(rules.clone()).await;
    let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await else {
        return End::Reset;
    };
    // Small packets are sent at once, so no other delay is added.
    let _closed_already = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let ended = tokio::select! {
        ended = forward(from_client, to_server, Direction::ToServer, rules, lossy) => ended,
        ended = forward(from_server, to_client, Direction::ToClient, rules, lossy) => ended,
    };
    if ended.is_ok() { End::Closed } else { End::Reset }
}

/// Forwards bytes in one direction until one side closes the connection.
async fn forward(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    direction: Direction,
    rules: &RulesReceiver,
    lossy: &AtomicBool,
) -> Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        until_bytes_move(rules.clone()).await;
        let traffic = rules.borrow().traffic;
        match traffic {
            Traffic::LoseReplies if direction == Direction::ToClient => {
                lossy.store(true, Ordering::SeqCst);
                continue;
            }
            Traffic::Delay(delay) => tokio::time::sleep(delay).await,
            Traffic::Pass | Traffic::Cut | Traffic::Hang | Traffic::LoseReplies => {}
        }
        to.write_all(buffer.get(..length).unwrap_or_default()).await?;
    }
}

/// Waits while the traffic hangs.
async fn until_bytes_move(mut rules: RulesReceiver) {
    // An error means that the proxy is being dropped, and this task with it.
    let _dropped = rules.wait_for(|rules| rules.traffic != Traffic::Hang).await;
}

/// Waits until the connection must be reset: the traffic is cut, the proxy is redirected, or replies pass again after
/// some were lost.
async fn reset(mut rules: RulesReceiver, server: u16, lossy: &AtomicBool) {
    let must_end = |rules: &Rules| {
        rules.server != server
            || match rules.traffic {
                Traffic::Cut => true,
                Traffic::LoseReplies => false,
                Traffic::Pass | Traffic::Hang | Traffic::Delay(_) => lossy.load(Ordering::SeqCst),
            }
    };
    if rules.wait_for(must_end).await.is_err() {
        std::future::pending().await
    }
}
