//! Instances are killed and paused.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use tokio::time::sleep;

use super::{FaultQueue, log_end, log_start, sleep_ms};
use crate::client::Client;
use crate::run::Run;
use crate::support::process::HermesProcess;

/// The durations of the faults and of the pauses between them, in milliseconds.
const DOWN_MS: std::ops::Range<u64> = 0..1_000;
const PAUSED_MS: std::ops::Range<u64> = 100..2_000;
const PAUSE_MS: std::ops::Range<u64> = 500..3_500;
/// The longest time until an instance is ready; its database can be down for some seconds of it.
const READY_TIMEOUT: Duration = Duration::from_secs(60);
/// The delay before an instance that has exited is started again.
const RESTART_DELAY: Duration = Duration::from_millis(100);

const KILLED: &str = "instance-killed";
const PAUSED: &str = "instance-paused";

/// Injects faults into one instance after another until the run ends; returns the instances, which are ready again.
pub async fn run(
    run: Arc<Run>,
    client: Rc<Client>,
    mut instances: Vec<HermesProcess>,
    mut random: Rng,
) -> Vec<HermesProcess> {
    let mut faults = FaultQueue::new(&[KILLED, KILLED, PAUSED]);
    while run.is_running() {
        sleep_ms(&mut random, PAUSE_MS).await;
        let number = random.usize(..instances.len());
        let instance = &mut instances[number];
        let fault = faults.next(&mut random);
        log_start(&run, fault, &format!("of instance {number}"));
        if fault == KILLED {
            instance.kill();
            sleep_ms(&mut random, DOWN_MS).await;
            start(instance, number, &client).await;
        } else {
            instance.signal("STOP");
            sleep_ms(&mut random, PAUSED_MS).await;
            instance.signal("CONT");
        }
        log_end(&run, fault);
    }
    instances
}

/// Starts an instance and waits until it is ready; starts it again if it exits because its database is down.
pub async fn start(instance: &mut HermesProcess, number: usize, client: &Client) {
    let deadline = Instant::now() + READY_TIMEOUT;
    instance.spawn();
    while !is_ready(number, client).await {
        assert!(Instant::now() < deadline, "instance {number} is not ready:\n{}", instance.log());
        sleep(RESTART_DELAY).await;
        if instance.exit_status().is_some() {
            instance.spawn();
        }
    }
}

async fn is_ready(number: usize, client: &Client) -> bool {
    client.get(number, "/health/ready", None).await.is_ok_and(|response| response.status == 200)
}
