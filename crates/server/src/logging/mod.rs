//! Logging: text for people, JSON for machines. `RUST_LOG` overrides the configuration.
//!
//! [`limit`] limits repeated warnings and errors.

mod limit;

use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{SecondsFormat, Utc};
use env_logger::Builder;
use env_logger::fmt::Formatter;
use log::kv::{Error, Key, Source, Value, VisitSource};
use log::{Level, Log, Metadata, Record};
use serde_json::{Map, Value as Json};

use self::limit::{Decision, Limiter, Summary};
use crate::config::{LogFormat, log_variable};

/// Levels of verbose libraries, of one that logs each malformed request as an error, and of a pool that logs each lost
/// connection, which Hermes reports itself. The configuration and RUST_LOG override them.
const LIBRARY_LEVELS: &str =
    "sqlx=warn,sqlx_core::pool=error,sea_orm_migration=warn,actix_server=warn,actix_http::h1::dispatcher=off";

/// Libraries except sqlx log nothing below this level, not even on request. Their detailed lines contain connection
/// strings with passwords, and requests. The lines of sqlx contain statements without their values.
const LIBRARY_LEVEL_MAX: Level = Level::Info;

/// How often summaries of omitted lines are written.
const SUMMARY_INTERVAL: Duration = Duration::from_secs(1);

/// Starts logging at a level, unless RUST_LOG overrides it.
pub fn start(format: LogFormat, level: &str) {
    let mut builder = Builder::new();
    builder.parse_filters(&format!("{LIBRARY_LEVELS},{}", log_variable().as_deref().unwrap_or(level)));
    match format {
        LogFormat::Json => builder.format(write_json),
        LogFormat::Text => builder.format_key_values(write_fields),
    };
    let output = builder.build();
    let level = output.filter();
    // An error means that logging has already started.
    if log::set_boxed_logger(Box::new(Logger { output, limiter: Mutex::default() })).is_ok() {
        log::set_max_level(level);
    }
}

/// Writes the summaries of omitted lines until the task is aborted.
pub async fn write_summaries() {
    let mut interval = tokio::time::interval(SUMMARY_INTERVAL);
    loop {
        interval.tick().await;
        log::logger().flush();
    }
}

/// Writes records that are neither private nor too frequent.
struct Logger {
    output: env_logger::Logger,
    limiter: Mutex<Limiter>,
}

impl Logger {
    fn limiter(&self) -> MutexGuard<'_, Limiter> {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let may_be_verbose = ["hermes", "sqlx"].iter().any(|part| metadata.target().starts_with(part));
        let is_private = !may_be_verbose && metadata.level() > LIBRARY_LEVEL_MAX;
        !is_private && self.output.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let decision = self.limiter().decide(record, Instant::now());
        match decision {
            Decision::Omit => {}
            Decision::Write { omitted: 0 } => self.output.log(record),
            Decision::Write { omitted } => {
                let args = record.args();
                let args = format_args!("{args} ({omitted} similar lines before)");
                self.output.log(&record.to_builder().args(args).build());
            }
        }
    }

    fn flush(&self) {
        let summaries = self.limiter().summaries(Instant::now());
        for Summary { level, target, text } in summaries {
            let mut record = Record::builder();
            record.level(level).target(&target);
            self.output.log(&record.args(format_args!("{text}")).build());
        }
        self.output.flush();
    }
}

/// Returns the effective level.
pub fn level() -> String {
    log_variable().unwrap_or_else(|| log::max_level().to_string().to_lowercase())
}

fn write_json(formatter: &mut Formatter, record: &Record<'_>) -> std::io::Result<()> {
    let mut line = Map::new();
    line.insert("time".into(), Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true).into());
    line.insert("level".into(), record.level().as_str().to_lowercase().into());
    line.insert("target".into(), record.target().into());
    line.insert("message".into(), record.args().to_string().into());
    // A field that cannot be formatted is omitted; the line is written all the same.
    let _complete = record.key_values().visit(&mut Fields(&mut line));
    writeln!(formatter, "{}", Json::Object(line))
}

/// Writes the fields after the text of a line.
fn write_fields(formatter: &mut Formatter, fields: &dyn Source) -> std::io::Result<()> {
    let mut line = Map::new();
    let _complete = fields.visit(&mut Fields(&mut line));
    for (key, value) in line {
        match value {
            Json::String(text) => write!(formatter, " {key}={text}")?,
            other => write!(formatter, " {key}={other}")?,
        }
    }
    Ok(())
}

/// Collects the fields of a line. An empty field, such as the trace id of a request outside a trace, is omitted.
struct Fields<'a>(&'a mut Map<String, Json>);

impl<'kvs> VisitSource<'kvs> for Fields<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let json = value.to_i64().map_or_else(|| Json::from(value.to_string()), Json::from);
        if json != "" {
            self.0.insert(key.as_str().to_owned(), json);
        }
        Ok(())
    }
}
