//! Requests at a constant rate, whether earlier ones have been answered or not.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt;
use serde_json::json;

use super::balancer::{Balancer, Reply};

/// One request in ten books.
const REQUESTS_PER_BOOKING: u64 = 10;

pub struct Load {
    state: Rc<State>,
    sender: rt::task::JoinHandle<Vec<rt::task::JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    is_stopped: Cell<bool>,
    sent: Cell<u64>,
    /// The highest reference of an acknowledged booking.
    acknowledged: Cell<u64>,
    report: RefCell<Report>,
}

/// The outcome of all requests.
#[derive(Default)]
pub struct Report {
    pub sent: u64,
    pub booked: u64,
    pub failed: Vec<String>,
    pub stale: u64,
    durations: Vec<Duration>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut durations = self.durations.clone();
        durations.sort();
        let p99 = durations[durations.len() * 99 / 100].as_millis();
        let Self { sent, booked, failed, stale, .. } = self;
        write!(f, "{sent} requests, {booked} bookings, {} failed, {stale} stale, p99 {p99} ms", failed.len())
    }
}

impl Load {
    /// Starts to send `rate` requests per second.
    pub fn start(balancer: Rc<Balancer>, rate: u32) -> Self {
        let state = Rc::new(State::default());
        let sender = rt::spawn(send_all(Rc::clone(&state), balancer, rate));
        Self { state, sender }
    }

    pub fn sent(&self) -> u64 {
        self.state.sent.get()
    }

    pub fn has_sent(&self, count: u64) -> bool {
        self.sent() >= count
    }

    /// Stops to send and waits for all responses.
    pub async fn finish(self) -> Report {
        self.state.is_stopped.set(true);
        for request in self.sender.await.unwrap() {
            request.await.unwrap();
        }
        let mut report = self.state.report.take();
        report.sent = self.state.sent.get();
        report
    }
}

async fn send_all(state: Rc<State>, balancer: Rc<Balancer>, rate: u32) -> Vec<rt::task::JoinHandle<()>> {
    let mut ticks = rt::time::interval(Duration::from_secs(1) / rate);
    let mut requests = Vec::new();
    while !state.is_stopped.get() {
        ticks.tick().await;
        let number = state.sent.replace(state.sent.get() + 1);
        let (state, balancer) = (Rc::clone(&state), Rc::clone(&balancer));
        requests.push(rt::spawn(async move {
            let started = Instant::now();
            if number.is_multiple_of(REQUESTS_PER_BOOKING) {
                state.book(&balancer, number).await;
            } else {
                state.read(&balancer).await;
            }
            state.report.borrow_mut().durations.push(started.elapsed());
        }));
    }
    requests
}

impl State {
    async fn book(&self, balancer: &Balancer, number: u64) {
        let email = format!("payer-{number}@example.org");
        let body = json!({"name": "Ana Ruiz", "email": email, "amount": "10"}).to_string();
        let request = format!(
            "POST /api/bookings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             \r\n{body}",
            body.len()
        );
        let Some(reply) = self.checked(balancer.send(&request).await, 201) else { return };
        let reference = newest_reference(&reply.body).unwrap();
        self.acknowledged.set(self.acknowledged.get().max(reference));
        self.report.borrow_mut().booked += 1;
    }

    /// Reads the list, which contains every booking that was acknowledged before.
    async fn read(&self, balancer: &Balancer) {
        let acknowledged = self.acknowledged.get();
        let reply = balancer.send("GET /api/bookings HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        let Some(reply) = self.checked(reply, 200) else { return };
        if newest_reference(&reply.body).unwrap_or(0) < acknowledged {
            self.report.borrow_mut().stale += 1;
        }
    }

    fn checked(&self, reply: std::io::Result<Reply>, status: u16) -> Option<Reply> {
        let failure = match reply {
            Ok(reply) if reply.status == status => return Some(reply),
            Ok(reply) => format!("{} {}", reply.status, reply.body),
            Err(error) => error.to_string(),
        };
        self.report.borrow_mut().failed.push(failure);
        None
    }
}

/// Returns the number of the first reference in a body. A list begins with the newest booking.
fn newest_reference(body: &str) -> Option<u64> {
    let digits = body.split("\"reference\":\"REF").nth(1)?.split('"').next()?;
    digits.parse().ok()
}
