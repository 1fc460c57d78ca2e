//! Errors of the connection itself.

use std::io::ErrorKind;

use super::{ErrorClass, Phase};

/// What an error of the connection means: before a connection stands the server is away; afterwards it was
/// lost, and a new one may do.
pub(super) fn classify(kind: ErrorKind, phase: Phase) -> ErrorClass {
    match (phase, kind) {
        (Phase::Connect, _) => ErrorClass::Unavailable,
        // A server that restarts refuses the connection that the pool opens in place of the lost one.
        (_, ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => {
            ErrorClass::Unavailable
        }
        _ => ErrorClass::Transient,
    }
}
