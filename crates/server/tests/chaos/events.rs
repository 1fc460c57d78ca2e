//! The relay and Redis fail at random under load: a consumer handles every event once and in order.
//!
//! `HERMES_TEST_CHAOS_S` sets the duration in seconds; the default is 20.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::rt;
use hermes_events::{Consumer, ConsumerSettings, Delivery, MemoryProcessedEvents, RedisEndpoint};
use hermes_test_support::RedisServer;
use serde_json::json;
use tokio::sync::oneshot;

use crate::ONE_RUN;
use crate::support::{HttpClient, LONG_QUEUE_AGE, TestApp, TestEnvironment, poll, rows};

const DEFAULT_SECONDS: u64 = 20;
const CLIENTS_PER_INSTANCE: usize = 4;
const BOOKING_INTERVAL: Duration = Duration::from_millis(20);

/// The sequence number and the reference of each handled event, in the order of handling.
type HandledEvents = Arc<Mutex<Vec<(i64, String)>>>;

#[actix_web::test]
async fn every_event_is_handled_once_and_in_order_despite_faults() {
    let _guard = ONE_RUN.lock().await;
    let Some(mut environment) = TestEnvironment::mariadb().await else { return };
    let settings = [("HERMES__EVENTS__LEASE_MS", "1000"), LONG_QUEUE_AGE, ("HERMES__EVENTS__POLL_MS", "50")];
    let mut instances = [
        TestApp::start_with(&environment, &settings).await,
        TestApp::start_with(&environment, &settings).await,
    ];
    let is_running = Rc::new(Cell::new(true));
    let mut clients = Vec::new();
    for (number, app) in instances.iter().enumerate() {
        for client in 0..CLIENTS_PER_INSTANCE {
            let name = format!("{number}-{client}");
            let (url, http) = (app.url("/api/bookings"), app.client.clone());
            clients.push(rt::spawn(book_until_stopped(name, url, http, Rc::clone(&is_running))));
        }
    }
    let (handled, stop, consumer) = start_consumer(environment.redis.as_ref().unwrap());

    let faults = inject_faults(&mut instances, environment.redis.as_mut().unwrap()).await;

    is_running.set(false);
    let mut acknowledged = Vec::new();
    for client in clients {
        acknowledged.extend(client.await.unwrap());
    }
    let sql = "SELECT o.seq, p.reference FROM outbox o JOIN payments p ON p.id = o.payment_id";
    let pairs = rows::query_pairs(&rows::connect(&environment).await, sql).await;
    let committed: BTreeMap<i64, String> = pairs.into_iter().collect();
    poll(|| async { handled.lock().unwrap().len() >= committed.len() }, "the last event").await;
    stop.send(()).unwrap();
    consumer.await.unwrap();

    let handled = handled.lock().unwrap().clone();
    let seqs: Vec<i64> = handled.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(seqs, (1..=i64::try_from(committed.len()).unwrap()).collect::<Vec<_>>(), "{faults:?}");
    assert_eq!(handled.into_iter().collect::<BTreeMap<_, _>>(), committed);
    let references: BTreeSet<_> = committed.into_values().collect();
    for reference in &acknowledged {
        assert!(references.contains(reference), "{reference} was acknowledged and has no event");
    }
    assert!(acknowledged.len() > 100, "{} acknowledged", acknowledged.len());
    println!("event chaos: {} acknowledged, {} events, {faults:?}", acknowledged.len(), references.len());
}

/// Injects one fault after another until the time is over; returns how often each was injected. All servers work then.
async fn inject_faults(
    instances: &mut [TestApp; 2],
    redis: &mut RedisServer,
) -> BTreeMap<&'static str, usize> {
    let seconds = std::env::var("HERMES_TEST_CHAOS_S").ok().and_then(|text| text.parse().ok());
    let deadline = Instant::now() + Duration::from_secs(seconds.unwrap_or(DEFAULT_SECONDS));
    let mut counts = BTreeMap::new();
    while Instant::now() < deadline {
        sleep_ms(200..900).await;
        let fault = match fastrand::u8(0..8) {
            0..=3 => {
                let instance = &mut instances[fastrand::usize(0..2)];
                instance.kill();
                sleep_ms(0..400).await;
                instance.restart().await;
                "instance killed"
            }
            4 => {
                redis.stop();
                redis.discard_dump();
                sleep_ms(0..700).await;
                redis.start().await;
                "redis emptied"
            }
            5 => {
                redis.cli(&["SAVE"]);
                sleep_ms(50..700).await;
                redis.stop();
                sleep_ms(0..700).await;
                redis.start().await;
                "redis from dump"
            }
            6 => {
                redis.pause();
                sleep_ms(50..1_500).await;
                redis.resume();
                "redis hung"
            }
            _ => {
                redis.cli(&["FLUSHALL"]);
                "redis flushed"
            }
        };
        *counts.entry(fault).or_default() += 1;
    }
    counts
}

async fn sleep_ms(range: std::ops::Range<u64>) {
    rt::time::sleep(Duration::from_millis(fastrand::u64(range))).await;
}

/// Books until the flag is cleared, also while the instance is down; returns the acknowledged references.
async fn book_until_stopped(
    client: String,
    url: String,
    http: HttpClient,
    is_running: Rc<Cell<bool>>,
) -> Vec<String> {
    let mut acknowledged = Vec::new();
    let mut attempt = 0_u32;
    while is_running.get() {
        attempt += 1;
        let email = format!("chaos-{client}-{attempt}@example.org");
        let body = json!({"name": "Chaos", "email": email, "amount": 1}).to_string();
        let headers = [("Content-Type", "application/json")];
        if let Ok(response) = http.send("POST", &url, &headers, Some(body)).await
            && response.status == 201
        {
            acknowledged.push(response.json()["reference"].as_str().unwrap().to_owned());
        }
        rt::time::sleep(BOOKING_INTERVAL).await;
    }
    acknowledged
}

/// Starts a consumer as another service would.
fn start_consumer(redis: &RedisServer) -> (HandledEvents, oneshot::Sender<()>, rt::task::JoinHandle<()>) {
    let handled = HandledEvents::default();
    let written = Arc::clone(&handled);
    let handler = move |delivery: Delivery| {
        written.lock().unwrap().push((delivery.event.seq, delivery.event.reference));
        async { Ok(()) }
    };
    let stream = RedisEndpoint::new(redis.url());
    let settings = ConsumerSettings::new(stream, "chaos", "one");
    let consumer = Consumer::new(settings, handler, Arc::new(MemoryProcessedEvents::new(1_000_000))).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async {
        // An error means that the sender was dropped, which also stops the consumer.
        let _ = stopped.await;
    };
    (handled, stop, rt::spawn(async move { consumer.run(stopped).await }))
}
