//! The open connections of a server, and the limits on their number.
//!
//! A connection that exceeds a limit replaces the one that has waited longest for its client. A connection whose
//! request is being processed is never replaced.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hermes_domain::AddressBlock;
use ipnet::IpNet;
use tokio::sync::oneshot;

use super::closings::Reason;

/// The limits on the number of connections of a server.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// The maximum number of connections.
    pub total: usize,
    /// The maximum number of connections of an address. 0 means no limit.
    pub per_address: usize,
    /// The networks to which the limit per address does not apply.
    pub exempt: Vec<IpNet>,
    /// The time limit for the body of an upload.
    pub upload_timeout: Duration,
}

/// The open connections of a server.
#[derive(Debug)]
pub(super) struct Connections {
    limits: ConnectionLimits,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    next_id: u64,
    connections: HashMap<u64, Entry>,
    by_address: HashMap<AddressBlock, usize>,
}

#[derive(Debug)]
struct Entry {
    address: AddressBlock,
    activity: Arc<Mutex<Activity>>,
    close: oneshot::Sender<Reason>,
}

/// An admitted connection. It stops counting when this value is dropped.
#[derive(Debug)]
pub(super) struct Admission {
    id: u64,
    activity: Arc<Mutex<Activity>>,
    connections: Arc<Connections>,
}

/// What a connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activity {
    /// A request is processed.
    Busy,
    /// There has been no request since a time.
    Idle(Instant),
    /// The client has had to send the rest of a request, or read a response, since a time.
    Transfer(Instant),
}

impl Connections {
    pub(super) fn new(limits: ConnectionLimits) -> Arc<Self> {
        Arc::new(Self { limits, open: Mutex::default() })
    }

    /// Admits a connection from an address. The receiver gets a reason when the connection must be closed.
    ///
    /// # Errors
    /// If a limit is reached and no connection can be replaced.
    pub(super) fn admit(
        self: &Arc<Self>,
        peer: IpAddr,
    ) -> Result<(Admission, oneshot::Receiver<Reason>), Reason> {
        let address = AddressBlock::from(peer);
        let limit = self.limits.per_address;
        let is_exempt = limit == 0 || self.limits.exempt.iter().any(|net| net.contains(&peer.to_canonical()));
        let activity = Arc::new(Mutex::new(Activity::Idle(Instant::now())));
        let mut open = self.lock();
        if !is_exempt && open.by_address.get(&address).is_some_and(|count| *count >= limit) {
            open.replace(Reason::AddressLimit, |entry| entry.address == address && entry.is_idle())?;
        }
        if open.connections.len() >= self.limits.total {
            open.replace(Reason::TotalLimit, |_| true)?;
        }
        let id = open.next_id;
        open.next_id += 1;
        let (close, closed) = oneshot::channel();
        *open.by_address.entry(address).or_default() += 1;
        open.connections.insert(id, Entry { address, activity: Arc::clone(&activity), close });
        Ok((Admission { id, activity, connections: Arc::clone(self) }, closed))
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admission {
    /// Records what the connection does from now on.
    pub(super) fn set_activity(&self, activity: Activity) {
        *self.activity.lock().unwrap_or_else(PoisonError::into_inner) = activity;
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.connections.lock().remove(self.id);
    }
}

impl Open {
    /// Closes the connection that has waited longest for its client, of those that may be replaced.
    fn replace(&mut self, reason: Reason, is_replaceable: impl Fn(&Entry) -> bool) -> Result<(), Reason> {
        let waiting = self.connections.iter().filter(|(_, entry)| is_replaceable(entry));
        let waiting = waiting.filter_map(|(id, entry)| Some((entry.waiting_since()?, *id)));
        let (_, oldest) = waiting.min().ok_or(reason)?;
        if let Some(entry) = self.remove(oldest) {
            // Fails if the connection has just ended.
            let _ended = entry.close.send(reason);
        }
        Ok(())
    }

    fn remove(&mut self, id: u64) -> Option<Entry> {
        let entry = self.connections.remove(&id)?;
        if let Some(count) = self.by_address.get_mut(&entry.address) {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&entry.address);
            }
        }
        Some(entry)
    }
}

impl Entry {
    fn activity(&self) -> Activity {
        *self.activity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_idle(&self) -> bool {
        matches!(self.activity(), Activity::Idle(_))
    }

    fn waiting_since(&self) -> Option<Instant> {
        match self.activity() {
            Activity::Busy => None,
            Activity::Idle(since) | Activity::Transfer(since) => Some(since),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(total: usize, per_address: usize) -> Arc<Connections> {
        let exempt = vec!["10.1.0.0/16".parse().unwrap()];
        Connections::new(ConnectionLimits { total, per_address, exempt, upload_timeout: Duration::ZERO })
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_oldest_idle_connection_of_an_address_makes_room_for_a_new_one() {
        let connections = connections(10, 2);
        let (first, mut first_closed) = connections.admit(address("192.0.2.1")).unwrap();
        let (_other, mut other_closed) = connections.admit(address("192.0.2.2")).unwrap();
        let (_second, mut second_closed) = connections.admit(address("::ffff:192.0.2.1")).unwrap();
        first.set_activity(Activity::Busy);
        let (third, mut third_closed) = connections.admit(address("192.0.2.1")).unwrap();
        assert_eq!(second_closed.try_recv(), Ok(Reason::AddressLimit));
        third.set_activity(Activity::Transfer(Instant::now()));
        assert_eq!(connections.admit(address("192.0.2.1")).unwrap_err(), Reason::AddressLimit);
        for closed in [&mut first_closed, &mut other_closed, &mut third_closed] {
            assert!(closed.try_recv().is_err());
        }
        drop(third);
        connections.admit(address("192.0.2.1")).unwrap();
    }

    #[test]
    fn a_full_server_replaces_the_connection_that_waits_longest_but_none_whose_request_is_processed() {
        let connections = connections(2, 0);
        let (busy, _busy_closed) = connections.admit(address("192.0.2.1")).unwrap();
        let (slow, mut slow_closed) = connections.admit(address("192.0.2.1")).unwrap();
        busy.set_activity(Activity::Busy);
        slow.set_activity(Activity::Transfer(Instant::now()));
        let (next, _next_closed) = connections.admit(address("192.0.2.9")).unwrap();
        assert_eq!(slow_closed.try_recv(), Ok(Reason::TotalLimit));
        next.set_activity(Activity::Busy);
        assert_eq!(connections.admit(address("192.0.2.9")).unwrap_err(), Reason::TotalLimit);
        drop((busy, slow, next));
        let open = connections.lock();
        assert!(open.connections.is_empty() && open.by_address.is_empty());
    }

    #[test]
    fn exempt_networks_have_no_limit_per_address_and_ipv6_subscribers_share_theirs() {
        let connections = connections(10, 1);
        let _held: Vec<_> = (0..3).map(|_| connections.admit(address("10.1.2.3")).unwrap()).collect();
        let (ipv6, _closed) = connections.admit(address("2001:db8:0:100::1")).unwrap();
        ipv6.set_activity(Activity::Busy);
        assert!(connections.admit(address("2001:db8:0:1ff::2")).is_err());
        assert!(connections.admit(address("2001:db8:0:200::1")).is_ok());
    }
}
