//! The background comparer: what this process would serve, held against the database now and then.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ports::{StoreError, Versioned};

use super::{FreshReads, Query};

/// What a comparison found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Nothing is kept.
    Nothing,
    /// The ledger is at another head by now: nothing can be said.
    Moved,
    /// The same bytes.
    Same,
    /// Other bytes at the same head: a fault of the program, or somebody has changed rows by hand.
    Different,
}

impl FreshReads {
    /// Compares the list that is kept with a fresh one of the same head.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn compare(&self) -> Result<Comparison, StoreError> {
        let key = Query::List.key();
        let Some(kept) = self.kept.get(key) else { return Ok(Comparison::Nothing) };
        let Versioned { head, value } = self.load(&Query::List, key, None).read().await?;
        if head != kept.head {
            return Ok(Comparison::Moved);
        }
        self.figures.compared.count();
        if value.is_some_and(|fresh| fresh.body == kept.body && fresh.link == kept.link) {
            return Ok(Comparison::Same);
        }
        self.figures.mismatches.count();
        // No instance serves it any more.
        self.version.bump().await;
        Ok(Comparison::Different)
    }
}

/// Compares again and again; never ends.
pub async fn compare_now_and_then(reads: Arc<FreshReads>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        match reads.compare().await {
            Ok(Comparison::Different) => log::error!(
                "the cached list was not what the database says at the same head, and was dropped: a row was \
                 changed outside Hermes, or this is a fault of Hermes; please report it"
            ),
            Ok(Comparison::Nothing | Comparison::Moved | Comparison::Same) => {}
            Err(error) => log::debug!("the cached list was not compared: {error}"),
        }
    }
}
