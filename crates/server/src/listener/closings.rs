//! The reasons why Hermes closes connections, counted and logged.

use std::fmt;

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
    /// The client did not read a response, or read it too slowly.
    UnreadResponse,
    /// A line of a request head ended with a bare LF.
    BareLf,
    /// The name of a header field is too long, or a field that determines the length of the body.
    LongFieldName,
    /// The HTTP library could not parse a request.
    Malformed,
}

impl Reason {
    /// Counts and logs a closing. `detail` adds to the reason; it must not contain data from the request. The logger
    /// writes one line a second for each reason.
    pub(super) fn record(self, detail: &str) {
        metrics::counter!("hermes_connections_rejected_total", "reason" => self.label()).increment(1);
        log::warn!(target: "hermes::security", reason = self.label(); "closed a connection: {self}{detail}");
    }

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
            Self::UnreadResponse => "it read the response too slowly",
            Self::BareLf => "a line of its request head ended with LF without CR",
            Self::LongFieldName => "its request head had a header with a long name or length",
            Self::Malformed => "its request was malformed",
        })
    }
}
