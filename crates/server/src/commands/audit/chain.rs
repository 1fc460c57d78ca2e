//! Verifies the hash chain in chunks.

use anyhow::Result;
use hermes_domain::ledger::{ChainBreak, ChainError, ChainVerifier, LedgerHead};
use hermes_domain::ports::PaymentReader;
use hermes_repository::{AuditBounds, SqlPaymentReader};

/// Verifies the rows from `from` to `to`, or to the head. Returns the number of the last verified row, or the first break.
pub(super) async fn verify(
    reader: &SqlPaymentReader,
    from: i64,
    to: Option<i64>,
) -> Result<Result<i64, ChainBreak>> {
    // Read the head first: rows written during the verification lie beyond it.
    let bounds = reader.audit_bounds().await?;
    let last = to.unwrap_or(i64::MAX).min(bounds.head.audit_seq);
    let Some(mut chain) = verifier_before(reader, from).await? else {
        return Ok(Err(ChainBreak { seq: from - 1, error: ChainError::Missing }));
    };
    while chain.last_seq() < last {
        let before = chain.last_seq();
        chain = match reader.verify_chain_chunk(chain, last).await? {
            Ok(verified) => verified,
            Err(broken) => return Ok(Err(broken)),
        };
        // No rows are left.
        if chain.last_seq() == before {
            break;
        }
    }
    let end = if last == bounds.head.audit_seq {
        check_head(&chain, &bounds.head).and_then(|()| check_no_extra_rows(&bounds))
    } else {
        check_reached(&chain, last)
    };
    Ok(end.map(|()| chain.last_seq()))
}

/// Returns a verifier positioned before `from`, trusting the hash of the previous row. `None` if that row is missing.
async fn verifier_before(reader: &SqlPaymentReader, from: i64) -> Result<Option<ChainVerifier>> {
    if from == 1 {
        return Ok(Some(ChainVerifier::default()));
    }
    let before = reader.audit_after(from - 2, 1).await?;
    Ok(before.first().filter(|row| row.seq == from - 1).map(|row| ChainVerifier::after(row.seq, row.hash)))
}

fn check_head(chain: &ChainVerifier, head: &LedgerHead) -> Result<(), ChainBreak> {
    // If `from` is beyond the head, there is no last row to compare.
    if chain.last_seq() > head.audit_seq {
        return Ok(());
    }
    chain.finish(head.audit_seq, head.audit_hash)
}

/// Checks that the log has no rows outside the range that the head counts.
fn check_no_extra_rows(bounds: &AuditBounds) -> Result<(), ChainBreak> {
    let extra = |seq| ChainBreak { seq, error: ChainError::UnexpectedEntry };
    match (bounds.first_seq, bounds.last_seq) {
        (Some(first), _) if first < 1 => Err(extra(first)),
        (_, Some(last)) if last > bounds.head.audit_seq => Err(extra(last)),
        _ => Ok(()),
    }
}

fn check_reached(chain: &ChainVerifier, last: i64) -> Result<(), ChainBreak> {
    if chain.last_seq() < last {
        return Err(ChainBreak { seq: chain.last_seq() + 1, error: ChainError::Missing });
    }
    Ok(())
}
