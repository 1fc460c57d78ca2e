//! One client that books one payment after the other.
//!
//! **Reference:** the bare transaction (`reference/transaction.rs`): the same rows over one connection to the same
//! server, BEGIN, four INSERTs, COMMIT, with nothing to look up and nobody to answer. Batching cannot help here; what
//! Hermes adds is HTTP, the head, the look-ups and the announcement to the cache.

use anyhow::Result;

use super::stage::Stage;
use crate::load::{Bookings, closed};
use crate::pairs::Pairs;
use crate::report::{Bound, Row};
use crate::scale::Scale;
use crate::statistics::millis;
use crate::system::Kind;

/// Measures on every database.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        let case = format!("one client, one booking at a time, p50, {}", kind.name());
        rows.push(match pairs(scale, kind).await {
            Ok(pairs) => {
                let (bound, measured) = (Bound::AtMost(1.3), pairs.describe("ms"));
                Row::judged(case, bound, "of the bare transaction", pairs.ratio(), measured)
            }
            Err(error) => Row::not_measured(case, format!("{error:#}")),
        });
    }
    Ok(rows)
}

async fn pairs(scale: &Scale, kind: Kind) -> Result<Pairs> {
    let mut stage = Stage::start(kind).await?;
    let (hermes, bare, bookings) = (stage.hermes(&[]).await?, stage.transactions().await?, Bookings::new());
    bare.commit_for(scale.warm_up, 1).await?;
    closed(hermes.port(), 1, scale.warm_up, &bookings).await?;
    Pairs::alternate(
        scale.pairs,
        async || Ok(millis(bare.commit_for(scale.run, 1).await?.p50())),
        async || Ok(millis(closed(hermes.port(), 1, scale.run, &bookings).await?.latencies.p50())),
    )
    .await
}
