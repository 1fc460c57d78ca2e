//! Log lines: text for people, JSON for machines. `RUST_LOG` wins over the configuration.

use std::io::Write;

use chrono::{SecondsFormat, Utc};
use env_logger::Builder;
use env_logger::fmt::Formatter;
use log::kv::{Error, Key, Value, VisitSource};
use log::{LevelFilter, Record};
use serde_json::{Map, Value as Json};

use crate::config::LogFormat;

/// Libraries that say too much at info, and one that calls every malformed request an error of ours. What the
/// configuration or RUST_LOG says of them comes later and wins.
const QUIET: &str = "sqlx=warn,sea_orm_migration=warn,actix_server=warn,actix_http::h1::dispatcher=off";

/// Starts logging at a level; RUST_LOG wins over it.
pub fn start(format: LogFormat, level: &str) {
    let mut builder = Builder::new();
    builder.parse_filters(&format!("{QUIET},{}", variable().as_deref().unwrap_or(level)));
    if format == LogFormat::Json {
        builder.format(write_json);
    }
    // Logging that was started before stays as it is.
    let _started_before = builder.try_init();
}

/// The level that is in force, for the start-up lines.
pub fn level() -> String {
    variable().unwrap_or_else(|| log::max_level().to_string().to_lowercase())
}

/// Whether a text says what is logged: levels, alone or each for a module.
pub fn is_filter(text: &str) -> bool {
    text.split(',').all(|part| {
        let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
        level.trim().parse::<LevelFilter>().is_ok()
    })
}

/// RUST_LOG, unless it is empty, which is what compose files pass on for one that is not set.
fn variable() -> Option<String> {
    std::env::var("RUST_LOG").ok().filter(|filter| !filter.is_empty())
}

fn write_json(formatter: &mut Formatter, record: &Record<'_>) -> std::io::Result<()> {
    let mut line = Map::new();
    line.insert("time".into(), Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true).into());
    line.insert("level".into(), record.level().as_str().to_lowercase().into());
    line.insert("target".into(), record.target().into());
    line.insert("message".into(), record.args().to_string().into());
    // A field that cannot be written is left out rather than losing the line.
    let _complete = record.key_values().visit(&mut Fields(&mut line));
    writeln!(formatter, "{}", Json::Object(line))
}

struct Fields<'a>(&'a mut Map<String, Json>);

impl<'kvs> VisitSource<'kvs> for Fields<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let json = value.to_i64().map_or_else(|| Json::from(value.to_string()), Json::from);
        self.0.insert(key.as_str().to_owned(), json);
        Ok(())
    }
}
