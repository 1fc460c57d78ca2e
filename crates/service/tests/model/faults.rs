//! What goes wrong.

use crate::process::{Next, Story};
use crate::variant::Fault;
use crate::world::World;

/// The most commits that the database loses at once.
const LOST_MAX: u8 = 2;

/// Lets a fault begin, or end; `None` when it cannot happen in this way.
pub fn strike(
    world: &mut World,
    fault: Fault,
    has_begun: bool,
    choice: u8,
    story: &mut Story,
) -> Option<Next<()>> {
    if fault == Fault::CommitsLost {
        let commits = choice + 1;
        if commits > LOST_MAX || commits > world.database.len() {
            return None;
        }
        world.database.lose(commits);
        story.tell(|| format!("the database loses its last {commits} commits"));
        return Some(Next::Done);
    }
    if choice > 0 {
        return None;
    }
    story.tell(|| format!("{fault:?} {}", if has_begun { "ends" } else { "happens" }));
    match (fault, has_begun) {
        (Fault::CacheCopied, _) => world.cache.copy = world.cache.data,
        (Fault::CacheFailsOver, _) => world.cache.restart_from_copy(),
        (Fault::CacheFlushed, _) => world.cache.flush(),
        (Fault::CacheRestarts, false) => world.cache.is_up = false,
        (Fault::CacheRestarts, true) => {
            world.cache.is_up = true;
            world.cache.restart_from_copy();
        }
        (Fault::CacheRefuses, begins) => world.cache.refuses = !begins,
        (Fault::CacheCut(instance), begins) => world.place(instance).reaches_cache = begins,
        (Fault::DatabaseCut(instance), begins) => world.place(instance).reaches_database = begins,
        (Fault::CommitsLost, _) => {}
    }
    let lasts = matches!(
        fault,
        Fault::CacheRestarts | Fault::CacheRefuses | Fault::CacheCut(_) | Fault::DatabaseCut(_)
    );
    Some(if lasts && !has_begun { Next::At(()) } else { Next::Done })
}
