//! The armed fail point, read from the environment, and the kill.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};

use crate::FailPoint;

/// The environment variable that arms a fail point: `point:hit`, or `point:hit:delay` with a delay in microseconds.
pub const VARIABLE: &str = "HERMES_TEST_FAULT_POINT";

static ARMED: LazyLock<Option<Armed>> = LazyLock::new(|| {
    let text = std::env::var(VARIABLE).ok()?;
    let armed = Armed::parse(&text);
    assert!(armed.is_some(), "{VARIABLE} must be point:hit or point:hit:delay, not {text}");
    armed
});

struct Armed {
    point: FailPoint,
    remaining_hits: AtomicU64,
    delay: Duration,
}

pub(crate) fn hit(point: FailPoint) {
    if let Some(armed) = ARMED.as_ref().filter(|armed| armed.point == point)
        && armed.remaining_hits.fetch_sub(1, Ordering::SeqCst) == 1
    {
        std::thread::sleep(armed.delay);
        kill_self();
    }
}

/// Kills the process without running destructors or flushing buffers.
fn kill_self() -> ! {
    let result = kill_process(getpid(), Signal::KILL);
    unreachable!("the process survived SIGKILL: {result:?}")
}

impl Armed {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let name = parts.next()?;
        let point = FailPoint::ALL.into_iter().find(|point| point.name() == name)?;
        let hits: u64 = parts.next()?.parse().ok().filter(|hits| *hits > 0)?;
        let delay_us: u64 = parts.next().map_or(Some(0), |delay| delay.parse().ok())?;
        let is_complete = parts.next().is_none();
        is_complete.then(|| Self {
            point,
            remaining_hits: AtomicU64::new(hits),
            delay: Duration::from_micros(delay_us),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_can_be_armed_by_its_name() {
        for point in FailPoint::ALL {
            let armed = Armed::parse(&format!("{}:3:250", point.name())).unwrap();
            assert_eq!((armed.point, armed.delay), (point, Duration::from_micros(250)));
            assert_eq!(armed.remaining_hits.into_inner(), 3);
        }
        assert_eq!(Armed::parse("after-commit:1").unwrap().delay, Duration::ZERO);
    }

    #[test]
    fn invalid_settings_are_rejected() {
        for text in ["", "after-commit", "after-commit:0", "after-commit:x", "after:1", "after-commit:1:2:3"]
        {
            assert!(Armed::parse(text).is_none(), "{text}");
        }
    }
}
