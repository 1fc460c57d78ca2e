//! The requests of a load, as prepared bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Creates the requests of a closed loop. Clones share one counter.
pub trait Requests: Clone + Send + 'static {
    /// Returns the next request as bytes.
    fn next(&self) -> Vec<u8>;
}

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
}

impl Requests for BookingRequests {
    fn next(&self) -> Vec<u8> {
        let (number, run) = (self.next.fetch_add(1, Ordering::Relaxed), self.run);
        let body = format!(
            r#"{{"name":"Ana Ruiz","email":"p{number}.{run:016x}@example.org","amount":"1250.00","currency_from":"USD","school":"Harvard University","student_id":"HRV{number:06}","sender_full_name":"Ana Maria Ruiz","country_from":"USA","sender_address":"123 Test Street, Springfield"}}"#
        );
        post("/api/bookings", "", &body)
    }
}

/// Creates requests that record a receipt of one cent for the first payments in turn. Clones share one counter.
#[derive(Debug, Clone)]
pub struct ReceiptRequests {
    next: Arc<AtomicU64>,
    run: u64,
    payments: u64,
}

impl ReceiptRequests {
    /// Creates a generator for the payments `REF001` and following, whose idempotency keys differ from those of every other
    /// generator.
    pub fn new(payments: u64) -> Self {
        Self { next: Arc::default(), run: fastrand::u64(..), payments }
    }
}

impl Requests for ReceiptRequests {
    fn next(&self) -> Vec<u8> {
        let (number, run) = (self.next.fetch_add(1, Ordering::Relaxed), self.run);
        let path = format!("/api/bookings/REF{:03}/receipts", number % self.payments + 1);
        let body = r#"{"amount":"0.01","currency":"USD","value_date":"2026-11-22","source":"bank_transfer","payer_text":"Ana Maria Ruiz"}"#;
        post(&path, &format!("Idempotency-Key: {number}-{run:016x}\r\n"), body)
    }
}

fn post(path: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
