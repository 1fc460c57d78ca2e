//! Checks the database: its version, connection, settings, rights and clock.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use anyhow::Error;
use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::ledger::{ClockAgreement, Clocks};
use hermes_domain::ports::DatabaseClock;
use hermes_repository::{Database, DatabaseFacts, DurabilityWarning, Encryption, OpenError};

use super::Finding;
use crate::config::Settings;

/// The oldest versions that the tests use, as major and minor number.
const MYSQL_MIN: (u32, u32) = (8, 0);
const MARIADB_MIN: (u32, u32) = (10, 11);

/// How long before its expiry a certificate is reported.
const CERTIFICATE_NOTICE: TimeDelta = TimeDelta::days(30);

/// The time limit of a connection that only finds out why the database cannot be reached.
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

const REACH_ACTION: &str =
    "check DB_HOST and DB_PORT, that the server runs, and that the network lets this machine reach it";
const READ_ACTION: &str = "check the log of the database server";

/// Returns the finding for a database that cannot be opened.
pub(super) fn unreachable(settings: &Settings, error: &Error) -> Finding {
    if let Some(OpenError::SmallPackets { .. }) = error.downcast_ref::<OpenError>() {
        return Finding::error("packet-size", error, "change the configuration of the database server");
    }
    if settings.is_embedded() {
        return Finding::error("database", error, "check the folder that DATA_DIR names");
    }
    // The driver retries a refused connection until its time is up, and does not report the cause.
    let (host, port) = (&settings.database.host, settings.database.port);
    match probe(host, port) {
        Err(cause) => {
            let found = format!("cannot connect to {host}:{port}: {cause}");
            let action = if found.contains("lookup address") { "correct DB_HOST" } else { REACH_ACTION };
            Finding::problem("database", found, action)
        }
        Ok(()) => Finding::error("database", error, REACH_ACTION),
    }
}

/// Opens and closes a TCP connection. A socket path is not tried.
fn probe(host: &str, port: u16) -> io::Result<()> {
    if host.starts_with('/') {
        return Ok(());
    }
    let address = (host, port).to_socket_addrs()?.next();
    address.map_or(Ok(()), |address| TcpStream::connect_timeout(&address, PROBE_TIMEOUT).map(drop))
}

pub(super) async fn check(settings: &Settings, database: &Database) -> Vec<Finding> {
    let mut findings = match database.facts().await {
        Ok(facts) => check_facts(settings, &facts, Utc::now()),
        Err(error) => vec![Finding::error("database", &error.into(), READ_ACTION)],
    };
    findings.extend(check_durability(database).await);
    findings.push(check_clock(database).await);
    findings
}

fn check_facts(settings: &Settings, facts: &DatabaseFacts, now: DateTime<Utc>) -> Vec<Finding> {
    let DatabaseFacts { version, packet_bytes_max, encryption } = facts;
    let mut findings = vec![Finding::ok("database", "responds"), check_version(settings, version)];
    if let Some(bytes) = packet_bytes_max {
        findings.push(Finding::ok("packet-size", format!("max_allowed_packet is {bytes} bytes")));
    }
    if !settings.is_embedded() {
        findings.push(check_tls(settings, encryption.as_ref(), now));
    }
    findings
}

fn check_version(settings: &Settings, version: &str) -> Finding {
    const CODE: &str = "database-version";
    if settings.is_embedded() {
        return Finding::ok(CODE, format!("SQLite {version}"));
    }
    let is_mariadb = version.contains("MariaDB");
    let (kind, min) = if is_mariadb { ("MariaDB", MARIADB_MIN) } else { ("MySQL", MYSQL_MIN) };
    if parse_version(version).is_some_and(|found| found >= min) {
        return Finding::ok(CODE, format!("{kind} {version}"));
    }
    Finding::problem(
        CODE,
        format!("{kind} {version} is not supported"),
        format!("use {kind} {}.{} or later", min.0, min.1),
    )
}

/// Returns the major and the minor number of a version.
fn parse_version(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split(['.', '-']).map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

fn check_tls(settings: &Settings, encryption: Option<&Encryption>, now: DateTime<Utc>) -> Finding {
    const CODE: &str = "database-tls";
    let (mode, host) = (&settings.database.ssl_mode, &settings.database.host);
    let is_verified = mode == "verify_identity";
    match encryption {
        Some(Encryption { protocol, expires_at }) if is_verified => {
            let found = format!("{protocol}; the identity of the server is verified");
            match expires_at.filter(|expires_at| *expires_at < now + CERTIFICATE_NOTICE) {
                Some(expires_at) => Finding::warning(
                    CODE,
                    format!("{found}, but its certificate expires at {expires_at}"),
                    "give the server a new certificate",
                ),
                None => Finding::ok(CODE, found),
            }
        }
        _ if settings.database.is_local() => {
            Finding::ok(CODE, "a connection on this machine needs no encryption")
        }
        Some(Encryption { protocol, .. }) => Finding::warning(
            CODE,
            format!(
                "{protocol}, but with ssl_mode {mode} another server at {host} could pretend to be the database"
            ),
            "set HERMES__DATABASE__SSL_MODE=verify_identity and HERMES__DATABASE__SSL_CA to the file of its authority",
        ),
        None => Finding::warning(
            CODE,
            format!("the connection to {host} is not encrypted"),
            "give the server a certificate of version 3 with a subject alternative name, and set \
             HERMES__DATABASE__SSL_MODE=verify_identity",
        ),
    }
}

async fn check_durability(database: &Database) -> Vec<Finding> {
    const CODE: &str = "durability";
    match database.durability_warnings().await {
        Err(error) => vec![Finding::error(CODE, &error.into(), READ_ACTION)],
        Ok(warnings) if warnings.is_empty() => {
            vec![Finding::ok(CODE, "acknowledged changes survive a crash")]
        }
        Ok(warnings) => warnings.iter().map(describe_durability).collect(),
    }
}

/// The double-write buffer is only a warning, because some file systems make it superfluous.
fn describe_durability(DurabilityWarning { setting, value, at_risk, remedy }: &DurabilityWarning) -> Finding {
    let (found, action) = (format!("{setting} is {value}: {at_risk}"), format!("set {remedy}"));
    match *setting {
        DurabilityWarning::DOUBLE_WRITE => Finding::warning("durability", found, action),
        _ => Finding::problem("durability", found, action),
    }
}

/// Compares the clock of this machine with the clock of the database.
async fn check_clock(database: &Database) -> Finding {
    const CODE: &str = "clock";
    const ACTION: &str = "synchronise this machine and the database with a time server";
    let clocks = match database.database_time().await {
        Ok(time) => Clocks { process: Utc::now(), database: time },
        Err(error) => return Finding::error(CODE, &error.into(), READ_ACTION),
    };
    match clocks.agreement() {
        ClockAgreement::Agree => Finding::ok(CODE, "agrees with the clock of the database"),
        ClockAgreement::Differ => Finding::problem(CODE, clocks.to_string(), ACTION),
        ClockAgreement::Unusable => {
            Finding::problem(CODE, format!("{clocks}, so Hermes rejects all changes"), ACTION)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_server_has_two_numbers() {
        assert_eq!(parse_version("8.4.3"), Some((8, 4)));
        assert_eq!(parse_version("11.8.3-MariaDB-1build1"), Some((11, 8)));
        assert_eq!(parse_version("unknown"), None);
        assert!(parse_version("10.6.1-MariaDB") < Some(MARIADB_MIN));
    }
}
