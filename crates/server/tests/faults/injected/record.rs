//! The results of the latest run, as a table in `docs/faults.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use chrono::Utc;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/faults.md");
const INTRODUCTION: &str = "\
# Injected faults

`make faults` injects each fault into real servers and writes this file. Reads and writes are the responses during the
fault. *Recovered after* is the time from the end of the fault to the next accepted booking; for Redis, to the next list
from the cache of the process. Each test also checks that every acknowledged booking is in every later list, that a
repeated attempt results in one booking, and that the audit chain is intact. **failed** means that the test failed. On a busy
machine, the cause may be a time limit, so repeat such a test alone: `.ci/mysql run cargo test --test faults NAME`.

";

/// The rows by fault and server.
static ROWS: Mutex<BTreeMap<(String, String), Row>> = Mutex::new(BTreeMap::new());

struct Row {
    injection: &'static str,
    test: String,
    /// The columns reads, writes and recovered; `None` until the test has passed.
    result: Option<[String; 3]>,
}

/// One row of the table.
#[derive(Debug)]
pub struct Record {
    key: (String, String),
}

impl Record {
    /// Adds the row of a fault. The row says that the check failed until [`Record::finish`].
    pub fn begin(fault: &str, server: &str, injection: &'static str) -> Self {
        let test = std::thread::current().name().unwrap().rsplit("::").next().unwrap().to_owned();
        let key = (fault.to_owned(), server.to_owned());
        ROWS.lock().unwrap().insert(key.clone(), Row { injection, test, result: None });
        write_table();
        Self { key }
    }

    /// Adds the results. `recovered` is `None` if the fault needs no recovery.
    pub fn finish(self, reads: String, writes: String, recovered: Option<Duration>) {
        let recovered = recovered.map_or("–".to_owned(), |took| format!("{} ms", took.as_millis()));
        let mut rows = ROWS.lock().unwrap();
        rows.get_mut(&self.key).unwrap().result = Some([reads, writes, recovered]);
        drop(rows);
        write_table();
    }
}

fn write_table() {
    if std::env::var_os("HERMES_TEST_WRITE_DOCS").is_none() {
        return;
    }
    let mut text = format!("{INTRODUCTION}Latest run: {}.\n\n", Utc::now().format("%Y-%m-%d"));
    text.push_str("| fault | server | injected by | reads | writes | recovered after | test |\n|---|---|---|---|---|---|---|\n");
    let rows = ROWS.lock().unwrap();
    for ((fault, server), Row { injection, test, result }) in rows.iter() {
        let failed = || ["**failed**", "**failed**", "–"].map(str::to_owned);
        let [reads, writes, recovered] = result.clone().unwrap_or_else(failed);
        writeln!(text, "| {fault} | {server} | {injection} | {reads} | {writes} | {recovered} | `{test}` |")
            .unwrap();
    }
    std::fs::write(FILE, text).unwrap();
}
