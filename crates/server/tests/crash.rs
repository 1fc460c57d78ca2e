//! The process dies at every point of a booking's way. What it leaves is the whole booking or nothing of it, and
//! the same request sent again makes it one booking.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::os::unix::process::ExitStatusExt;

use hermes_fault::FailPoint;
use serde_json::json;
use support::rows::{self, PayerRows};
use support::{Answer, Hermes, Stage, poll};

/// How often the process dies at each point.
const DEATHS: u64 = 20;
/// The signal that nothing can be done about.
const SIGKILL: i32 = 9;
/// The longest time that COMMIT is under way when the process dies, so that SQLite is met before, in and after
/// it: one commit takes a few hundred microseconds.
const COMMIT_PAUSE_MAX_US: u64 = 2_000;

#[actix_web::test]
async fn whatever_the_point_one_booking_comes_of_it_on_sqlite() {
    die_everywhere(Stage::embedded().await).await;
}

#[actix_web::test]
async fn whatever_the_point_one_booking_comes_of_it_on_mariadb_and_redis() {
    die_everywhere(Stage::mariadb().await).await;
}

async fn die_everywhere(stage: Option<Stage>) {
    let Some(stage) = stage else { return };
    // A relay that died holds its lease until it expires.
    let mut hermes = Hermes::start_with(&stage, &[("HERMES__EVENTS__LEASE_S", "1")]).await;
    for point in
        FailPoint::ALL.into_iter().filter(|point| stage.redis.is_some() || *point != FailPoint::AfterXadd)
    {
        hermes.kill();
        Victim { stage: &stage, hermes: &mut hermes, point, payer: 0, died: false }.die().await;
        assert!(hermes.run(&["audit", "verify"]).status.success(), "{}", point.name());
        rows::expect_no_gaps(&rows::connect(&stage).await).await;
        expect_each_event_once(&stage).await;
    }
}

/// The stream has every event of the outbox, once and in order, as soon as the relay has come to the last one.
async fn expect_each_event_once(stage: &Stage) {
    let Some(redis) = &stage.redis else { return };
    let events = rows::count(&rows::connect(stage).await, "SELECT COUNT(*) FROM outbox").await;
    let published = || {
        let entries = redis.cli(&["XRANGE", "{hermes:events}", "-", "+"]);
        let lines: Vec<_> = entries.lines().collect();
        let numbers = lines.windows(2).filter(|pair| pair[0] == "seq").map(|pair| pair[1].parse().unwrap());
        numbers.collect::<Vec<i64>>()
    };
    poll(|| async { published().last() >= Some(&events) }, "the last event").await;
    assert_eq!(published(), (1..=events).collect::<Vec<_>>());
}

/// A process that dies at one point again and again, and its client.
struct Victim<'a> {
    stage: &'a Stage,
    hermes: &'a mut Hermes,
    point: FailPoint,
    /// The payer whose booking is next, or is to be tried again.
    payer: u64,
    /// Whether the process has died of this payer's booking.
    died: bool,
}

impl Victim<'_> {
    async fn die(mut self) {
        for death in 0..DEATHS {
            self.hermes.restart_with(hermes_fault::VARIABLE, &self.arming(death)).await;
            self.expect_all_or_nothing().await;
            while self.book().await {}
            assert_eq!(self.hermes.wait_for_end().signal(), Some(SIGKILL), "{}", self.hermes.log());
        }
        self.hermes.restart_with(hermes_fault::VARIABLE, "").await;
        self.expect_all_or_nothing().await;
        assert!(self.book().await, "{}", self.hermes.log());
    }

    /// On the first passage, which may be that of the retry, or on a later one. What the relay finds when it starts
    /// is its first passage, which must not be the end of a process that is not ready yet.
    fn arming(&self, death: u64) -> String {
        let pause = match self.point {
            FailPoint::CommitSent => death * 397 % COMMIT_PAUSE_MAX_US,
            _ => 0,
        };
        let passage = if self.point == FailPoint::AfterXadd { 2 + death % 2 } else { 1 + death % 3 };
        format!("{}:{passage}:{pause}", self.point.name())
    }

    /// Has the payer's request answered, and goes on to the next payer; `false` when the answer broke off.
    async fn book(&mut self) -> bool {
        let email = self.email();
        let body = json!({"name": "Payer", "email": email, "amount": "12.34"});
        let headers = [
            ("Idempotency-Key", email.as_str()),
            ("Content-Type", "application/json"),
            // A pooled connection could belong to the process that died.
            ("Connection", "close"),
        ];
        let url = self.hermes.url("/api/bookings");
        let Ok(answer) = self.hermes.client().send("POST", &url, &headers, Some(body.to_string())).await
        else {
            self.died = true;
            return false;
        };
        let answer = answer.expect(201);
        if self.died {
            self.expect_what_the_point_promises(&answer);
        }
        assert_eq!(self.rows().await, PayerRows::ONE_BOOKING, "{email}");
        self.payer += 1;
        self.died = false;
        true
    }

    /// The points before COMMIT leave nothing, those after it leave a booking.
    fn expect_what_the_point_promises(&self, answer: &Answer) {
        let is_server = self.stage.database.login().is_some();
        let replayed = match self.point {
            FailPoint::AfterParse | FailPoint::AfterFirstInsert | FailPoint::BeforeCommit => "",
            FailPoint::AfterCommit | FailPoint::AfterInvalidation | FailPoint::BeforeReply => "true",
            // A server carries out what has reached it, whatever becomes of the sender.
            FailPoint::CommitSent if is_server => "true",
            // The embedded database, the lane and the relay die with the process, sooner or later than they are done.
            FailPoint::CommitSent | FailPoint::AfterEnqueue | FailPoint::AfterXadd => return,
        };
        assert_eq!(answer.header("Idempotency-Replayed"), replayed, "{}", self.point.name());
    }

    async fn expect_all_or_nothing(&self) {
        let rows = self.rows().await;
        let whole = [PayerRows::NONE, PayerRows::ONE_BOOKING].contains(&rows);
        assert!(whole, "{} left {rows:?}", self.point.name());
    }

    async fn rows(&self) -> PayerRows {
        rows::of_payer(&rows::connect(self.stage).await, &self.email()).await
    }

    fn email(&self) -> String {
        format!("{}-{}@example.org", self.point.name(), self.payer)
    }
}
