//! `hermes doctor`: looks at everything Hermes needs and says what to do where something is missing.

mod events;
mod ledger;
mod safety;

use std::net::TcpListener;
use std::process::ExitCode;

use anyhow::Result;
use hermes_repository::Database;

use super::say;
use crate::config::{self, Settings};
use crate::{compose, logging};

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    result: Result<String>,
}

/// Carries out the subcommand; exits with 1 when something is wrong.
pub(super) async fn run() -> Result<ExitCode> {
    let configuration = config::load()?;
    logging::start(configuration.settings.log.format, "error");
    let settings = &configuration.settings;
    let mut findings = vec![
        Finding {
            what: "configuration",
            result: configuration.check_safety().map(|()| "can be served with".to_owned()),
        },
        Finding { what: "port of the portal", result: port(&settings.server.host, settings.server.port) },
        Finding {
            what: "port of the dashboard",
            result: port(&settings.server.host, settings.server.dashboard_port),
        },
        Finding { what: "cache", result: cache(settings).await },
    ];
    match compose::open_database(settings).await {
        Ok(database) => {
            findings.extend(look_at(&database).await);
            database.close().await;
        }
        Err(error) => findings.push(Finding { what: "database", result: Err(error) }),
    }
    let well = findings.iter().all(|finding| finding.result.is_ok());
    say(&findings.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn line(finding: &Finding) -> String {
    match &finding.result {
        Ok(good) => format!("ok     {}: {good}", finding.what),
        Err(error) => format!("WRONG  {}: {error:#}", finding.what),
    }
}

fn port(host: &str, port: u16) -> Result<String> {
    match TcpListener::bind((host, port)) {
        Ok(_) => Ok(format!("{host}:{port} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Ok(format!("{host}:{port} is in use, by a running Hermes or another program"))
        }
        Err(error) => Err(error.into()),
    }
}

async fn cache(settings: &Settings) -> Result<String> {
    let cache = compose::open_cache(settings)?;
    Ok(match cache.shared.ping().await? {
        Some(()) => "Redis answers".to_owned(),
        None => "in this process, which is right for one process".to_owned(),
    })
}

async fn look_at(database: &Database) -> Vec<Finding> {
    let pending = hermes_migration::pending(database.reader_pool()).await;
    let schema = match pending {
        Ok(0) => Ok("is current".to_owned()),
        Ok(count) => Err(anyhow::anyhow!("lacks {count} steps; run hermes migrate up")),
        Err(error) => Err(error.into()),
    };
    let current = schema.is_ok();
    let mut findings = vec![
        Finding { what: "database schema", result: schema },
        Finding { what: "durability", result: safety::durability(database).await },
    ];
    if current {
        findings.push(Finding { what: "audit log", result: safety::audit_log(database).await });
        findings.push(Finding { what: "ledger", result: ledger::look_at(database).await });
        findings.push(Finding { what: "events", result: events::look_at(database).await });
    }
    findings
}
