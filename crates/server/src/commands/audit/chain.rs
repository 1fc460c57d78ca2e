//! Verifies the hash chain in chunks.

use anyhow::Result;
use hermes_domain::ledger::{ChainBreak, ChainError, ChainVerifier, LedgerHead};
use hermes_domain::ports::PaymentReader;
use hermes_repository::{AuditBounds, SqlPaymentReader};

/// Verifies the rows from `from` to `to`, or to the head. Returns the number of the last verified row, or the first break.
///
/// With `to` before the head, the records of erasures after `to` are not read.
pub(super) async fn verify(
    reader: &SqlPaymentReader,
    from: i64,
    to: Option<i64>,
) -> Result<Result<i64, ChainBreak>> {
    // Read the head first: rows written during the verification lie beyond it.
    let bounds = reader.audit_bounds().await?;
    let Some(chain) = verifier_before(reader, from).await? else {
        return Ok(Err(ChainBreak { seq: from - 1, error: ChainError::Missing }));
    };
    verify_to(reader, chain, to.unwrap_or(i64::MAX), bounds).await
}

/// Verifies the rows after those of `chain`, up to `to` or to the head.
///
/// The record of an erasure that was committed during the verification lies beyond the head that was read first. The
/// verification then continues to the new head.
async fn verify_to(
    reader: &SqlPaymentReader,
    mut chain: ChainVerifier,
    to: i64,
    mut bounds: AuditBounds,
) -> Result<Result<i64, ChainBreak>> {
    loop {
        let last = to.min(bounds.head.audit_seq);
        chain = match verify_rows(reader, chain, last).await? {
            Ok(verified) => verified,
            Err(broken) => return Ok(Err(broken)),
        };
        let end = if last == bounds.head.audit_seq {
            check_head(&chain, &bounds.head).and_then(|()| check_no_extra_rows(&bounds))
        } else {
            check_reached(&chain, last)
        };
        let Err(ChainBreak { error: ChainError::ErasedWithoutRecord, .. }) = end else {
            return Ok(end.map(|()| chain.last_seq()));
        };
        let verified = bounds.head.audit_seq;
        bounds = reader.audit_bounds().await?;
        if bounds.head.audit_seq == verified {
            return Ok(end.map(|()| chain.last_seq()));
        }
    }
}

/// Verifies the rows up to `last`, or to the last row if rows are missing.
async fn verify_rows(
    reader: &SqlPaymentReader,
    mut chain: ChainVerifier,
    last: i64,
) -> Result<Result<ChainVerifier, ChainBreak>> {
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
    Ok(Ok(chain))
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

#[cfg(test)]
mod tests {
    use hermes_domain::ledger::{AuditEntry, Command, Erasure, ErasureScope};
    use hermes_repository::{Database, DatabaseSettings};
    use hermes_test_support::builders;
    use sea_orm::{ConnectionTrait, DbBackend, Statement};

    use super::*;
    use crate::compose::{self, CommandLedger};
    use crate::config::Configuration;

    /// Executes commands as `hermes erase` does.
    async fn execute(configuration: &Configuration, database: &Database, commands: Vec<Command>) {
        let CommandLedger { ledger, writer, .. } =
            compose::command_ledger(configuration, database).await.unwrap();
        for command in commands {
            ledger.submit(builders::submission(command)).await.unwrap();
        }
        ledger.close();
        writer.await.unwrap();
    }

    #[tokio::test]
    async fn an_erasure_during_the_verification_is_found_beyond_the_first_head() {
        let test_database = hermes_test_support::sqlite().await;
        hermes_migration::up(&test_database.url, None).await.unwrap();
        let database = Database::connect(&DatabaseSettings::new(&test_database.url)).await.unwrap();
        let mut configuration = crate::config::load().unwrap();
        configuration.settings.redis.url = String::new().into();
        let reader = SqlPaymentReader::new(&database);
        let erase =
            |reference| Command::Erase(Erasure::new(builders::payment_key(reference), ErasureScope::Payment));
        let book = || builders::book("ana@example.org", "10");
        execute(&configuration, &database, vec![book(), book()]).await;
        let before = reader.audit_bounds().await.unwrap();

        execute(&configuration, &database, vec![erase(1)]).await;
        let verify =
            async |to, bounds| verify_to(&reader, ChainVerifier::default(), to, bounds).await.unwrap();
        assert_eq!(verify(i64::MAX, before).await, Ok(3));
        assert_eq!(verify(2, before).await, Ok(2), "the record of the erasure is beyond the range");

        forge_erasure(&test_database.url, reader.audit_after(1, 1).await.unwrap().remove(0)).await;
        let unrecorded = ChainBreak { seq: 2, error: ChainError::ErasedWithoutRecord };
        assert_eq!(verify(i64::MAX, before).await, Err(unrecorded));
        database.close().await;
    }

    /// Erases a row without a record.
    async fn forge_erasure(url: &str, mut row: AuditEntry) {
        row.erase();
        let sql =
            "UPDATE audit_log SET salt = NULL, new_value = ?, user_agent = ?, ip_address = ? WHERE seq = ?";
        let values = [row.new_value.into(), row.user_agent.into(), row.ip_address.into(), row.seq.into()];
        let connection = sea_orm::Database::connect(url).await.unwrap();
        let forge = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
        assert_eq!(connection.execute_raw(forge).await.unwrap().rows_affected(), 1);
        connection.close().await.unwrap();
    }
}
