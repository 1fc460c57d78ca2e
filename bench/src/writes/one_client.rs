//! One client that books one payment after the other.
//!
//! **Reference:** the bare transaction (`reference/transaction.rs`): the same rows over one connection to the same
//! server, with BEGIN, four INSERTs and COMMIT. Group commit cannot help here. Hermes adds HTTP, the ledger head, the
//! look-ups and the cache invalidation.

use anyhow::Result;

use super::harness::Harness;
use crate::load::{BookingRequests, run_closed_loop};
use crate::pairs::Pairs;
use crate::report::{Limit, Row};
use crate::scale::Scale;
use crate::statistics::millis;
use crate::system::DatabaseKind;

/// Measures on every database.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for kind in DatabaseKind::ALL {
        let case = format!("one client, one booking at a time, p50, {}", kind.name());
        rows.push(match measure_pairs(scale, kind).await {
            Ok(pairs) => {
                let (limit, measured) = (Limit::AtMost(1.3), pairs.describe("ms"));
                Row::limited(case, limit, "of the bare transaction", pairs.ratio(), measured)
            }
            Err(error) => Row::not_measured(case, format!("{error:#}")),
        });
    }
    Ok(rows)
}

async fn measure_pairs(scale: &Scale, kind: DatabaseKind) -> Result<Pairs> {
    let mut harness = Harness::start(kind).await?;
    let (hermes, bare) = (harness.hermes(&[]).await?, harness.bare_transactions().await?);
    let requests = BookingRequests::new();
    bare.commit_for(scale.warm_up, 1).await?;
    run_closed_loop(hermes.port(), 1, scale.warm_up, &requests).await?;
    Pairs::alternate(
        scale.pairs,
        async || Ok(millis(bare.commit_for(scale.run, 1).await?.p50())),
        async || Ok(millis(run_closed_loop(hermes.port(), 1, scale.run, &requests).await?.latencies.p50())),
    )
    .await
}
