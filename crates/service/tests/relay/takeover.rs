//! With the default settings, another instance continues to publish within two seconds of a crash.

use std::time::Duration;

use tokio::time::{Instant, advance};

use crate::harness::{Harness, within};

const DEFAULTS: &str = include_str!("../../../../config/default.toml");

/// The longest pause between a crash and the next published event.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// The interval at which crashes are tried, and the time that they cover: more than one renewal.
const STEP: Duration = Duration::from_millis(25);
const STEPS: u32 = 30;

/// Without progress, a hung relay looks to the others like one that has crashed.
#[tokio::test(start_paused = true)]
async fn another_relay_publishes_within_two_seconds_of_a_crash_at_any_time() {
    for step in 0..STEPS {
        let mut harness = Harness::in_memory();
        harness.lease_term = default_lease_term();
        harness.outbox.let_leases_expire();
        let first = harness.relay();
        first.leads(&harness).await;
        let second = harness.relay();
        advance(STEP * step).await;
        harness.commit(1);
        harness.wait_until_published().await;

        first.stream.request_gate.close();
        let crashed_at = Instant::now();
        harness.commit(1);
        harness.wait_until_published().await;

        let pause = crashed_at.elapsed();
        assert!(pause <= PAUSE_MAX, "step {step}: {pause:?}");
        assert_eq!(harness.outbox.holder(), Some(second.holder));
        first.stream.request_gate.open();
        within(first.stop()).await;
        second.stop().await;
    }
}

fn default_lease_term() -> Duration {
    let value = DEFAULTS.lines().find_map(|line| line.strip_prefix("lease_ms = ")).unwrap();
    Duration::from_millis(value.parse().unwrap())
}
