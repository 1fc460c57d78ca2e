//! What happens: writes, reads, and faults, each at its own time.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hermes_service::freshness::FreshReads;
use hermes_service::lane::Barrier;
use tokio::time::{sleep, timeout};

use crate::instance::instance;
use crate::support::{list_of, names};
use crate::world::{INSTANCES, World};

/// How long a history is.
const LENGTH_MS: u64 = 2_000;
const WRITES: usize = 14;
const READS: usize = 90;

/// What came of a history.
#[derive(Debug, Default)]
pub struct History {
    pub checked: usize,
    pub unanchored: usize,
    pub violations: Vec<String>,
}

struct Scene {
    world: Arc<World>,
    instances: Vec<Arc<FreshReads>>,
    acknowledged: Mutex<Vec<String>>,
    history: Mutex<History>,
}

impl History {
    /// Plays a history to its end.
    pub async fn play(world: Arc<World>) -> Self {
        let instances = (0..INSTANCES).map(|number| instance(&world, number)).collect();
        let scene =
            Arc::new(Scene { world, instances, acknowledged: Mutex::default(), history: Mutex::default() });
        let mut tasks = Vec::new();
        for _ in 0..WRITES {
            tasks.push(tokio::spawn(Arc::clone(&scene).write()));
        }
        for _ in 0..READS {
            tasks.push(tokio::spawn(Arc::clone(&scene).read()));
        }
        tasks.push(tokio::spawn(Arc::clone(&scene).misfortune()));
        for task in tasks {
            task.await.unwrap();
        }
        std::mem::take(&mut *scene.history.lock().unwrap())
    }
}

impl Scene {
    async fn write(self: Arc<Self>) {
        self.any_time(LENGTH_MS).await;
        let payer = self.world.database().book();
        if self.world.faults.kills && self.world.chance(3) == 0 {
            // The client tries again elsewhere with the same key, and the replay passes the barrier.
            self.any_time(200).await;
        }
        self.instances[self.world.any_instance()].make_visible().await;
        self.acknowledged.lock().unwrap().push(payer);
    }

    async fn read(self: Arc<Self>) {
        self.any_time(LENGTH_MS + 500).await;
        let number = self.world.any_instance();
        let acknowledged = self.acknowledged.lock().unwrap().clone();
        let read = list_of(&self.instances[number]);
        let patience = match self.world.chance(6) {
            0 => Duration::from_millis(self.world.chance(30)),
            _ => Duration::from_secs(60),
        };
        let Ok(result) = timeout(patience, read).await else { return };
        let mut history = self.history.lock().unwrap();
        let served = match result {
            Ok(served) if served.anchored => served,
            Ok(_) => {
                history.unanchored += 1;
                return;
            }
            Err(error) => {
                // The deadline of the head has passed; nothing was served, so nothing stale.
                assert!(self.world.faults.database_is_slow, "{error}");
                return;
            }
        };
        history.checked += 1;
        let shown = names(&served);
        let lost = self.world.database().lost.clone();
        let misses =
            |payer: &&String| !lost.contains(payer) && !shown.split(',').any(|name| name == payer.as_str());
        let missed: Vec<_> = acknowledged.iter().filter(misses).collect();
        if !missed.is_empty() {
            let tier = served.tier.code();
            history
                .violations
                .push(format!("instance {number} served {shown} from {tier} without {missed:?}"));
        }
    }

    /// One fault after the other, of those that may happen.
    async fn misfortune(self: Arc<Self>) {
        for _ in 0..12 {
            self.any_time(LENGTH_MS / 6).await;
            let (world, faults) = (&self.world, self.world.faults);
            match world.chance(4) {
                0 if faults.cuts => {
                    let number = world.any_instance();
                    let flips = world.chance(2) == 0;
                    world.set_cut(number, flips);
                }
                1 if faults.cache_loses_data => world.cache().renew(),
                2 if faults.refusals => world.refuses.store(world.chance(2) == 0, Ordering::SeqCst),
                3 if faults.database_loses_commits => {
                    let commits = usize::try_from(world.chance(4)).unwrap();
                    world.database().lose(commits);
                }
                _ => {}
            }
        }
    }

    async fn any_time(&self, limit_ms: u64) {
        sleep(Duration::from_millis(self.world.chance(limit_ms))).await;
    }
}
