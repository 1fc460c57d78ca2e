//! TCP ports that no other test uses.

use std::env;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};

use uuid::Uuid;

use crate::user::user_id;

/// Below the ephemeral ports of Linux and macOS, so no outgoing connection can occupy the port of a stopped server.
const RANGE: std::ops::Range<u16> = 20_000..30_000;

/// A port on 127.0.0.1 that is reserved until this value is dropped, even if no server listens.
///
/// Test processes coordinate through locked files, which the kernel unlocks when a process ends. A free port chosen by
/// the kernel could be assigned again before the server binds it.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _lock: File,
}

impl Port {
    /// Reserves a free port.
    pub fn take() -> Self {
        let offset = u16::try_from(Uuid::new_v4().as_u128() % 10_000).expect("it is below 10 000");
        let user = user_id();
        let start = RANGE.start + offset;
        (start..RANGE.end)
            .chain(RANGE.start..start)
            .find_map(|number| Self::reserve(number, user))
            .expect("one of ten thousand ports is free")
    }

    /// Returns the number of the port.
    pub fn number(&self) -> u16 {
        self.number
    }

    fn reserve(number: u16, user: u32) -> Option<Self> {
        // Each user has a folder, because users cannot open each other's files.
        let folder = env::temp_dir().join(format!("hermes-test-ports-{user}"));
        fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
        let lock = File::options().create(true).append(true).open(folder.join(number.to_string())).ok()?;
        lock.try_lock().ok()?;
        TcpListener::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
        Some(Self { number, _lock: lock })
    }
}

#[cfg(test)]
mod tests {
    use super::{Port, user_id};

    #[test]
    fn a_port_is_reserved_until_it_is_dropped() {
        let port = Port::take();
        let number = port.number();
        assert!(Port::reserve(number, user_id()).is_none());

        drop(port);

        assert!(Port::reserve(number, user_id()).is_some());
    }
}
