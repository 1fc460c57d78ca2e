//! All settings; `config/default.toml` explains each one.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;

use actix_web::http::Uri;
use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use hermes_domain::access::{ScopeSet, UnknownScope};
use hermes_domain::ledger::KEY_ROTATION_DAYS_MAX;
use hermes_domain::money::FeeBearer;
use hermes_domain::ports::reader_limits;
use hermes_service::read_cache::UnverifiedReads;
use hermes_web::extract;
use hermes_web::gate::{ForwardedHeader, GateSettings};
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::tls::SSL_MODES;
use crate::listener::CONNECTIONS_MAX;

/// The maximum of `ledger.batch_max`: payment ids have 12 bits for the index in a batch.
const MAX_BATCH_SIZE: usize = 4_096;

/// The most hosts, proxies and origins: every request is compared with them.
const MAX_GATE_ENTRIES: usize = 100;

/// All settings, by section.
#[derive(Debug, Deserialize)]
pub struct Settings {
    pub server: Server,
    pub access: Access,
    pub database: Database,
    pub redis: Redis,
    pub cache: Cache,
    pub list: List,
    pub ledger: Ledger,
    pub events: Events,
    pub log: Log,
    pub limits: Limits,
    pub fees: Fees,
    pub checks: Checks,
}

#[derive(Debug, Deserialize)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub dashboard_port: u16,
    pub public_url: String,
    pub dashboard_url: String,
    #[serde(deserialize_with = "list_or_commas")]
    pub hosts: Vec<String>,
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    pub forwarded_header: ForwardedHeader,
    #[serde(deserialize_with = "list_or_commas")]
    pub trusted_origins: Vec<String>,
    pub connections_per_address: usize,
    pub workers: usize,
    pub drain_s: u64,
    pub min_free_bytes: u64,
}

#[derive(Debug, Deserialize)]
pub struct Access {
    pub mode: AccessMode,
    pub grace_s: u64,
    pub server_key_file: PathBuf,
    pub first_key_file: PathBuf,
    #[serde(deserialize_with = "list_or_commas")]
    pub first_key_scopes: Vec<String>,
    pub rotation_days: u8,
}

/// Who has access before the first API key exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessMode {
    /// Every program on this machine, in development on a loopback address. Otherwise nobody.
    Auto,
    /// Nobody.
    Closed,
}

#[derive(Debug, Deserialize)]
pub struct Database {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: SecretString,
    pub password_file: PathBuf,
    pub name: String,
    pub ssl_mode: String,
    pub ssl_ca: String,
    pub allow_plaintext: bool,
    pub data_dir: PathBuf,
    pub connections_max: u32,
    pub acquire_timeout_ms: u64,
    pub statement_timeout_ms: u64,
    pub slow_statement_ms: u64,
    pub migrate_at_start: MigrateAtStart,
}

/// When to apply missing migrations at startup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MigrateAtStart {
    /// At every start.
    Always,
    /// Never.
    Never,
    /// Only with SQLite.
    Embedded,
}

#[derive(Debug, Deserialize)]
pub struct Redis {
    pub url: SecretString,
    pub url_file: PathBuf,
    pub allow_plaintext: bool,
    pub pool_max: usize,
    pub connect_timeout_ms: u64,
    pub command_timeout_ms: u64,
}

#[derive(Debug, Deserialize)]
pub struct Cache {
    pub cluster: Cluster,
    pub ttl_s: u64,
    pub staleness_bound_ms: u64,
    #[serde(with = "UnverifiedReadsSetting")]
    pub unverified_reads: UnverifiedReads,
    pub queries_max: u64,
    pub queries_bytes_max: u64,
    pub compare_every_s: u64,
}

/// How many processes use the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cluster {
    /// Any number: each read checks the cache version in Redis.
    Many,
    /// Only this process: the cache version is local.
    Single,
}

/// The setting of [`UnverifiedReads`]: `serve` or `reject`.
#[derive(Deserialize)]
#[serde(remote = "UnverifiedReads", rename_all = "lowercase")]
enum UnverifiedReadsSetting {
    Serve,
    Reject,
}

#[derive(Debug, Deserialize)]
pub struct List {
    pub window: u64,
}

#[derive(Debug, Deserialize)]
pub struct Ledger {
    pub batch_max: usize,
    pub queue_max: usize,
    pub queue_age_max_ms: u64,
}

#[derive(Debug, Deserialize)]
pub struct Events {
    pub stream_length_max: u32,
    pub retention_days: u32,
    pub lease_ms: u64,
    pub poll_ms: u64,
    pub command_timeout_ms: u64,
    pub waiters_max: usize,
    pub waiters_per_address_max: usize,
}

