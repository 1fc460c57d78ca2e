//! `hermes doctor`: checks everything that Hermes needs and says how to repair it.
//!
//! Each module checks one subject: [`configuration`] the settings, ports and descriptors; [`files`] modes and disk space;
//! [`redis`] Redis; [`database`] the server or the SQLite file; [`ledger`] the schema and the invariants of the data;
//! [`delivery`] events and mail.

mod configuration;
mod database;
mod delivery;
mod files;
mod finding;
mod ledger;
mod redis;

use std::process::ExitCode;

use anyhow::Result;

use self::finding::{Finding, Level};
use super::print_line;
use crate::cli::Doctor;
use crate::config::{self, Configuration};
use crate::{compose, logging};

/// Runs all checks and prints the findings. The exit status is 1 if one of them is a problem; warnings do not count.
pub(super) async fn run(options: &Doctor) -> Result<ExitCode> {
    let findings = match config::load() {
        Ok(configuration) => {
            logging::start(configuration.settings.log.format, "error");
            check_all(&configuration, options).await
        }
        Err(error) => vec![configuration::invalid(&error)],
    };
    let has_problem = findings.iter().any(|finding| finding.level == Level::Problem);
    print_line(&if options.json { finding::as_json(&findings)? } else { finding::as_text(&findings) })?;
    Ok(if has_problem { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn check_all(configuration: &Configuration, options: &Doctor) -> Vec<Finding> {
    let settings = &configuration.settings;
    let mut findings = configuration::check(configuration);
    findings.extend(files::check(configuration, &options.key));
    findings.extend(redis::check(settings).await);
    match compose::open_database(settings).await {
        Ok(database) => {
            findings.extend(database::check(settings, &database).await);
            findings.extend(ledger::check(configuration, &database, &options.key).await);
            findings.push(delivery::check_mail(configuration, &database).await);
            // Opening an SQLite file for the first time creates its folder.
            findings.push(files::check_disk_space(settings));
            database.close().await;
        }
        Err(error) => findings.push(database::unreachable(settings, &error)),
    }
    findings
}
