//! The log of a test: what was logged on its thread, where all its tasks run.

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

/// Begins to keep what this test logs.
pub fn keep_logs() {
    static SET: Once = Once::new();
    SET.call_once(|| {
        log::set_logger(&ThreadLog).unwrap();
        log::set_max_level(LevelFilter::Info);
    });
    LINES.take();
}

/// The lines that were logged since the last call, as their levels and texts.
pub fn taken_logs() -> Vec<(Level, String)> {
    LINES.take()
}