#[derive(Debug, Deserialize)]
pub struct Limits {
    pub on_loopback: bool,
    pub address_requests_per_s: u32,
    pub key_requests_per_s: u32,
    pub key_writes_per_s: u32,
    pub form_burst: u32,
    pub form_per_10_min: u32,
    pub form_total_per_s: u32,
    pub bodies_bytes_max: usize,
}

#[derive(Debug, Deserialize)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object per line.
    Json,
}

#[derive(Debug, Deserialize)]
pub struct Fees {
    #[serde(with = "FeeBearerSetting")]
    pub bearer: FeeBearer,
    pub tiers: Vec<Tier>,
    #[serde(default)]
    pub by_currency: HashMap<String, Vec<Tier>>,
}

/// The setting of [`FeeBearer`]: `payer` or `institution`.
#[derive(Deserialize)]
#[serde(remote = "FeeBearer", rename_all = "lowercase")]
enum FeeBearerSetting {
    Payer,
    Institution,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    pub name: String,
    pub below: Option<String>,
    pub up_to: Option<String>,
    pub rate_bps: u16,
}

#[derive(Debug, Deserialize)]
pub struct Checks {
    pub amount_threshold: String,
    #[serde(default)]
    pub amount_threshold_by_currency: HashMap<String, String>,
    #[serde(deserialize_with = "list_or_commas")]
    pub duplicate_fields: Vec<String>,
    pub duplicate_within_days: u32,
}

/// Deserializes a list, or a comma-separated text as in an environment variable.
fn list_or_commas<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum ListOrText {
        List(Vec<String>),
        Text(String),
    }
    Ok(match ListOrText::deserialize(deserializer)? {
        ListOrText::List(list) => list,
        ListOrText::Text(text) => text.split(',').map(|part| part.trim().to_owned()).collect(),
    })
}

/// Deserializes networks; an address alone is a network of one address.
fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let parse = |text: String| {
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map_err(|_| D::Error::custom(format!("{text:?} is not a network such as 10.0.0.0/8")))
    };
    list_or_commas(deserializer)?.into_iter().map(parse).collect()
}

impl Access {
    /// Returns the scopes of the first key.
    ///
    /// # Errors
    /// If a name is unknown.
    pub fn first_key_scopes(&self) -> Result<ScopeSet, UnknownScope> {
        ScopeSet::parse(&self.first_key_scopes.join(" "))
    }

    /// Returns how long the earlier secrets of a rotated key remain valid.
    pub fn key_overlap(&self) -> TimeDelta {
        TimeDelta::days(i64::from(self.rotation_days))
    }
}

impl Server {
    /// Returns the URL of the portal without a trailing slash, or `None` if it is not set.
    pub fn public_url(&self) -> Option<String> {
        Some(self.public_url.trim_end_matches('/').to_owned()).filter(|url| !url.is_empty())
    }

    /// Returns what the request gate accepts.
    pub fn gate(&self) -> GateSettings {
        let uri = |url: &String| url.parse::<Uri>().ok();
        let host = |url: &String| uri(url)?.host().map(str::to_owned);
        let own = [&self.public_url, &self.dashboard_url].into_iter().filter_map(host);
        GateSettings {
            hosts: self.hosts.iter().cloned().chain(own).collect(),
            trusted_origins: self.trusted_origins.clone(),
            trusted_proxies: self.trusted_proxies.clone(),
            forwarded_header: self.forwarded_header,
            uses_tls: uri(&self.public_url).is_some_and(|uri| uri.scheme_str() == Some("https")),
        }
    }

    /// Checks the names, networks and origins of the request gate.
    fn check_gate(&self) -> Result<()> {
        for (name, length) in [
            ("server.hosts", self.hosts.len()),
            ("server.trusted_proxies", self.trusted_proxies.len()),
            ("server.trusted_origins", self.trusted_origins.len()),
        ] {
            ensure!(
                length <= MAX_GATE_ENTRIES,
                "{name} has {length} entries; the most is {MAX_GATE_ENTRIES}"
            );
        }
        for host in &self.hosts {
            ensure!(
                is_host_name(host),
                "server.hosts has {host:?}; each entry must be a name such as pay.example.org, without port"
            );
        }
        for origin in &self.trusted_origins {
            ensure!(
                is_origin(origin),
                "server.trusted_origins has {origin:?}; each entry must be an origin such as https://pay.example.org, \
                 without a path"
            );
        }
        Ok(())
    }
}

/// Returns whether a text is a host name without port.
fn is_host_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

