//! Three instances on real servers while everything below them fails: the read-your-writes promise and the promises of
//! the ledger hold.
//!
//! Writers book payments through any instance and retry with the same key until they get a response. Readers read from
//! any instance. All clients are in this process and share one clock, so the checker knows which bookings were
//! acknowledged before a read started, and looks for them in the response. Meanwhile, instances are killed and paused,
//! Redis fails in eight ways, connections are cut, delayed and lose responses, and the database is killed and locked.
//! At the end, the rows of the database are compared with the acknowledged bookings.
//!
//! Two kinds of responses are allowed and counted separately: a rejection (503, or no response), and a list with
//! `Hermes-Freshness: unverified`, which can be stale.
//!
//! `events` is a separate run, which checks the relay and a consumer.
//!
//! `make chaos SECONDS=600` runs longer. `HERMES_CHAOS_SEED` repeats the random choices of an earlier run.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a panic fails the test, and a run prints its counters"
)]

#[path = "../support/mod.rs"]
mod support;

mod client;
mod environment;
mod etags;
mod events;
mod faults;
mod final_checks;
mod list;
mod reader;
mod record;
mod report;
mod run;
mod writer;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt;
use actix_web::rt::task::spawn_blocking;
use fastrand::Rng;
use hermes_service::read_cache::CACHE_ASIDE_VARIABLE;
use tempfile::TempDir;
use tokio::sync::Mutex;

use client::Client;
use environment::ChaosEnvironment;
use etags::Etags;
use faults::redis::RedisFaults;
use reader::Reader;
use report::{ACKNOWLEDGED, CHECKED, FROM_DB, FROM_L1, NOT_MODIFIED};
use run::{Run, Settings};
use writer::Writer;

const WRITERS: usize = 12;
const READERS: usize = 8;
/// The time limit for finding a stale list of the plain cache.
const MAX_DETECTION_TIME: Duration = Duration::from_secs(60);

/// Serializes the runs, because two at a time would slow each other down.
static ONE_RUN: Mutex<()> = Mutex::const_new(());

#[actix_web::test]
async fn every_read_shows_all_bookings_acknowledged_before_it_started() {
    let _guard = ONE_RUN.lock().await;
    let Some(environment) = ChaosEnvironment::start(&[]).await else { return };
    let settings = Settings::from_variables();
    println!("chaos: seed {}, {} s", settings.seed, settings.duration.as_secs());
    let (run, folder) = execute(environment, settings).await;

    let anomalies = run.anomalies();
    println!("chaos: seed {}: {}, anomalies {}", settings.seed, run.report, anomalies.len());
    if !anomalies.is_empty() {
        let logs = folder.keep();
        panic!("seed {}, logs in {}:\n{}", settings.seed, logs.display(), anomalies.join("\n"));
    }
    for counter in [ACKNOWLEDGED, CHECKED, FROM_L1, FROM_DB, NOT_MODIFIED] {
        assert!(run.report.get(counter) > 0, "no {counter}: {}", run.report);
    }
}

/// Proves that the checker works: it finds the stale lists of a cache without versions.
#[actix_web::test]
async fn the_checker_finds_stale_lists_of_a_plain_cache() {
    let _guard = ONE_RUN.lock().await;
    let Some(environment) = ChaosEnvironment::start(&[(CACHE_ASIDE_VARIABLE, "yes")]).await else { return };
    let settings = Settings { duration: MAX_DETECTION_TIME, ..Settings::from_variables() };
    let (run, _folder) = execute(environment, settings).await;

    let anomalies = run.anomalies();
    println!("chaos: plain cache, seed {}: {}", settings.seed, run.report);
    let first = anomalies.first().expect("no stale list was found");
    println!("chaos: plain cache, stale {}", first.lines().next().unwrap_or_default());
    assert!(first.contains(reader::STALE), "another anomaly: {first}");
}

/// Executes one run with all checks; returns the run and the folder of its logs.
async fn execute(environment: ChaosEnvironment, settings: Settings) -> (Run, TempDir) {
    let ChaosEnvironment { mut instances, proxies, redis, spare_redis, mariadb, database, folder } =
        environment;
    let mut seeds = Rng::with_seed(settings.seed);
    let client = Rc::new(Client::new(instances.iter().map(|instance| instance.port()).collect()));
    for (number, instance) in instances.iter_mut().enumerate() {
        faults::instances::start(instance, number, &client).await;
    }
    let run = Arc::new(Run::start(settings));
    let etags = Rc::new(Etags::default());
    let reader = |random| Reader { run: run.clone(), client: client.clone(), etags: etags.clone(), random };

    // These two block their threads.
    let redis = RedisFaults {
        run: run.clone(),
        proxies: proxies.clone(),
        primary: redis,
        spare: spare_redis,
        random: seeds.fork(),
    };
    let redis = run_on_thread(move || redis.run());
    let (database_run, random) = (run.clone(), seeds.fork());
    let mariadb = run_on_thread(move || faults::database::run(database_run, mariadb, random));
    let network = rt::spawn(faults::network::run(run.clone(), proxies.clone(), seeds.fork()));
    let instances = rt::spawn(faults::instances::run(run.clone(), client.clone(), instances, seeds.fork()));
    let mut clients = Vec::new();
    for number in 0..WRITERS {
        let (reader, random) = (reader(seeds.fork()), seeds.fork());
        let writer = Writer { number, run: run.clone(), client: client.clone(), reader, random };
        clients.push(rt::spawn(writer.run()));
    }
    clients.extend((0..READERS).map(|_| rt::spawn(reader(seeds.fork()).run())));

    // The servers run until the last check.
    let redis = redis.await.unwrap();
    let mariadb = mariadb.await.unwrap();
    network.await.unwrap();
    let instances = instances.await.unwrap();
    for client in clients {
        client.await.unwrap();
    }
    for number in 0..instances.len() {
        reader(seeds.fork()).read_after_last_fault(number).await;
    }
    let payments = final_checks::check_rows(&run, &database.url).await;
    println!("chaos: {payments} payments are in the database");
    final_checks::check_audit_log(&run, &instances[0]);
    for (number, instance) in instances.iter().enumerate() {
        final_checks::check_log(&run, number, instance);
    }
    drop((redis, mariadb));
    (Arc::into_inner(run).expect("all tasks have ended"), folder)
}

/// Runs a task on a thread and a runtime of its own.
fn run_on_thread<T, F>(task: impl FnOnce() -> F + Send + 'static) -> rt::task::JoinHandle<T>
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(task())
    })
}
