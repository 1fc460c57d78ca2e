//! The memory and the descriptors of the process under test, and its log.

use std::fs;

use crate::support::{TestApp, poll};

/// The growth of the resident memory during the run, in bytes.
const MEMORY_GROWTH_MAX: u64 = 20 * 1024 * 1024;
/// The growth of the number of descriptors during the run.
const DESCRIPTOR_GROWTH_MAX: usize = 8;

/// What the process uses at one time.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    memory: u64,
    descriptors: usize,
}

impl Usage {
    pub fn of(app: &TestApp) -> Self {
        let folder = format!("/proc/{}", app.id());
        let status = fs::read_to_string(format!("{folder}/status")).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kibibytes: u64 = resident.trim().trim_end_matches(" kB").parse().unwrap();
        let descriptors = fs::read_dir(format!("{folder}/fd")).unwrap().count();
        Self { memory: kibibytes * 1024, descriptors }
    }

    /// Waits until the process uses about as much as before the run: it returns free memory every five seconds.
    pub async fn assert_released(app: &TestApp, before: Self) {
        let is_released = || async {
            let now = Self::of(app);
            now.memory <= before.memory + MEMORY_GROWTH_MAX
                && now.descriptors <= before.descriptors + DESCRIPTOR_GROWTH_MAX
        };
        if !is_released().await {
            poll(is_released, &format!("{before:?} again after {:?}", Self::of(app))).await;
        }
    }
}

/// The longest line of the log, in bytes. A client must not choose the length of a line.
const LOG_LINE_MAX: usize = 2_000;

/// Checks that no request caused a panic or an internal error, and that none wrote lines of its own.
#[track_caller]
pub fn assert_log_is_intact(log: &str) {
    for line in log.lines() {
        assert!(!line.contains("panicked") && !line.contains("ERROR"), "{line}");
        assert!(line.len() <= LOG_LINE_MAX, "{} bytes: {}", line.len(), &line[..200]);
        assert!(line.starts_with('['), "a request wrote this line: {line:?}");
        assert!(line.bytes().all(|byte| byte >= b' ' && byte != 0x7F), "control characters: {line:?}");
        assert!(!line.contains("4111111111111111"), "a card number: {line}");
    }
}