/// Returns whether a text is an origin as in the `Origin` header.
fn is_origin(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.contains('/'))
        && is_http_url(text)
        && !text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Returns whether a text is an absolute HTTP(S) URL without query, fragment and credentials.
fn is_http_url(text: &str) -> bool {
    let is_valid =
        |uri: Uri| matches!(uri.scheme_str(), Some("http" | "https")) && !text.contains(['?', '#', '@']);
    text.parse().is_ok_and(is_valid)
}

/// Returns whether a text is empty, a host name, an IP address or the absolute path of a socket.
///
/// Any other text may be a whole URL with a password, so no error may repeat it.
fn is_database_host(text: &str) -> bool {
    let is_name =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    text.starts_with('/') || text.parse::<IpAddr>().is_ok() || is_name(text)
}

impl Settings {
    /// Returns whether the data is in an SQLite file.
    pub fn is_embedded(&self) -> bool {
        self.database.host.is_empty()
    }

    /// Returns whether Redis is configured.
    pub fn has_redis(&self) -> bool {
        !self.redis.url.expose_secret().is_empty()
    }

    /// Returns whether the cache is shared through Redis.
    pub fn shares_cache(&self) -> bool {
        self.has_redis() && self.cache.cluster == Cluster::Many
    }

    /// Returns whether to apply missing migrations at startup.
    pub fn migrates_at_start(&self) -> bool {
        match self.database.migrate_at_start {
            MigrateAtStart::Always => true,
            MigrateAtStart::Never => false,
            MigrateAtStart::Embedded => self.is_embedded(),
        }
    }

    /// Checks the limits that the types do not express.
    pub(super) fn check(&self) -> Result<()> {
        let within = |name: &str, value: u64, from: u64, to: u64| {
            ensure!((from..=to).contains(&value), "{name} is {value}; it must be between {from} and {to}");
            Ok(())
        };
        let size = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        within("ledger.batch_max", size(self.ledger.batch_max), 1, size(MAX_BATCH_SIZE))?;
        within("ledger.queue_max", size(self.ledger.queue_max), 1, 1_000_000)?;
        within("ledger.queue_age_max_ms", self.ledger.queue_age_max_ms, 1, 60_000)?;
        within("events.stream_length_max", u64::from(self.events.stream_length_max), 100, 100_000_000)?;
        within("events.retention_days", u64::from(self.events.retention_days), 1, 3_650)?;
        within("events.lease_ms", self.events.lease_ms, 300, 600_000)?;
        within("events.poll_ms", self.events.poll_ms, 10, 60_000)?;
        within("events.command_timeout_ms", self.events.command_timeout_ms, 1, 60_000)?;
        within("events.waiters_max", size(self.events.waiters_max), 1, 100_000)?;
        within(
            "events.waiters_per_address_max",
            size(self.events.waiters_per_address_max),
            1,
            size(self.events.waiters_max),
        )?;
        within(
            "access.rotation_days",
            u64::from(self.access.rotation_days),
            0,
            u64::from(KEY_ROTATION_DAYS_MAX),
        )?;
        let scopes = self.access.first_key_scopes();
        ensure!(!scopes.context("access.first_key_scopes")?.is_empty(), "access.first_key_scopes is empty");
        within("list.window", self.list.window, 1, reader_limits::PAGE_MAX)?;
        within("cache.ttl_s", self.cache.ttl_s, 1, 86_400)?;
        within("cache.staleness_bound_ms", self.cache.staleness_bound_ms, 10, 10_000)?;
        within("cache.queries_max", self.cache.queries_max, 1, 1_000_000)?;
        within("cache.queries_bytes_max", self.cache.queries_bytes_max, 1, 4_000_000_000)?;
        within("cache.compare_every_s", self.cache.compare_every_s, 0, 86_400)?;
        within("redis.pool_max", size(self.redis.pool_max), 1, 1_000)?;
        within("redis.connect_timeout_ms", self.redis.connect_timeout_ms, 1, 60_000)?;
        within("redis.command_timeout_ms", self.redis.command_timeout_ms, 1, 60_000)?;
        within("database.connections_max", u64::from(self.database.connections_max), 1, 1_000)?;
        within("database.acquire_timeout_ms", self.database.acquire_timeout_ms, 1, 60_000)?;
        within("database.statement_timeout_ms", self.database.statement_timeout_ms, 1, 600_000)?;
        within("access.grace_s", self.access.grace_s, 0, 3_600)?;
        within("server.drain_s", self.server.drain_s, 0, 600)?;
        self.limits.check(within)?;
        ensure!(
            is_database_host(&self.database.host),
            "DB_HOST (database.host) is not the name or the address of a server, nor the absolute path of a socket; the port \
             and the login have variables of their own: DB_PORT, DB_USER, DB_PASSWORD and DB_NAME"
        );
        for (name, url) in
            [("public_url", &self.server.public_url), ("dashboard_url", &self.server.dashboard_url)]
        {
            ensure!(
                url.is_empty() || is_http_url(url),
                "server.{name} is {url:?}; it must be an http or https URL, such as https://pay.example.org"
            );
        }
        self.server.check_gate()?;
        within(
            "server.connections_per_address",
            size(self.server.connections_per_address),
            0,
            size(CONNECTIONS_MAX),
        )?;
        ensure!(
            is_log_filter(&self.log.level),
            "log.level is {:?}; it must be error, warn, info, debug or trace, or a comma-separated list of module=level",
            self.log.level
        );
        ensure!(
            SSL_MODES.contains(&self.database.ssl_mode.as_str()),
            "database.ssl_mode is {:?}; it must be one of {}",
            self.database.ssl_mode,
            SSL_MODES.join(", ")
        );
        ensure!(
            self.server.port != self.server.dashboard_port || self.server.port == 0,
            "server.port and server.dashboard_port are both {}; they must differ",
            self.server.port
        );
        Ok(())
    }
}

