//! The point that is armed, and the end of the process.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};

use crate::Point;

/// Names the point at which the process dies, and on which passage: `point:passage`, or `point:passage:pause`
/// with a pause in microseconds between the passage and the end.
pub const VARIABLE: &str = "HERMES_TEST_FAULT_POINT";

static ARMED: LazyLock<Option<Armed>> = LazyLock::new(|| {
    let text = std::env::var(VARIABLE).ok()?;
    let armed = Armed::parse(&text);
    assert!(armed.is_some(), "{VARIABLE} is point:passage or point:passage:pause, not {text}");
    armed
});

struct Armed {
    point: Point,
    /// How many passages are still to come.
    left: AtomicU64,
    pause: Duration,
}

/// Dies here when it is time to.
pub(crate) fn pass(point: Point) {
    if let Some(armed) = ARMED.as_ref().filter(|armed| armed.point == point)
        && armed.left.fetch_sub(1, Ordering::SeqCst) == 1
    {
        std::thread::sleep(armed.pause);
        die();
    }
}

/// No destructor runs, nothing is flushed, no thread says goodbye.
fn die() -> ! {
    let killed = kill_process(getpid(), Signal::KILL);
    unreachable!("the kernel let the process live: {killed:?}")
}

impl Armed {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let name = parts.next()?;
        let point = Point::ALL.into_iter().find(|point| point.name() == name)?;
        let passage: u64 = parts.next()?.parse().ok().filter(|passage| *passage > 0)?;
        let pause_us: u64 = parts.next().map_or(Some(0), |pause| pause.parse().ok())?;
        let ends = parts.next().is_none();
        ends.then(|| Self { point, left: AtomicU64::new(passage), pause: Duration::from_micros(pause_us) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_can_be_armed_by_its_name() {
        for point in Point::ALL {
            let armed = Armed::parse(&format!("{}:3:250", point.name())).unwrap();
            assert_eq!((armed.point, armed.pause), (point, Duration::from_micros(250)));
            assert_eq!(armed.left.into_inner(), 3);
        }
        assert_eq!(Armed::parse("after-bump:1").unwrap().pause, Duration::ZERO);
    }

    #[test]
    fn what_names_no_passage_of_a_point_is_refused() {
        for text in ["", "after-bump", "after-bump:0", "after-bump:x", "after:1", "after-bump:1:2:3"] {
            assert!(Armed::parse(text).is_none(), "{text}");
        }
    }
}
