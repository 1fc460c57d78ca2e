//! TCP ports that no other test takes.

use std::env;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};

use uuid::Uuid;

use crate::user::user_id;

/// Below the ports that Linux and macOS hand to outgoing connections, so that none of those can settle on a port
/// while its server is stopped.
const RANGE: std::ops::Range<u16> = 20_000..30_000;

/// A port on 127.0.0.1 that stays reserved for its holder, also while nothing listens on it.
///
/// Test processes agree through locked files: the kernel unlocks them when a process ends, in whatever way. Asking
/// the kernel for any free port would not do: it may be given away again before the server has bound it.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _lock: File,
}

impl Port {
    /// Takes a free port.
    pub fn take() -> Self {
        let offset = u16::try_from(Uuid::new_v4().as_u128() % 10_000).expect("it is below 10 000");
        let user = user_id();
        let start = RANGE.start + offset;
        (start..RANGE.end)
            .chain(RANGE.start..start)
            .find_map(|number| Self::reserve(number, user))
            .expect("one of ten thousand ports is free")
    }

    /// The number of the port.
    pub fn number(&self) -> u16 {
        self.number
    }

    fn reserve(number: u16, user: u32) -> Option<Self> {
        // Every user has a folder, because one user's files cannot be opened by another.
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
    fn a_taken_port_is_not_given_out_again_until_it_is_dropped() {
        let port = Port::take();
        let number = port.number();
        assert!(Port::reserve(number, user_id()).is_none());

        drop(port);

        assert!(Port::reserve(number, user_id()).is_some());
    }
}
