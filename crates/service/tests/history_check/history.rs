//! A history: writes, reads and faults, each at a random time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hermes_service::read_cache::{CacheTier, CachedResponse, ReadError};
use hermes_service::writer::VisibilityBarrier;
use tokio::time::timeout;

use crate::environment::{Booking, Environment, INSTANCES};
use crate::faults::inject;
use crate::instance::Instance;
use crate::query::{ReadQuery, payer};
use crate::support::{email, names};

/// How long writes and faults start.
pub const LENGTH_MS: u64 = 2_000;
const WRITES: usize = 14;
const READS: usize = 90;
/// How long a client waits before it retries.
const RETRY_MS: u64 = 200;

/// The result of a history.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Reads that had a booking to show, by tier: L1, L2 and the database.
    pub checked: [usize; 3],
    pub unverified: usize,
    pub failed: usize,
    pub crashes: usize,
    /// Every verified response, in order.
    pub responses: Vec<String>,
    pub violations: Vec<String>,
}

/// The clients of three instances.
pub struct Clients {
    environment: Arc<Environment>,
    instances: Mutex<Vec<Instance>>,
    acknowledged: Mutex<Vec<Booking>>,
    history: Mutex<History>,
}

impl History {
    /// Plays a history to its end.
    pub async fn play(environment: Arc<Environment>) -> Self {
        let instances = (0..INSTANCES).map(|number| Instance::start(&environment, number)).collect();
        let clients = Arc::new(Clients {
            environment,
            instances: Mutex::new(instances),
            acknowledged: Mutex::default(),
            history: Mutex::default(),
        });
        let mut tasks = Vec::new();
        tasks.extend((0..WRITES).map(|_| tokio::spawn(Arc::clone(&clients).write())));
        tasks.extend((0..READS).map(|_| tokio::spawn(Arc::clone(&clients).read())));
        let faulty = Arc::clone(&clients);
        tasks.push(tokio::spawn(async move { inject(&faulty.environment, &faulty).await }));
        for task in tasks {
            task.await.unwrap();
        }
        std::mem::take(&mut *clients.history.lock().unwrap())
    }
}

impl Clients {
    /// Kills an instance with all its tasks and starts another one.
    pub fn replace_instance(&self, number: usize) {
        let new = Instance::start(&self.environment, number);
        let old = std::mem::replace(&mut self.instances.lock().unwrap()[number], new);
        old.process.kill();
        self.history.lock().unwrap().crashes += 1;
    }

    fn instance(&self, number: usize) -> Instance {
        self.instances.lock().unwrap()[number].clone()
    }

    /// Books, and retries with the same key until the write is acknowledged. A replay passes the barrier too.
    async fn write(self: Arc<Self>) {
        self.environment.delay(LENGTH_MS).await;
        let booking = self.environment.book();
        loop {
            let instance = self.instance(self.environment.any_instance());
            tokio::select! {
                biased;
                () = instance.process.killed() => self.environment.delay(RETRY_MS).await,
                () = instance.reads.wait_until_visible() => break,
            }
        }
        self.acknowledged.lock().unwrap().push(booking);
    }

    /// Reads once. Some clients disconnect early.
    async fn read(self: Arc<Self>) {
        self.environment.delay(LENGTH_MS + 500).await;
        let instance = self.instance(self.environment.any_instance());
        let read_query = ReadQuery::any(&self.environment);
        let query = read_query.query();
        let acknowledged = self.acknowledged.lock().unwrap().clone();
        let patience = match self.environment.below(6) {
            0 => Duration::from_millis(self.environment.below(30)),
            _ => Duration::from_secs(60),
        };
        let result = tokio::select! {
            biased;
            () = instance.process.killed() => return,
            result = timeout(patience, instance.reads.read(&query)) => result,
        };
        if let Ok(result) = result {
            self.check(read_query, result, &acknowledged);
        }
    }

    /// The response must show every booking that was acknowledged before the read started and is not lost.
    fn check(
        &self,
        query: ReadQuery,
        result: Result<Option<CachedResponse>, ReadError>,
        acknowledged: &[Booking],
    ) {
        let mut history = self.history.lock().unwrap();
        let response = match result {
            Err(_) => {
                history.failed += 1;
                return;
            }
            Ok(Some(response)) if !response.verified => {
                history.unverified += 1;
                return;
            }
            Ok(response) => response,
        };
        let tier = response.as_ref().map_or(CacheTier::Db, |response| response.tier);
        let body = response.as_ref().map(names);
        let lost = self.environment.lost.lock().unwrap();
        let is_stored = |booking: &Booking| !lost.contains(&email(&payer(booking.0)));
        let expected: Vec<_> = acknowledged.iter().copied().filter(is_stored).collect();
        let text = format!("{query:?} returned {body:?} from {}", tier.as_str());
        if !expected.is_empty() {
            let index = match tier {
                CacheTier::L1 => 0,
                CacheTier::L2 => 1,
                CacheTier::Db => 2,
            };
            history.checked[index] += 1;
        }
        let missing = query.missing(body.as_deref(), &expected);
        if !missing.is_empty() {
            history.violations.push(format!("{text}, without {missing:?}"));
        }
        history.responses.push(text);
    }
}
