//! One fault after the other, of those that may happen.

use std::sync::Arc;

use crate::history::{LENGTH_MS, Scene};
use crate::world::{Switch, World};

/// How many times something may go wrong.
const TIMES: u64 = 16;

impl Scene {
    pub async fn misfortune(self: Arc<Self>) {
        for _ in 0..TIMES {
            self.world.any_time(2 * LENGTH_MS / TIMES).await;
            self.strike();
        }
    }

    fn strike(&self) {
        let (world, faults) = (&self.world, self.world.faults);
        let number = world.any_instance();
        match world.chance(6) {
            0 if faults.cache_cuts => flip(world, &world.cache_is_cut[number]),
            1 if faults.cache_loses_data => lose_cached_data(world),
            2 if faults.cache_refuses => flip(world, &world.cache_refuses),
            3 if faults.database_cuts => flip(world, &world.database_is_cut[number]),
            4 if faults.crashes => self.replace(number),
            5 if faults.database_loses_commits => {
                let commits = usize::try_from(world.chance(4)).unwrap();
                world.database().lose(commits);
            }
            _ => {}
        }
    }
}

fn flip(world: &World, switch: &Switch) {
    switch.set(world.once_in(2));
}

fn lose_cached_data(world: &World) {
    let kind = world.chance(6);
    let mut cache = world.cache();
    match kind {
        0 | 1 => cache.copy(),
        2 => cache.restart_from_copy(),
        3 => cache.restart_empty(),
        4 => cache.flush(),
        _ => cache.evict_version(),
    }
}
