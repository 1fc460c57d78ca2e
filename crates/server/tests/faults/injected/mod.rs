//! Every fault of one database and one Redis, injected into real servers: what reads and writes return meanwhile, that
//! no acknowledged booking is lost or stale, and how soon writes are accepted again.
//!
//! `make faults` writes the results to `docs/faults.md`.

mod database;
mod limits;
mod machine;
mod record;
mod redis;
mod setup;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Response, TestApp, poll};

/// The longest time until a response during a fault. The target is a second; the rest is for a busy machine.
const RESPONSE_MAX: Duration = Duration::from_secs(4);
/// The longest time from the end of a fault to an accepted write. The target is 2 s; the rest is for a busy machine.
const RECOVERY_MAX: Duration = Duration::from_secs(15);

/// A portal whose client remembers each attempt and each acknowledged booking.
pub struct Portal {
    pub app: TestApp,
    attempts: Cell<usize>,
    acknowledged: RefCell<Vec<String>>,
}

/// The response to one request during a fault.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    pub status: u16,
    /// The code of a problem, or the label of an unverified list.
    pub code: String,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code.as_str() {
            "" => write!(f, "{}", self.status),
            code => write!(f, "{} `{code}`", self.status),
        }
    }
}

impl Portal {
    /// Starts with one acknowledged booking in a cached list.
    pub async fn new(app: TestApp) -> Self {
        let portal = Self { app, attempts: Cell::new(0), acknowledged: RefCell::default() };
        assert_eq!(portal.book().await.status, 201);
        assert_eq!(portal.read_list().await.status, 200);
        portal
    }

    /// Attempts the next booking.
    #[track_caller]
    pub fn book(&self) -> impl Future<Output = Seen> + '_ {
        let number = self.attempts.get();
        self.attempts.set(number + 1);
        async move { self.attempt(number).await }
    }

    /// Attempts a booking again, with the same idempotency key.
    async fn attempt(&self, number: usize) -> Seen {
        let key = format!("attempt-{number}");
        let body = json!({"name": "Ana Ruiz", "email": format!("{key}@example.org"), "amount": "10"});
        let response = in_time(self.app.post("/api/bookings", &[("Idempotency-Key", &key)], &body)).await;
        if response.status == 201 {
            let reference = response.json()["reference"].as_str().unwrap().to_owned();
            let mut acknowledged = self.acknowledged.borrow_mut();
            if !acknowledged.contains(&reference) {
                acknowledged.push(reference);
            }
        }
        seen(&response)
    }

    /// Reads the list. Unless it is labelled, it contains every booking that was acknowledged before.
    pub async fn read_list(&self) -> Seen {
        let before = self.acknowledged.borrow().clone();
        let response = in_time(self.app.get("/api/bookings")).await;
        let seen = seen(&response);
        if seen.status == 200 && seen.code.is_empty() {
            assert_contains(&response, &before);
        }
        seen
    }

    /// Reads from the database without a cache.
    pub async fn read_database(&self) -> Seen {
        seen(&in_time(self.app.get("/api/bookings/REF001/audit")).await)
    }

    /// Checks the writes and the list during a fault that only reads survive; returns what they saw.
    pub async fn assert_only_reads_work(&self, code: &[&str]) -> (String, String) {
        let writes = self.book().await;
        assert_eq!(writes.status, 503, "{writes}");
        assert!(code.contains(&writes.code.as_str()), "{writes}");
        let reads = self.read_list().await;
        assert_eq!(reads.status, 200, "{reads}");
        (reads.to_string(), writes.to_string())
    }

    /// Waits until a write is accepted; returns how long that took.
    pub async fn wait_for_recovery(&self) -> Duration {
        let (healed, number) = (Instant::now(), self.attempts.get());
        self.attempts.set(number + 1);
        poll(|| async { self.attempt(number).await.status == 201 }, "a booking after the fault").await;
        let took = healed.elapsed();
        assert!(took < RECOVERY_MAX, "recovered after {took:?}");
        took
    }

    /// Repeats every attempt: each results in exactly one booking, and no acknowledged booking is lost.
    pub async fn assert_nothing_is_lost(&self) {
        for number in 0..self.attempts.get() {
            poll(|| async { self.attempt(number).await.status == 201 }, "a repeated booking").await;
        }
        let booked = i64::try_from(self.attempts.get()).unwrap();
        assert_eq!(self.app.payment_count().await, booked);
        assert_eq!(self.acknowledged.borrow().len(), self.attempts.get());
        self.app.assert_audit_log_is_intact(&["--deep"]);
    }
}

#[track_caller]
fn assert_contains(list: &Response, references: &[String]) {
    let list = list.json();
    for reference in references {
        let is_listed = list.as_array().unwrap().iter().any(|booking| booking["reference"] == **reference);
        assert!(is_listed, "the list lacks {reference}, which was acknowledged before");
    }
}

fn seen(response: &Response) -> Seen {
    let code = match response.status {
        200..300 => response.header("Hermes-Freshness").to_owned(),
        _ => response.json()["code"].as_str().unwrap_or_default().to_owned(),
    };
    Seen { status: response.status, code }
}

/// Checks that a response arrives in time.
async fn in_time(request: impl Future<Output = Response>) -> Response {
    let started = Instant::now();
    let response = request.await;
    let took = started.elapsed();
    assert!(took < RESPONSE_MAX, "{} after {took:?}", response.status);
    response
}
