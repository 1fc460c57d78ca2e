//! Fault injection.

use crate::environment::Environment;
use crate::process::{Next, Trace};
use crate::variant::Fault;

/// The maximum number of commits that the database loses at once.
const LOST_MAX: u8 = 2;

/// Starts or ends a fault. Returns `None` if the fault cannot happen in this way.
pub fn inject(
    environment: &mut Environment,
    fault: Fault,
    has_begun: bool,
    choice: u8,
    trace: &mut Trace,
) -> Option<Next<()>> {
    if fault == Fault::CommitsLost {
        let commits = choice + 1;
        if commits > LOST_MAX || commits > environment.database.len() {
            return None;
        }
        environment.database.lose(commits);
        trace.add(|| format!("the database loses its last {commits} commits"));
        return Some(Next::Done);
    }
    if choice > 0 {
        return None;
    }
    trace.add(|| format!("{fault:?} {}", if has_begun { "ends" } else { "happens" }));
    match (fault, has_begun) {
        (Fault::CacheCopied, _) => environment.cache.copy = environment.cache.data,
        (Fault::CacheFailsOver, _) => environment.cache.restart_from_copy(),
        (Fault::CacheFlushed, _) => environment.cache.flush(),
        (Fault::CacheRestarts, false) => environment.cache.is_up = false,
        (Fault::CacheRestarts, true) => {
            environment.cache.is_up = true;
            environment.cache.restart_from_copy();
        }
        (Fault::CacheRejectsChanges, begins) => environment.cache.rejects_changes = !begins,
        (Fault::CacheCut(instance), begins) => environment.instance_mut(instance).reaches_cache = begins,
        (Fault::DatabaseCut(instance), begins) => {
            environment.instance_mut(instance).reaches_database = begins
        }
        (Fault::CommitsLost, _) => {}
    }
    let lasts = matches!(
        fault,
        Fault::CacheRestarts | Fault::CacheRejectsChanges | Fault::CacheCut(_) | Fault::DatabaseCut(_)
    );
    Some(if lasts && !has_begun { Next::At(()) } else { Next::Done })
}
