//! Bookings as callers send them: each of another payer, so that none is a duplicate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes requests that book; clones count on together.
#[derive(Debug, Clone)]
pub struct Bookings {
    next: Arc<AtomicU64>,
    run: u64,
}

impl Bookings {
    /// A source whose payers no other source has.
    pub fn new() -> Self {
        Self { next: Arc::default(), run: fastrand::u64(..) }
    }

    /// The next request.
    pub fn request(&self) -> Vec<u8> {
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
