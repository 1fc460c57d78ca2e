//! Deleting what is old, a little at a time: writers that wait for the same connections get in between.

use std::time::Duration;

use hermes_domain::ports::StoreError;

/// The most rows that one statement deletes.
pub(crate) const CHUNK: u64 = 256;
/// The pause between two statements.
const PAUSE: Duration = Duration::from_millis(50);

/// Deletes in chunks until one is not full; tells how many rows there were. What is handed over deletes as many as
/// it is told at the most, and tells how many it has deleted.
pub(crate) async fn in_chunks<Deleting>(mut delete: impl FnMut(u64) -> Deleting) -> Result<u64, StoreError>
where
    Deleting: Future<Output = Result<u64, StoreError>>,
{
    let mut all = 0;
    loop {
        let deleted = delete(CHUNK).await?;
        all += deleted;
        if deleted < CHUNK {
            return Ok(all);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn everything_is_deleted_with_a_pause_between_two_chunks() {
        let begin = Instant::now();
        let (mut left, mut at) = (2 * CHUNK + 7, Vec::new());
        let deleted = in_chunks(|limit| {
            let deleted = limit.min(left);
            left -= deleted;
            at.push(begin.elapsed());
            async move { Ok(deleted) }
        })
        .await
        .unwrap();
        assert_eq!((deleted, left), (2 * CHUNK + 7, 0));
        assert_eq!(at, [Duration::ZERO, PAUSE, 2 * PAUSE]);
    }
}