impl Limits {
    fn check(&self, within: impl Fn(&str, u64, u64, u64) -> Result<()>) -> Result<()> {
        for (name, value) in [
            ("limits.address_requests_per_s", self.address_requests_per_s),
            ("limits.key_requests_per_s", self.key_requests_per_s),
            ("limits.key_writes_per_s", self.key_writes_per_s),
            ("limits.form_burst", self.form_burst),
            ("limits.form_per_10_min", self.form_per_10_min),
            ("limits.form_total_per_s", self.form_total_per_s),
        ] {
            within(name, value.into(), 0, 1_000_000)?;
        }
        let bodies = u64::try_from(self.bodies_bytes_max).unwrap_or(u64::MAX);
        let smallest = u64::try_from(extract::BODY_MAX).unwrap_or(u64::MAX);
        // A smaller limit would reject every large body.
        within("limits.bodies_bytes_max", if bodies == 0 { smallest } else { bodies }, smallest, u64::MAX)
    }
}

/// Returns whether a text is a valid log filter: levels, alone or per module.
fn is_log_filter(text: &str) -> bool {
    text.split(',').all(|part| {
        let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
        level.trim().parse::<log::LevelFilter>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_url_is_an_http_url_without_query_fragment_and_credentials() {
        for url in ["https://pay.example.org", "http://127.0.0.1:9292/", "https://example.org/pay"] {
            assert!(is_http_url(url), "{url}");
        }
        for url in ["/pay", "ftp://a.org", "https://a.org?b", "https://a.org#b", "https://u@a.org"] {
            assert!(!is_http_url(url), "{url}");
        }
    }

    #[test]
    fn an_origin_has_a_scheme_a_host_and_no_path() {
        for origin in ["https://pay.example.org", "http://127.0.0.1:9292"] {
            assert!(is_origin(origin), "{origin}");
        }
        for origin in
            ["", "null", "pay.example.org", "https://", "https://a.org/", "https://a.org?b", "https://A.org"]
        {
            assert!(!is_origin(origin), "{origin}");
        }
    }

    #[test]
    fn a_host_has_no_port_and_no_wildcard() {
        assert!(is_host_name("pay.example.org"));
        for host in ["", "*.example.org", "pay.example.org:443", "https://pay.example.org", "[::1]"] {
            assert!(!is_host_name(host), "{host}");
        }
    }

    #[test]
    fn a_network_is_an_address_with_or_without_a_prefix_length() {
        use serde::de::value::{Error, StrDeserializer};
        let parse = |text| networks(StrDeserializer::<Error>::new(text)).map_err(|error| error.to_string());
        let parsed = parse("10.0.0.0/8, 192.0.2.7,2001:db8::/32").unwrap();
        assert_eq!(
            parsed.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]
        );
        assert_eq!(parse("10.0.0.0/33").unwrap_err(), "\"10.0.0.0/33\" is not a network such as 10.0.0.0/8");
    }

    #[test]
    fn the_database_host_is_a_name_an_address_or_a_socket() {
        for host in
            ["", "localhost", "db-1.example.org", "my_sql", "10.0.0.1", "::1", "/run/mysqld/my sql.sock"]
        {
            assert!(is_database_host(host), "{host}");
        }
        for host in ["a,b", "a b", "mysql://u:p@db", "db:3306", "u@db", "[::1]", "söhne", "db/x", "%41"] {
            assert!(!is_database_host(host), "{host}");
        }
    }
}
