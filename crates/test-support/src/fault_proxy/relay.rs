//! One connection through the proxy.

use std::io::Result;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;

use super::{Rules, Traffic};

/// How much is passed on at a time, in bytes.
const PIECE: usize = 16 * 1024;

type Told = watch::Receiver<Rules>;

/// How a connection ends.
enum End {
    /// One of the two has closed it.
    Closed,
    /// The network has.
    Reset,
}

/// Which way the bytes go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToServer,
    ToClient,
}

/// Passes on what a client and a server say to each other, by the rules as they are at each moment.
pub(super) async fn relay(mut client: TcpStream, rules: Told) {
    let (server, lossy) = (rules.borrow().server, AtomicBool::new(false));
    let end = tokio::select! {
        end = connect_and_forward(&mut client, server, &rules, &lossy) => end,
        () = reset(rules.clone(), server, &lossy) => End::Reset,
    };
    if matches!(end, End::Reset) {
        let _closed_already = client.set_zero_linger();
    }
}

async fn connect_and_forward(client: &mut TcpStream, server: u16, rules: &Told, lossy: &AtomicBool) -> End {
    until_bytes_move(rules.clone()).await;
    let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await else {
        return End::Reset;
    };
    // Small packets are not held back: the delays are those that were asked for.
    let _closed_already = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let ended = tokio::select! {
        ended = forward(from_client, to_server, Direction::ToServer, rules, lossy) => ended,
        ended = forward(from_server, to_client, Direction::ToClient, rules, lossy) => ended,
    };
    if ended.is_ok() { End::Closed } else { End::Reset }
}

/// Passes bytes on in one direction until one side closes the connection.
async fn forward(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    direction: Direction,
    rules: &Told,
    lossy: &AtomicBool,
) -> Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        until_bytes_move(rules.clone()).await;
        let traffic = rules.borrow().traffic;
        match traffic {
            Traffic::SwallowAnswers if direction == Direction::ToClient => {
                lossy.store(true, Ordering::SeqCst);
                continue;
            }
            Traffic::Delay(delay) => tokio::time::sleep(delay).await,
            Traffic::Pass | Traffic::Cut | Traffic::Hang | Traffic::SwallowAnswers => {}
        }
        to.write_all(piece.get(..length).unwrap_or_default()).await?;
    }
}

/// Waits while the way hangs.
async fn until_bytes_move(mut rules: Told) {
    // An error means that the proxy is being dropped, and this task with it.
    let _dropped = rules.wait_for(|rules| rules.traffic != Traffic::Hang).await;
}

/// Waits until the connection must not go on: the way is cut or leads elsewhere, or answers pass again after some
/// were lost.
async fn reset(mut rules: Told, server: u16, lossy: &AtomicBool) {
    let must_end = |rules: &Rules| {
        rules.server != server
            || match rules.traffic {
                Traffic::Cut => true,
                Traffic::SwallowAnswers => false,
                Traffic::Pass | Traffic::Hang | Traffic::Delay(_) => lossy.load(Ordering::SeqCst),
            }
    };
    if rules.wait_for(must_end).await.is_err() {
        std::future::pending().await
    }
}
