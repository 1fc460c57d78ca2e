//! Captures the log lines of a test: those of its own thread, where all its tasks run.

use std::cell::RefCell;
use std::sync::Once;

use log::{Level, LevelFilter, Log, Metadata, Record};

thread_local! {
    static LINES: RefCell<Vec<(Level, String)>> = const { RefCell::new(Vec::new()) };
}

struct ThreadLog;

impl Log for ThreadLog {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        LINES.with_borrow_mut(|lines| lines.push((record.level(), record.args().to_string())));
    }

    fn flush(&self) {}
}

/// Starts to capture the log lines of this test.
pub fn capture_logs() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        log::set_logger(&ThreadLog).unwrap();
        log::set_max_level(LevelFilter::Info);
    });
    LINES.take();
}

/// Returns the levels and texts of the lines logged since the last call.
pub fn take_logs() -> Vec<(Level, String)> {
    LINES.take()
}
