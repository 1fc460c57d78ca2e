//! The relay and Redis are killed at random under load: every event is delivered, in order, with one effect.
//!
//! Twenty seconds unless `HERMES_TEST_CHAOS_S` says otherwise.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::rt;
use hermes_events::{Consumer, ConsumerSettings, Delivery, MemoryProcessedEvents, RedisEndpoint};
use hermes_test_support::RedisServer;
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::json;
use support::{Hermes, HttpClient, Stage, poll};
use tokio::sync::oneshot;

/// How long everything breaks, when nothing else is said.
const CHAOS_S: u64 = 20;
/// How many book at each instance.
const CLIENTS: usize = 4;
/// The pause of a client between two bookings.
const PAUSE: Duration = Duration::from_millis(20);

/// What happened to the handler: number and reference of each event, in the order of their effects.
type Effects = Arc<Mutex<Vec<(i64, String)>>>;

/// What was broken how often.
#[derive(Debug, Default)]
struct Broken {
    instances_killed: usize,
    redis_emptied: usize,
    redis_from_a_dump: usize,
    redis_hung: usize,
    redis_flushed: usize,
}

#[actix_web::test]
async fn every_event_is_delivered_in_order_with_one_effect_whatever_is_killed() {
    let Some(mut stage) = Stage::mariadb().await else { return };
    let settings = [
        ("HERMES__EVENTS__LEASE_S", "1"),
        ("HERMES__LEDGER__QUEUE_AGE_MAX_MS", "30000"),
        ("HERMES__EVENTS__POLL_MS", "50"),
    ];
    let mut instances =
        [Hermes::start_with(&stage, &settings).await, Hermes::start_with(&stage, &settings).await];
    let running = Rc::new(Cell::new(true));
    let clients: Vec<_> = instances
        .iter()
        .enumerate()
        .flat_map(|(instance, hermes)| (0..CLIENTS).map(move |client| (instance * CLIENTS + client, hermes)))
        .map(|(name, hermes)| {
            rt::spawn(book(name, hermes.url("/api/bookings"), hermes.client(), Rc::clone(&running)))
        })
        .collect();
    let (effects, stop, consumer) = consume(stage.redis.as_ref().unwrap());

    let broken = break_things(&mut instances, stage.redis.as_mut().unwrap()).await;

    running.set(false);
    let mut acknowledged = Vec::new();
    for client in clients {
        acknowledged.extend(client.await.unwrap());
    }
    let committed = outbox(&stage).await;
    let done = || effects.lock().unwrap().len();
    poll(|| async { done() >= committed.len() }, "the last event").await;
    let _consumer_gone = stop.send(());
    consumer.await.unwrap();

    let effects = effects.lock().unwrap().clone();
    let seqs: Vec<i64> = effects.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(seqs, (1..=i64::try_from(committed.len()).unwrap()).collect::<Vec<_>>(), "{broken:?}");
    assert_eq!(effects.iter().cloned().collect::<BTreeMap<_, _>>(), committed);
    let told: std::collections::BTreeSet<_> = committed.into_values().collect();
    for reference in &acknowledged {
        assert!(told.contains(reference), "{reference} was acknowledged");
    }
    assert!(acknowledged.len() > 100, "{} acknowledged", acknowledged.len());
    report(&format!("{} acknowledged, {} events, {broken:?}", acknowledged.len(), told.len()));
}

#[expect(clippy::print_stderr, reason = "the figures of a long run")]
fn report(figures: &str) {
    eprintln!("event chaos: {figures}");
}

/// Breaks one thing after the other until the time is over; in the end everything runs.
async fn break_things(instances: &mut [Hermes; 2], redis: &mut RedisServer) -> Broken {
    let seconds = std::env::var("HERMES_TEST_CHAOS_S").ok().and_then(|text| text.parse().ok());
    let deadline = Instant::now() + Duration::from_secs(seconds.unwrap_or(CHAOS_S));
    let mut broken = Broken::default();
    while Instant::now() < deadline {
        moment(200..900).await;
        match fastrand::u8(0..8) {
            0..=3 => {
                let victim = &mut instances[fastrand::usize(0..2)];
                victim.kill();
                moment(0..400).await;
                victim.restart().await;
                broken.instances_killed += 1;
            }
            4 => {
                redis.stop();
                redis.discard_dump();
                moment(0..700).await;
                redis.start().await;
                broken.redis_emptied += 1;
            }
            5 => {
                redis.cli(&["SAVE"]);
                moment(50..700).await;
                redis.stop();
                moment(0..700).await;
                redis.start().await;
                broken.redis_from_a_dump += 1;
            }
            6 => {
                redis.pause();
                moment(50..1_500).await;
                redis.resume();
                broken.redis_hung += 1;
            }
            _ => {
                redis.cli(&["FLUSHALL"]);
                broken.redis_flushed += 1;
            }
        }
    }
    broken
}

async fn moment(millis: std::ops::Range<u64>) {
    rt::time::sleep(Duration::from_millis(fastrand::u64(millis))).await;
}

/// Books until it is told to stop, also while its instance is down; returns what was acknowledged.
async fn book(client: usize, url: String, http: HttpClient, running: Rc<Cell<bool>>) -> Vec<String> {
    let mut acknowledged = Vec::new();
    let mut tries = 0_u32;
    while running.get() {
        tries += 1;
        let email = format!("chaos-{client}-{tries}@example.org");
        let body = json!({"name": "Chaos", "email": email, "amount": 1}).to_string();
        let headers = [("Content-Type", "application/json")];
        if let Ok(answer) = http.send("POST", &url, &headers, Some(body)).await
            && answer.status == 201
        {
            acknowledged.push(answer.json()["reference"].as_str().unwrap().to_owned());
        }
        rt::time::sleep(PAUSE).await;
    }
    acknowledged
}

/// Follows the stream as another service does.
fn consume(redis: &RedisServer) -> (Effects, oneshot::Sender<()>, rt::task::JoinHandle<()>) {
    let effects = Effects::default();
    let written = Arc::clone(&effects);
    let handler = move |delivery: Delivery| {
        written.lock().unwrap().push((delivery.event.seq, delivery.event.reference));
        async { Ok(()) }
    };
    let settings = ConsumerSettings::new(RedisEndpoint::new(redis.url()), "chaos", "one");
    let consumer = Consumer::new(settings, handler, Arc::new(MemoryProcessedEvents::new(1_000_000))).unwrap();
    let (stop, stopped) = oneshot::channel();
    let task = rt::spawn(async move {
        consumer
            .run(async {
                let _gone = stopped.await;
            })
            .await;
    });
    (effects, stop, task)
}

/// What was committed: number and reference of each event.
async fn outbox(stage: &Stage) -> BTreeMap<i64, String> {
    let database = Database::connect(&stage.database.url).await.unwrap();
    let sql = "SELECT o.seq, p.reference FROM outbox o JOIN payments p ON p.id = o.payment_id";
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let rows = database.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())).collect()
}
