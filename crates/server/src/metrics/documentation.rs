//! Generates `docs/metrics.md`, and compares the descriptions with the code that records metrics.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::descriptions::{Description, Kind, METRICS};

/// If this variable is set, the test writes the file instead of comparing it.
const WRITE: &str = "HERMES_TEST_WRITE_DOCS";

const INTRODUCTION: &str = "\
# Metrics

`GET /metrics` on the port of the dashboard returns the metrics of one process in the text format of Prometheus. Each
instance has its own metrics. Durations are in seconds. No label contains personal data.

`docker/monitoring/` contains a configuration of Prometheus, alert rules with tests, and a dashboard for Grafana.
`.ci/monitoring` proves that each of their queries returns data.

`make metrics` generates this page from `crates/server/src/metrics/descriptions.rs`.

";

const PROCESS: &str = "
The usual metrics of the process are also present: `process_cpu_seconds_total`, `process_resident_memory_bytes`,
`process_virtual_memory_bytes`, `process_virtual_memory_max_bytes`, `process_open_fds`, `process_max_fds`,
`process_threads` and `process_start_time_seconds`.

`hermes_invariant_violations_total` counts violations of these invariants:

| invariant | violated if |
|---|---|
| `cached_list` | the cached list differs from the database at the same ledger head |
| `stored_data` | a stored value cannot be read |
| `ledger_head` | the ledger head goes back, because the database lost commits |
| `event_order` | the event stream contains events that the database does not have |
| `decision` | a decision panics |
";

#[test]
fn the_documentation_describes_all_metrics() {
    let file = workspace().join("docs/metrics.md");
    let expected = documentation();
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&file, expected).unwrap();
        return;
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == expected, "{} is outdated: run `make metrics`", file.display());
}

#[test]
fn every_recorded_metric_is_described_and_every_described_metric_is_recorded() {
    let described: BTreeSet<_> = METRICS.iter().map(|metric| metric.name.to_owned()).collect();
    assert_eq!(described.len(), METRICS.len(), "a metric is described twice");
    let mut recorded = BTreeSet::new();
    for file in sources(&workspace().join("crates")) {
        let text = std::fs::read_to_string(file).unwrap();
        if ["counter!(", "gauge!(", "histogram!("].iter().any(|call| text.contains(call)) {
            recorded.extend(names(&text));
        }
    }
    assert_eq!(described, recorded);
}

fn documentation() -> String {
    let mut text = INTRODUCTION.to_owned();
    text.push_str("| metric | kind | labels | meaning |\n|---|---|---|---|\n");
    for Description { kind, name, label, text: meaning } in METRICS {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let label = match label {
            None => String::new(),
            Some((labels, [])) => (*labels).to_owned(),
            Some((label, values)) => format!("{label}: {}", values.join(", ")),
        };
        writeln!(text, "| `{name}` | {kind} | {label} | {meaning} |").unwrap();
    }
    text + PROCESS
}

/// Returns the names of metrics in a source file. Consumers of the event stream run in other programs.
fn names(text: &str) -> impl Iterator<Item = String> {
    let literals = text.split('"').filter(|literal| literal.starts_with("hermes_"));
    let is_name = |name: &&str| {
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') && !name.ends_with('_')
    };
    literals.filter(is_name).filter(|name| !name.starts_with("hermes_consumer_")).map(str::to_owned)
}

/// Returns the source files of all crates, without tests and benchmarks.
fn sources(crates: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<_> = children(crates).into_iter().map(|krate| krate.join("src")).collect();
    while let Some(folder) = folders.pop() {
        for path in children(&folder) {
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|extension| extension == "rs") => found.push(path),
                false => {}
            }
        }
    }
    found
}

fn children(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}
