//! Three `hermes` on real servers, and everything under them fails: Promise G and the promises of the ledger hold.
//!
//! Writers book payments through any instance and send the same key again until they are answered. Readers read
//! from any instance. The checker knows what was acknowledged before a read was sent, by the one clock of this
//! process, and looks for it in the answer. Meanwhile instances are killed and paused, Redis dies, forgets, comes
//! back from an old dump, stands still and refuses, ways are cut and swallow answers, and the database dies and is
//! locked. Afterwards the rows of the database are held against what was acknowledged.
//!
//! | module | is |
//! |---|---|
//! | `scene`, `instance` | the servers |
//! | `writer`, `reader`, `client` | who asks |
//! | `list`, `etags`, `record` | the checker |
//! | `faults` | who breaks things |
//! | `verdict` | what must hold in the end |
//! | `run`, `figures`, `settings` | the run itself, and what is told of it |
//!
//! Two answers are no anomalies and are counted apart: a refusal (503, or none), and a list that is labelled
//! `Hermes-Freshness: unanchored`, which says of itself that it may be old.
//!
//! `make chaos SECONDS=600` runs it for longer; `HERMES_CHAOS_SEED` repeats the choices of an earlier run.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

#[path = "../support/mod.rs"]
mod support;

mod client;
mod etags;
mod faults;
mod instance;
mod list;
mod metrics;
mod reader;
mod record;
mod run;
mod scene;
mod settings;
mod verdict;
mod writer;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt;
use actix_web::rt::task::spawn_blocking;
use client::Client;
use etags::Etags;
use fastrand::Rng;
use hermes_service::read_cache::CACHE_ASIDE_VARIABLE;
use metrics::Count;
use reader::Reader;
use run::Run;
use scene::Scene;
use settings::Settings;
use tempfile::TempDir;
use tokio::sync::Mutex;
use writer::Writer;

const WRITERS: usize = 12;
const READERS: usize = 8;

/// Two runs at a time would only make each other slow.
static ONE_RUN: Mutex<()> = Mutex::const_new(());
/// How long the checker may take to find what is wrong with plain cache-aside.
const FOUND_MAX: Duration = Duration::from_secs(60);

#[actix_web::test]
async fn everything_acknowledged_before_a_read_is_in_its_answer_whatever_fails() {
    let _alone = ONE_RUN.lock().await;
    let Some(scene) = Scene::prepare(&[]).await else { return };
    let settings = Settings::from_environment();
    println!("chaos: seed {}, {} s", settings.seed, settings.duration.as_secs());
    let Ended { run, folder } = carry_out(scene, settings).await;

    let anomalies = run.anomalies();
    println!("chaos: seed {}: {}", settings.seed, run.figures.tell(anomalies.len()));
    if !anomalies.is_empty() {
        let logs = folder.keep();
        panic!("seed {}, logs in {}:\n{}", settings.seed, logs.display(), anomalies.join("\n"));
    }
    for count in [Count::Acknowledged, Count::Checked, Count::FromL1, Count::FromDb, Count::NotModified] {
        assert!(run.figures.of(count) > 0, "nothing was proved: {}", run.figures.tell(0));
    }
}

/// The checker is checked: the same run on a list that is cached as most caches do it.
#[actix_web::test]
async fn plain_cache_aside_is_found_out() {
    let _alone = ONE_RUN.lock().await;
    let Some(scene) = Scene::prepare(&[(CACHE_ASIDE_VARIABLE, "yes")]).await else { return };
    let settings = Settings { duration: FOUND_MAX, ..Settings::from_environment() };
    let run = carry_out(scene, settings).await.run;

    let anomalies = run.anomalies();
    println!("chaos: plain cache-aside, seed {}: {}", settings.seed, run.figures.tell(anomalies.len()));
    let first = anomalies.first().expect("plain cache-aside serves stale lists, and none was found");
    println!("chaos: plain cache-aside was found out {}", first.lines().next().unwrap_or_default());
    assert!(first.contains(reader::STALE), "something else is wrong: {first}");
}

/// A run that has ended, and where its logs are.
struct Ended {
    run: Run,
    folder: TempDir,
}

/// One run from the first start to the verdict.
async fn carry_out(scene: Scene, settings: Settings) -> Ended {
    let Scene { mut instances, ways, redis, spare_redis, mariadb, database, folder } = scene;
    let mut seeds = Rng::with_seed(settings.seed);
    let client = Rc::new(Client::to(instances.iter().map(instance::Instance::port).collect()));
    for (number, instance) in instances.iter_mut().enumerate() {
        faults::instances::start(instance, number, &client).await;
    }
    let run = Arc::new(Run::begin(settings));
    let etags = Rc::new(Etags::default());
    let reader = |random| Reader { run: run.clone(), client: client.clone(), etags: etags.clone(), random };

    // What blocks its thread has one of its own, so that nobody else waits.
    let redis = faults::redis::Breaker {
        run: run.clone(),
        ways: ways.clone(),
        primary: redis,
        spare: spare_redis,
        random: seeds.fork(),
    };
    let redis = on_a_thread(move || redis.work());
    let (its_run, random) = (run.clone(), seeds.fork());
    let mariadb = on_a_thread(move || faults::database::work(its_run, mariadb, random));
    let network = rt::spawn(faults::network::work(run.clone(), ways.clone(), seeds.fork()));
    let instances = rt::spawn(faults::instances::work(run.clone(), client.clone(), instances, seeds.fork()));
    let writers = (0..WRITERS).map(|number| {
        let (mut own, random) = (seeds.fork(), seeds.fork());
        let reader = reader(own.fork());
        Writer { number, run: run.clone(), client: client.clone(), reader, random }
    });
    let actors: Vec<_> = writers.map(|writer| rt::spawn(writer.work())).collect();
    let readers: Vec<_> = (0..READERS).map(|_| rt::spawn(reader(seeds.fork()).work())).collect();

    // The servers run until the verdict.
    let redis = redis.await.unwrap();
    let mariadb = mariadb.await.unwrap();
    network.await.unwrap();
    let instances = instances.await.unwrap();
    for actor in actors.into_iter().chain(readers) {
        actor.await.unwrap();
    }
    for number in 0..instances.len() {
        reader(seeds.fork()).read_at_last(number).await;
    }
    let payments = verdict::check_rows(&run, &database.url).await;
    println!("chaos: {payments} payments are in the database");
    verdict::check_audit(&run, &instances[0]);
    for instance in &instances {
        verdict::check_log(&run, instance);
    }
    drop((redis, mariadb));
    Ended { run: Arc::into_inner(run).expect("every actor has ended"), folder }
}

/// Runs an actor on a thread and a runtime of its own.
fn on_a_thread<T, F>(actor: impl FnOnce() -> F + Send + 'static) -> rt::task::JoinHandle<T>
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(actor())
    })
}
