//! `hermes audit verify`: walks the hash chain.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use hermes_domain::ledger::{ChainBreak, ChainFault, ChainWalk};
use hermes_domain::ports::PaymentReader;
use hermes_repository::SeaPaymentReader;

use super::say;
use crate::cli::Audit;
use crate::{compose, config, logging};

/// How many rows are read at a time.
const PAGE: u64 = 5_000;

/// What was found.
enum Found {
    /// Rows up to a number are as they were written.
    Whole { last_seq: i64 },
    /// A row is not.
    Broken(ChainBreak),
}

/// Carries out the subcommand.
pub(super) async fn run(what: Audit) -> Result<ExitCode> {
    let Audit::Verify { from, to } = what;
    let from = from.unwrap_or(1);
    ensure!(from >= 1 && to.is_none_or(|to| to >= from), "rows count from 1, and --to is not before --from");
    let configuration = config::load()?;
    logging::start(configuration.settings.log.format, "warn");
    let database = compose::open_database(&configuration.settings).await?;
    let reader = SeaPaymentReader::new(&database);
    let found = walk(&reader, from, to).await;
    database.close().await;
    match found? {
        Found::Whole { last_seq } if last_seq < from => say("the audit log has no such rows yet"),
        Found::Whole { last_seq } => {
            say(&format!("audit rows {from} to {last_seq} are as they were written"))
        }
        Found::Broken(fault) => {
            say(&format!("the audit log was tampered with: {fault}"))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn walk(reader: &dyn PaymentReader, from: i64, to: Option<i64>) -> Result<Found> {
    // The head first: rows that are written meanwhile are beyond it and not missed.
    let head = reader.head().await?;
    let last = to.unwrap_or(head.audit_seq).min(head.audit_seq);
    let Some(mut chain) = start(reader, from).await? else {
        return Ok(Found::Broken(ChainBreak { seq: from - 1, fault: ChainFault::Missing }));
    };
    while chain.last_seq() < last {
        let rows = reader.audit_after(chain.last_seq(), PAGE).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows.iter().take_while(|row| row.seq <= last) {
            if let Err(fault) = chain.step(row) {
                return Ok(Found::Broken(fault));
            }
        }
        // A page that ends behind the last row to check has been walked as far as it counts.
        if rows.last().is_some_and(|row| row.seq > last) {
            break;
        }
    }
    let ends_at_head = last == head.audit_seq;
    let finished =
        if ends_at_head { chain.finish(head.audit_seq, head.audit_hash) } else { missing_end(&chain, last) };
    Ok(match finished {
        Ok(()) => Found::Whole { last_seq: chain.last_seq() },
        Err(fault) => Found::Broken(fault),
    })
}

/// The walk from the row before the first one, whose hash is taken on trust; `None` when it is missing.
async fn start(reader: &dyn PaymentReader, from: i64) -> Result<Option<ChainWalk>> {
    if from == 1 {
        return Ok(Some(ChainWalk::default()));
    }
    let before = reader.audit_after(from - 2, 1).await?;
    Ok(before.first().filter(|row| row.seq == from - 1).map(|row| ChainWalk::after(row.seq, row.hash)))
}

fn missing_end(chain: &ChainWalk, last: i64) -> Result<(), ChainBreak> {
    if chain.last_seq() < last {
        return Err(ChainBreak { seq: chain.last_seq() + 1, fault: ChainFault::Missing });
    }
    Ok(())
}
