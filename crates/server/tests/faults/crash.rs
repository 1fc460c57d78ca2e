//! Crashes at every fail point of a booking leave a complete booking or nothing, and a retry results in one booking.

use std::os::unix::process::ExitStatusExt;

use hermes_fault::FailPoint;
use serde_json::json;

use crate::support::rows::{self, PayerRows};
use crate::support::{Response, TestApp, TestEnvironment, poll};

const CRASHES_PER_POINT: u64 = 20;
const SIGKILL: i32 = 9;
/// The longest delay between the start of COMMIT and the crash, so that SQLite crashes before, during and after its
/// commit, which takes a few hundred microseconds.
const MAX_COMMIT_DELAY_US: u64 = 2_000;

#[actix_web::test]
async fn a_crash_at_any_point_leaves_one_booking_or_none_on_sqlite() {
    crash_at_every_point(Some(TestEnvironment::sqlite().await)).await;
}

#[actix_web::test]
async fn a_crash_at_any_point_leaves_one_booking_or_none_on_mariadb_and_redis() {
    crash_at_every_point(TestEnvironment::mariadb().await).await;
}

async fn crash_at_every_point(environment: Option<TestEnvironment>) {
    let Some(environment) = environment else { return };
    // A crashed relay holds its lease until the lease expires.
    let mut app = TestApp::start_with(&environment, &[("HERMES__EVENTS__LEASE_MS", "1000")]).await;
    let has_redis = environment.redis.is_some();
    let is_hit = |point: &FailPoint| match point {
        FailPoint::AfterXadd => has_redis,
        FailPoint::AfterRebuiltChunk
        | FailPoint::AfterLinesStored
        | FailPoint::AfterMatchesStored
        | FailPoint::AfterMatchesInserted
        | FailPoint::AfterLinesBooked
        | FailPoint::AfterImportBatch => false,
        _ => true,
    };
    for point in FailPoint::ALL.into_iter().filter(is_hit) {
        app.kill();
        CrashLoop { environment: &environment, app: &mut app, point, payer: 0, is_retry: false }.run().await;
        app.assert_audit_log_is_intact(&[]);
        rows::assert_no_gaps(&rows::connect(&environment).await).await;
        assert_each_event_is_published_once(&environment).await;
    }
}

/// Checks that the stream receives every event of the outbox, once and in order.
async fn assert_each_event_is_published_once(environment: &TestEnvironment) {
    let Some(redis) = &environment.redis else { return };
    let events = rows::query_count(&rows::connect(environment).await, "SELECT COUNT(*) FROM outbox").await;
    let published = || {
        let entries = redis.cli(&["XRANGE", "{hermes:events}", "-", "+"]);
        let lines: Vec<_> = entries.lines().collect();
        let seqs = lines.windows(2).filter(|pair| pair[0] == "seq").map(|pair| pair[1].parse().unwrap());
        seqs.collect::<Vec<i64>>()
    };
    poll(|| async { published().last() >= Some(&events) }, "the last event").await;
    assert_eq!(published(), (1..=events).collect::<Vec<_>>());
}

/// A portal that crashes at one fail point again and again, and its client.
struct CrashLoop<'a> {
    environment: &'a TestEnvironment,
    app: &'a mut TestApp,
    point: FailPoint,
    /// The payer of the next request.
    payer: u64,
    /// Whether an earlier request of this payer ended in a crash.
    is_retry: bool,
}

impl CrashLoop<'_> {
    async fn run(mut self) {
        for crash in 0..CRASHES_PER_POINT {
            self.app.restart_with(hermes_fault::VARIABLE, &self.fail_point(crash)).await;
            self.rows().await.assert_all_or_nothing(self.point.name());
            while self.book().await {}
            assert_eq!(self.app.wait().signal(), Some(SIGKILL), "{}", self.app.log());
        }
        self.app.restart_with(hermes_fault::VARIABLE, "").await;
        self.rows().await.assert_all_or_nothing(self.point.name());
        assert!(self.book().await, "{}", self.app.log());
    }

    /// Returns the setting that crashes on the first to third hit of the point, of which the first can be the retry.
    ///
    /// The relay hits its point once before the portal is ready, so that hit is skipped.
    fn fail_point(&self, crash: u64) -> String {
        let delay_us = match self.point {
            FailPoint::CommitSent => crash * 397 % MAX_COMMIT_DELAY_US,
            _ => 0,
        };
        let hit = if self.point == FailPoint::AfterXadd { 2 + crash % 2 } else { 1 + crash % 3 };
        format!("{}:{hit}:{delay_us}", self.point.name())
    }

    /// Sends the request of the payer; returns `false` if the process crashed before the response.
    async fn book(&mut self) -> bool {
        let email = self.email();
        let body = json!({"name": "Payer", "email": email, "amount": "12.34"});
        let headers = [
            ("Idempotency-Key", email.as_str()),
            ("Content-Type", "application/json"),
            // A pooled connection could lead to the crashed process.
            ("Connection", "close"),
        ];
        let url = self.app.url("/api/bookings");
        let response = self.app.client.send("POST", &url, &headers, Some(body.to_string())).await;
        let Ok(response) = response else {
            self.is_retry = true;
            return false;
        };
        let response = response.expect(201);
        if self.is_retry {
            self.assert_expected_outcome(&response);
        }
        assert_eq!(self.rows().await, PayerRows::ONE_BOOKING, "{email}");
        self.payer += 1;
        self.is_retry = false;
        true
    }

    /// Checks that a crash before COMMIT left nothing, and a later one a booking.
    fn assert_expected_outcome(&self, retried: &Response) {
        let is_server = self.environment.database.login().is_some();
        let is_replay = match self.point {
            FailPoint::AfterParse | FailPoint::AfterFirstInsert | FailPoint::BeforeCommit => false,
            FailPoint::AfterCommit | FailPoint::AfterInvalidation | FailPoint::BeforeReply => true,
            // A database server executes a statement that it has received, even if the client is gone.
            FailPoint::CommitSent if is_server => true,
            // SQLite, the ledger writer and the relay end with the process, at an unknown step.
            FailPoint::CommitSent
            | FailPoint::AfterEnqueue
            | FailPoint::AfterXadd
            | FailPoint::AfterLinesStored
            | FailPoint::AfterMatchesStored
            | FailPoint::AfterLinesBooked
            | FailPoint::AfterImportBatch
            | FailPoint::AfterMatchesInserted
            | FailPoint::AfterRebuiltChunk => return,
        };
        assert_eq!(retried.is_replay(), is_replay, "{}", self.point.name());
    }

    async fn rows(&self) -> PayerRows {
        PayerRows::load(&rows::connect(self.environment).await, &self.email()).await
    }

    fn email(&self) -> String {
        format!("{}-{}@example.org", self.point.name(), self.payer)
    }
}
