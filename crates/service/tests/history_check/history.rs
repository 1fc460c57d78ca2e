//! A history: writes, reads and faults, each at its own time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hermes_domain::ports::StoreError;
use hermes_service::read_cache::{CacheTier, CachedResponse};
use hermes_service::writer::VisibilityBarrier;
use tokio::time::timeout;

use crate::instance::Instance;
use crate::question::Question;
use crate::world::{INSTANCES, World};

/// How long writes and faults come.
pub const LENGTH_MS: u64 = 2_000;
const WRITES: usize = 14;
const READS: usize = 90;
/// How long a client waits before it tries again.
const RETRY_MS: u64 = 200;

/// What came of a history.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Reads that had something to show, by where they were served from: L1, L2 and the database.
    pub checked: [usize; 3],
    pub unanchored: usize,
    pub failed: usize,
    pub crashes: usize,
    /// Every answer, in order.
    pub answers: Vec<String>,
    pub violations: Vec<String>,
}

/// Where it happens.
pub struct Scene {
    pub world: Arc<World>,
    instances: Mutex<Vec<Instance>>,
    acknowledged: Mutex<Vec<u64>>,
    history: Mutex<History>,
}

impl History {
    /// Plays a history to its end.
    pub async fn play(world: Arc<World>) -> Self {
        let instances = (0..INSTANCES).map(|number| Instance::start(&world, number)).collect();
        let scene = Arc::new(Scene {
            world,
            instances: Mutex::new(instances),
            acknowledged: Mutex::default(),
            history: Mutex::default(),
        });
        let mut tasks = Vec::new();
        tasks.extend((0..WRITES).map(|_| tokio::spawn(Arc::clone(&scene).write())));
        tasks.extend((0..READS).map(|_| tokio::spawn(Arc::clone(&scene).read())));
        tasks.push(tokio::spawn(Arc::clone(&scene).misfortune()));
        for task in tasks {
            task.await.unwrap();
        }
        std::mem::take(&mut *scene.history.lock().unwrap())
    }
}

impl Scene {
    /// Kills an instance, with all that it was doing, and starts another in its place.
    pub fn replace(&self, number: usize) {
        let new = Instance::start(&self.world, number);
        let old = std::mem::replace(&mut self.instances.lock().unwrap()[number], new);
        old.life.end();
        self.history.lock().unwrap().crashes += 1;
    }

    fn instance(&self, number: usize) -> Instance {
        self.instances.lock().unwrap()[number].clone()
    }

    /// A client books, and tries again with the same key until it is told that it has: a replay passes the
    /// barrier as well.
    async fn write(self: Arc<Self>) {
        self.world.any_time(LENGTH_MS).await;
        let booking = self.world.database().book();
        loop {
            let instance = self.instance(self.world.any_instance());
            tokio::select! {
                biased;
                () = instance.life.ended() => self.world.any_time(RETRY_MS).await,
                () = instance.reads.wait_until_visible() => break,
            }
        }
        self.acknowledged.lock().unwrap().push(booking);
    }

    async fn read(self: Arc<Self>) {
        self.world.any_time(LENGTH_MS + 500).await;
        let number = self.world.any_instance();
        let instance = self.instance(number);
        let question = Question::any(&self.world);
        let query = question.query();
        let acknowledged = self.acknowledged.lock().unwrap().clone();
        let patience = match self.world.chance(6) {
            0 => Duration::from_millis(self.world.chance(30)),
            _ => Duration::from_secs(60),
        };
        let result = tokio::select! {
            biased;
            () = instance.life.ended() => return,
            result = timeout(patience, instance.reads.read(&query)) => result,
        };
        let Ok(result) = result else { return };
        self.check(number, question, result, &acknowledged);
    }

    /// Whatever was acknowledged before the read began, and is not lost, must be in its answer.
    fn check(
        &self,
        number: usize,
        question: Question,
        result: Result<Option<CachedResponse>, StoreError>,
        acknowledged: &[u64],
    ) {
        let mut history = self.history.lock().unwrap();
        let Ok(served) = result else {
            history.failed += 1;
            return;
        };
        if served.as_ref().is_some_and(|served| !served.verified) {
            history.unanchored += 1;
            return;
        }
        let tier = served.as_ref().map_or(CacheTier::Db, |served| served.tier);
        let body = served.map(|served| String::from_utf8(served.entry.body.to_vec()).unwrap());
        let lost = self.world.database().lost.clone();
        let kept = acknowledged.iter().copied().filter(|booking| !lost.contains(booking)).collect::<Vec<_>>();
        let answer = format!("instance {number} answered {question:?} with {body:?} from {}", tier.as_str());
        if !kept.is_empty() {
            history.checked[place_of(tier)] += 1;
        }
        let missing = question.missing(body.as_deref(), &kept);
        if !missing.is_empty() {
            history.violations.push(format!("{answer}, without {missing:?}"));
        }
        history.answers.push(answer);
    }
}

const fn place_of(tier: CacheTier) -> usize {
    match tier {
        CacheTier::L1 => 0,
        CacheTier::L2 => 1,
        CacheTier::Db => 2,
    }
}
