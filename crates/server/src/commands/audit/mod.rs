//! `hermes audit verify`: walks the hash chain, and holds the payments against it.

mod chain;
mod deep;
mod totals;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use hermes_repository::SqlPaymentReader;

use self::chain::Found;
use super::say;
use crate::cli::Audit;
use crate::{compose, config, logging};

/// Carries out the subcommand.
pub(super) async fn run(what: Audit) -> Result<ExitCode> {
    let Audit::Verify { from, to, deep } = what;
    let from = from.unwrap_or(1);
    ensure!(from >= 1 && to.is_none_or(|to| to >= from), "rows count from 1, and --to is not before --from");
    let configuration = config::load()?;
    logging::start(configuration.settings.log.format, "warn");
    let database = compose::open_database(&configuration.settings).await?;
    let reader = SqlPaymentReader::new(&database);
    let chain_is_whole = verify_chain(&reader, from, to).await;
    let payments_agree = match (&chain_is_whole, deep) {
        (Ok(_), true) => deep::verify(&reader).await,
        _ => Ok(true),
    };
    database.close().await;
    Ok(if chain_is_whole? && payments_agree? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Says what the chain is like; whether it is as it was written.
async fn verify_chain(reader: &SqlPaymentReader, from: i64, to: Option<i64>) -> Result<bool> {
    if from > 1 {
        say(&format!(
            "the hash of audit row {} is trusted: it and the rows before it are not checked",
            from - 1
        ))?;
    }
    let found = chain::walk(reader, from, to).await?;
    say(&match &found {
        Found::Whole { last_seq } if *last_seq < from => "the audit log has no such rows yet".to_owned(),
        Found::Whole { last_seq } => format!("audit rows {from} to {last_seq} are as they were written"),
        Found::Broken(fault) => format!("the audit log was tampered with: {fault}"),
    })?;
    Ok(matches!(found, Found::Whole { .. }))
}
