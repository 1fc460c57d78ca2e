//! The walk along the chain, in big reads.

use anyhow::Result;
use hermes_domain::ledger::{ChainBreak, ChainError, ChainVerifier, LedgerHead};
use hermes_domain::ports::PaymentReader;
use hermes_repository::{AuditBounds, SqlPaymentReader};

/// What was found.
pub(super) enum Found {
    /// Rows up to a number are as they were written.
    Whole { last_seq: i64 },
    /// A row is not.
    Broken(ChainBreak),
}

/// Walks from one row to another, or to the head.
pub(super) async fn walk(reader: &SqlPaymentReader, from: i64, to: Option<i64>) -> Result<Found> {
    // The head first: rows that are written meanwhile are beyond it and not missed.
    let bounds = reader.audit_bounds().await?;
    let last = to.unwrap_or(i64::MAX).min(bounds.head.audit_seq);
    let Some(mut chain) = start(reader, from).await? else {
        return Ok(Found::Broken(ChainBreak { seq: from - 1, error: ChainError::Missing }));
    };
    while chain.last_seq() < last {
        let before = chain.last_seq();
        chain = match reader.verify_chain_chunk(chain, last).await? {
            Ok(walked) => walked,
            Err(fault) => return Ok(Found::Broken(fault)),
        };
        // No row is left.
        if chain.last_seq() == before {
            break;
        }
    }
    let ended = if last == bounds.head.audit_seq {
        finish(&chain, &bounds.head).and_then(|()| nothing_beside(&bounds))
    } else {
        reaches(&chain, last)
    };
    Ok(match ended {
        Ok(()) => Found::Whole { last_seq: chain.last_seq() },
        Err(fault) => Found::Broken(fault),
    })
}

/// The walk from the row before the first one, whose hash is taken on trust; `None` when it is missing.
async fn start(reader: &SqlPaymentReader, from: i64) -> Result<Option<ChainVerifier>> {
    if from == 1 {
        return Ok(Some(ChainVerifier::default()));
    }
    let before = reader.audit_after(from - 2, 1).await?;
    Ok(before.first().filter(|row| row.seq == from - 1).map(|row| ChainVerifier::after(row.seq, row.hash)))
}

fn finish(chain: &ChainVerifier, head: &LedgerHead) -> Result<(), ChainBreak> {
    // A walk that starts behind the head has no row to end with.
    if chain.last_seq() > head.audit_seq {
        return Ok(());
    }
    chain.finish(head.audit_seq, head.audit_hash)
}

/// Whether the log has rows that the head, read together with them, does not count.
fn nothing_beside(bounds: &AuditBounds) -> Result<(), ChainBreak> {
    let surplus = |seq| ChainBreak { seq, error: ChainError::UnexpectedEntry };
    match (bounds.first_seq, bounds.last_seq) {
        (Some(first), _) if first < 1 => Err(surplus(first)),
        (_, Some(last)) if last > bounds.head.audit_seq => Err(surplus(last)),
        _ => Ok(()),
    }
}

fn reaches(chain: &ChainVerifier, last: i64) -> Result<(), ChainBreak> {
    if chain.last_seq() < last {
        return Err(ChainBreak { seq: chain.last_seq() + 1, error: ChainError::Missing });
    }
    Ok(())
}
