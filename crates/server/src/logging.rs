//! Logging: text for people, JSON for machines. `RUST_LOG` overrides the configuration.

use std::io::Write;

use chrono::{SecondsFormat, Utc};
use env_logger::Builder;
use env_logger::fmt::Formatter;
use log::Record;
use log::kv::{Error, Key, Source, Value, VisitSource};
use serde_json::{Map, Value as Json};

use crate::config::LogFormat;

/// Levels of verbose libraries, and of one that logs each malformed request as an error. The configuration and RUST_LOG
/// override them.
const LIBRARY_LEVELS: &str =
    "sqlx=warn,sea_orm_migration=warn,actix_server=warn,actix_http::h1::dispatcher=off";

/// Starts logging at a level, unless RUST_LOG overrides it.
pub fn start(format: LogFormat, level: &str) {
    let mut builder = Builder::new();
    builder.parse_filters(&format!("{LIBRARY_LEVELS},{}", variable().as_deref().unwrap_or(level)));
    match format {
        LogFormat::Json => builder.format(write_json),
        LogFormat::Text => builder.format_key_values(write_fields),
    };
    // An error means that logging has already started.
    let _already_started = builder.try_init();
}

/// Returns the effective level.
pub fn level() -> String {
    variable().unwrap_or_else(|| log::max_level().to_string().to_lowercase())
}

/// Returns RUST_LOG. Compose files pass an empty value for an unset variable, so an empty value is ignored.
fn variable() -> Option<String> {
    std::env::var("RUST_LOG").ok().filter(|filter| !filter.is_empty())
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
