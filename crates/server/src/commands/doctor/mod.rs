//! `hermes doctor`: checks everything that Hermes needs and says how to repair it.

mod ledger;

use std::net::TcpListener;
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use hermes_domain::ports::{Outbox, RelayLease};
use hermes_repository::{AuditProtection, Database, SqlOutbox};

use super::print_line;
use crate::config::{self, Configuration, Settings};
use crate::{compose, logging};

/// The result of one check.
struct Finding {
    subject: &'static str,
    result: Result<String>,
}

/// Runs all checks and prints their results. The exit status is 1 if a check fails.
pub(super) async fn run() -> Result<ExitCode> {
    let configuration = config::load()?;
    logging::start(configuration.settings.log.format, "error");
    let settings = &configuration.settings;
    let mut findings = vec![
        Finding { subject: "configuration", result: check_configuration(&configuration) },
        Finding { subject: "portal port", result: check_port(&settings.server.host, settings.server.port) },
        Finding {
            subject: "dashboard port",
            result: check_port(&settings.server.host, settings.server.dashboard_port),
        },
        Finding { subject: "cache", result: check_cache(settings).await },
    ];
    match compose::open_database(settings).await {
        Ok(database) => {
            findings.extend(check_database(&database).await);
            database.close().await;
        }
        Err(error) => findings.push(Finding { subject: "database", result: Err(error) }),
    }
    let all_ok = findings.iter().all(|finding| finding.result.is_ok());
    print_line(&findings.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    Ok(if all_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn line(finding: &Finding) -> String {
    match &finding.result {
        Ok(detail) => format!("ok     {}: {detail}", finding.subject),
        Err(error) => format!("WRONG  {}: {error:#}", finding.subject),
    }
}

fn check_configuration(configuration: &Configuration) -> Result<String> {
    configuration.check_safety()?;
    Ok(match configuration.warnings.as_slice() {
        [] => "valid".to_owned(),
        warnings => format!("valid, but {}", warnings.join("; ")),
    })
}

fn check_port(host: &str, port: u16) -> Result<String> {
    match TcpListener::bind((host, port)) {
        Ok(_) => Ok(format!("{host}:{port} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Ok(format!("{host}:{port} is in use, by a running Hermes or another program"))
        }
        Err(error) => Err(error.into()),
    }
}

async fn check_cache(settings: &Settings) -> Result<String> {
    let cache = compose::open_cache(settings)?;
    Ok(match cache.shared.ping().await? {
        Some(()) => "Redis responds".to_owned(),
        None => "in this process, which is correct for a single process".to_owned(),
    })
}

async fn check_database(database: &Database) -> Vec<Finding> {
    let schema = match hermes_migration::pending(database.reader_pool()).await {
        Ok(0) => Ok("current".to_owned()),
        Ok(count) => Err(anyhow!("{count} migrations are missing; run hermes migrate up")),
        Err(error) => Err(error.into()),
    };
    let is_current = schema.is_ok();
    let mut findings = vec![
        Finding { subject: "database schema", result: schema },
        Finding { subject: "durability", result: check_durability(database).await },
    ];
    if is_current {
        findings.push(Finding { subject: "audit log", result: check_audit_protection(database).await });
        findings.push(Finding { subject: "ledger", result: ledger::check(database).await });
        findings.push(Finding { subject: "events", result: check_events(database).await });
    }
    findings
}

async fn check_durability(database: &Database) -> Result<String> {
    let warnings = database.durability_warnings().await?;
    if warnings.is_empty() {
        return Ok("acknowledged changes survive a crash".to_owned());
    }
    let texts: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    Err(anyhow!(texts.join("; also, ")))
}

async fn check_audit_protection(database: &Database) -> Result<String> {
    match database.audit_protection().await? {
        AuditProtection::Triggers => Ok("triggers reject changes".to_owned()),
        AuditProtection::Privileges => Ok("this database user has no right to change it".to_owned()),
        AuditProtection::Nothing => Err(anyhow!(
            "nothing prevents changes, because the triggers are missing; let an administrator create them (`hermes \
             schema` prints them), or grant this user only the rights of docs/grants.sql"
        )),
    }
}

async fn check_events(database: &Database) -> Result<String> {
    let outbox = SqlOutbox::new(database);
    let (newest, relay) = (outbox.newest_event().await?, outbox.relay_status().await?);
    let publisher = match relay.holder {
        Some(_) => "an instance publishes them to Redis",
        None => "no instance publishes them to Redis now",
    };
    Ok(format!("{newest} in total; {publisher}; published up to {}", relay.published_seq))
}
