//! The ways of one instance break while those of the others do not.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use hermes_test_support::Traffic;

use super::{Deck, begin, end, pass};
use crate::run::Run;
use crate::scene::Ways;

/// How long a fault lasts, and how long there is none, in milliseconds.
const FAULT_MS: std::ops::Range<u64> = 200..3_000;
const CALM_MS: std::ops::Range<u64> = 100..1_500;
/// Around half of what a question to Redis may take, so that some answers come in time and some do not.
const REDIS_DELAY_MS: std::ops::Range<u64> = 20..80;
const DATABASE_DELAY_MS: std::ops::Range<u64> = 20..300;

#[derive(Debug, Clone, Copy)]
enum Way {
    Redis,
    Database,
}

#[derive(Debug, Clone, Copy)]
enum Fault {
    Cut,
    Hang,
    SwallowAnswers,
    Delay,
}

const ALL: [(Way, Fault); 8] = [
    (Way::Redis, Fault::Cut),
    (Way::Redis, Fault::Hang),
    (Way::Redis, Fault::SwallowAnswers),
    (Way::Redis, Fault::Delay),
    (Way::Database, Fault::Cut),
    (Way::Database, Fault::Hang),
    (Way::Database, Fault::SwallowAnswers),
    (Way::Database, Fault::Delay),
];

/// Breaks one way after the other until the run is over; all are whole then.
pub async fn work(run: Arc<Run>, ways: Arc<Vec<Ways>>, mut random: Rng) {
    let mut deck = Deck::new(&ALL);
    while run.goes_on() {
        pass(&mut random, CALM_MS).await;
        let (way, fault) = deck.draw(&mut random);
        let instance = random.usize(..ways.len());
        let proxy = match way {
            Way::Redis => &ways[instance].redis,
            Way::Database => &ways[instance].database,
        };
        begin(&run, name(way, fault), &format!("of instance {instance}"));
        proxy.set(traffic(way, fault, &mut random));
        pass(&mut random, FAULT_MS).await;
        proxy.set(Traffic::Pass);
        end(&run, name(way, fault));
    }
}

fn traffic(way: Way, fault: Fault, random: &mut Rng) -> Traffic {
    match fault {
        Fault::Cut => Traffic::Cut,
        Fault::Hang => Traffic::Hang,
        Fault::SwallowAnswers => Traffic::LoseReplies,
        Fault::Delay => Traffic::Delay(Duration::from_millis(random.u64(match way {
            Way::Redis => REDIS_DELAY_MS,
            Way::Database => DATABASE_DELAY_MS,
        }))),
    }
}

const fn name(way: Way, fault: Fault) -> &'static str {
    match (way, fault) {
        (Way::Redis, Fault::Cut) => "way-to-redis-cut",
        (Way::Redis, Fault::Hang) => "way-to-redis-hangs",
        (Way::Redis, Fault::SwallowAnswers) => "way-to-redis-swallows",
        (Way::Redis, Fault::Delay) => "way-to-redis-slow",
        (Way::Database, Fault::Cut) => "way-to-database-cut",
        (Way::Database, Fault::Hang) => "way-to-database-hangs",
        (Way::Database, Fault::SwallowAnswers) => "way-to-database-swallows",
        (Way::Database, Fault::Delay) => "way-to-database-slow",
    }
}
