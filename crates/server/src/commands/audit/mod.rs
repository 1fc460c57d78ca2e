//! `hermes audit verify`: verifies the hash chain and compares the payments and receipts with it.

mod chain;
pub(super) mod deep;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use hermes_repository::SqlPaymentReader;

use super::print_line;
use crate::cli::Audit;
use crate::{compose, config, logging};

/// Executes the command.
pub(super) async fn run(command: Audit) -> Result<ExitCode> {
    let Audit::Verify { from, to, deep } = command;
    let from = from.unwrap_or(1);
    ensure!(
        from >= 1 && to.is_none_or(|to| to >= from),
        "--from must be at least 1, and --to must not be less than --from"
    );
    let configuration = config::load()?;
    logging::start(configuration.settings.log.format, "warn");
    let database = compose::open_database(&configuration.settings).await?;
    let reader = SqlPaymentReader::new(&database);
    let is_intact = verify_chain(&reader, from, to).await;
    let states_match = match (&is_intact, deep) {
        (Ok(_), true) => deep::verify(&reader, &mut print).await,
        _ => Ok(true),
    };
    database.close().await;
    Ok(if is_intact? && states_match? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Verifies the whole chain and compares the payments and receipts with it. Prints the result and returns whether all is intact.
pub(super) async fn verify_all(reader: &SqlPaymentReader) -> Result<bool> {
    Ok(verify_chain(reader, 1, None).await? && deep::verify(reader, &mut print).await?)
}

fn print(line: &str) -> Result<()> {
    print_line(line).map(drop)
}

/// Verifies the chain, prints the result and returns whether the chain is intact.
async fn verify_chain(reader: &SqlPaymentReader, from: i64, to: Option<i64>) -> Result<bool> {
    if from > 1 {
        print_line(&format!(
            "the hash of audit row {0} is trusted; rows up to {0} are not verified",
            from - 1
        ))?;
    }
    let status = chain::verify(reader, from, to).await?;
    print_line(&match &status {
        Ok(last_seq) if *last_seq < from => "the audit log has no such rows yet".to_owned(),
        Ok(last_seq) => format!("audit rows {from} to {last_seq} are intact"),
        Err(error) => format!("the audit log was tampered with: {error}"),
    })?;
    Ok(status.is_ok())
}
