//! Load generators: closed loops, which wait for each response, and open loops, which send at planned times.

mod closed_loop;
mod http;
mod open_loop;
mod wrk;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use closed_loop::run_closed_loop;
pub use http::{Connection, Response, get};
pub use open_loop::{OpenLoopResult, Sample, run_open_loop};
pub use wrk::{Wrk, WrkResult};

/// Creates booking requests, each for a different payer, so that none is a duplicate. Clones share one counter.
#[derive(Debug, Clone)]
pub struct BookingRequests {
    next: Arc<AtomicU64>,
    run: u64,
}

impl BookingRequests {
    /// Creates a generator whose payers differ from those of every other generator.
    pub fn new() -> Self {
        Self { next: Arc::default(), run: fastrand::u64(..) }
    }

    /// Returns the next request as bytes.
    pub fn next(&self) -> Vec<u8> {
        let (number, run) = (self.next.fetch_add(1, Ordering::Relaxed), self.run);
        let body = format!(
            r#"{{"name":"Ana Ruiz","email":"p{number}.{run:016x}@example.org","amount":"1250.00","currency_from":"USD","school":"Harvard University","student_id":"HRV{number:06}","sender_full_name":"Ana Maria Ruiz","country_from":"USA","sender_address":"123 Test Street, Springfield"}}"#
        );
        format!(
            "POST /api/bookings HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}
