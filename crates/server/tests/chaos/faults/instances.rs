//! Instances die and stand still.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use tokio::time::sleep;

use super::{Deck, begin, end, pass};
use crate::client::Client;
use crate::instance::Instance;
use crate::run::Run;

/// How long a fault lasts, and how long there is none, in milliseconds.
const DOWN_MS: std::ops::Range<u64> = 0..1_000;
const STANDSTILL_MS: std::ops::Range<u64> = 100..2_000;
const CALM_MS: std::ops::Range<u64> = 500..3_500;
/// How long an instance may take until it is ready; its database may be away for some seconds of it.
const READY_MAX: Duration = Duration::from_secs(60);
/// How soon one that has ended is started again, as a service manager does.
const START_AGAIN: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, Copy)]
enum Fault {
    Kill,
    Standstill,
}

/// Breaks one instance after the other until the run is over; all are ready then.
pub async fn work(
    run: Arc<Run>,
    client: Rc<Client>,
    mut instances: Vec<Instance>,
    mut random: Rng,
) -> Vec<Instance> {
    // Twice as many deaths as standstills.
    let mut deck = Deck::new(&[Fault::Kill, Fault::Kill, Fault::Standstill]);
    while run.goes_on() {
        pass(&mut random, CALM_MS).await;
        let number = random.usize(..instances.len());
        let instance = &mut instances[number];
        let place = format!("of instance {number}");
        match deck.draw(&mut random) {
            Fault::Kill => {
                begin(&run, "instance-killed", &place);
                instance.kill();
                pass(&mut random, DOWN_MS).await;
                start(instance, number, &client).await;
                end(&run, "instance-killed");
            }
            Fault::Standstill => {
                begin(&run, "instance-standstill", &place);
                instance.signal("STOP");
                pass(&mut random, STANDSTILL_MS).await;
                instance.signal("CONT");
                end(&run, "instance-standstill");
            }
        }
    }
    instances
}

/// Starts an instance, as often as its database makes it give up, and waits until it is ready.
pub async fn start(instance: &mut Instance, number: usize, client: &Client) {
    let deadline = Instant::now() + READY_MAX;
    instance.spawn();
    while !is_ready(number, client).await {
        assert!(Instant::now() < deadline, "{} is not ready:\n{}", instance.name, instance.log());
        sleep(START_AGAIN).await;
        if instance.has_ended() {
            instance.spawn();
        }
    }
}

async fn is_ready(number: usize, client: &Client) -> bool {
    client.get(number, "/health/ready", None).await.is_ok_and(|answer| answer.status == 200)
}
