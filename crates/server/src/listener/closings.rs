//! The reasons why Hermes closes connections, counted and logged.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The shortest time between two log lines with the same reason, so that an attack does not fill the log.
const LOG_INTERVAL: Duration = Duration::from_secs(1);

/// The reason for closing a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Reason {
    /// Its address has the maximum number of connections.
    AddressLimit,
    /// The server has the maximum number of connections.
    TotalLimit,
    /// A request head took too long.
    SlowHead,
    /// A request body took too long.
    SlowBody,
    /// The client did not read a response.
    UnreadResponse,
    /// A line of a request head ended with a bare LF.
    BareLf,
    /// The name of a header field is too long.
    LongFieldName,
    /// The HTTP library could not parse a request.
    Malformed,
}

impl Reason {
    /// Returns the label of the metric.
    fn label(self) -> &'static str {
        match self {
            Self::AddressLimit => "address_limit",
            Self::TotalLimit => "total_limit",
            Self::SlowHead => "slow_head",
            Self::SlowBody => "slow_body",
            Self::UnreadResponse => "unread_response",
            Self::BareLf => "bare_lf",
            Self::LongFieldName => "long_field_name",
            Self::Malformed => "malformed",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AddressLimit => "its address has too many connections (server.connections_per_address)",
            Self::TotalLimit => "there are too many connections for the limit of open files",
            Self::SlowHead => "the head of its request took too long",
            Self::SlowBody => "the body of its request took too long",
            Self::UnreadResponse => "it did not read the response",
            Self::BareLf => "a line of its request head ended with LF without CR",
            Self::LongFieldName => "its request head had a header with a long name",
            Self::Malformed => "its request was malformed",
        })
    }
}

/// Counts closings, and logs at most one line per reason and [`LOG_INTERVAL`].
#[derive(Debug, Default)]
pub(super) struct Closings {
    /// The time of the last line, and the number of closings since that were not logged.
    lines: Mutex<HashMap<Reason, (Instant, u64)>>,
}

impl Closings {
    /// Records a closing. `detail` adds to the reason; it must not contain data from the request.
    pub(super) fn record(&self, reason: Reason, detail: &str) {
        metrics::counter!("hermes_connections_rejected_total", "reason" => reason.label()).increment(1);
        let Some(omitted) = self.omitted_since_last_line(reason, Instant::now()) else { return };
        log::warn!(
            target: "hermes::security", reason = reason.label(), omitted;
            "closed a connection: {reason}{detail}"
        );
    }

    /// Returns the number of omitted lines if a line is due.
    fn omitted_since_last_line(&self, reason: Reason, now: Instant) -> Option<u64> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((last, omitted)) = lines.get_mut(&reason) else {
            lines.insert(reason, (now, 0));
            return Some(0);
        };
        if now.duration_since(*last) < LOG_INTERVAL {
            *omitted += 1;
            return None;
        }
        *last = now;
        Some(std::mem::take(omitted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_logged_once_per_second_with_the_number_of_omitted_lines() {
        let (closings, start) = (Closings::default(), Instant::now());
        let line = |reason, now| closings.omitted_since_last_line(reason, now);
        assert_eq!(line(Reason::SlowHead, start), Some(0));
        assert_eq!(line(Reason::SlowHead, start), None);
        assert_eq!(line(Reason::BareLf, start), Some(0));
        assert_eq!(line(Reason::SlowHead, start + LOG_INTERVAL), Some(1));
        assert_eq!(line(Reason::SlowHead, start + LOG_INTERVAL), None);
    }
}
