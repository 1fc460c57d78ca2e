//! Whether the database confirms an answer whose version is current.

use std::sync::Arc;

use hermes_domain::ledger::HeadMark;
use hermes_domain::ports::StoreError;

use super::policy::{Admission, confirms};
use super::served::{ReadError, Served, Tier};
use super::{FreshReads, Snapshot, Unanchored};

/// What stands between a kept answer and a read.
pub(super) enum Passage {
    /// It is of the latest head.
    Confirmed,
    /// Nobody can tell, and it may be served with a label.
    Unconfirmed,
    /// It is not of the latest head.
    Refused,
}

impl FreshReads {
    /// Passes on an answer whose version is current, if the database confirms it or cannot be asked.
    pub(super) async fn admitted(
        &self,
        snapshot: Arc<Snapshot>,
        tier: Tier,
    ) -> Result<Option<Served>, ReadError> {
        Ok(match self.passage(snapshot.head).await? {
            Passage::Confirmed => Some(Served { snapshot, tier, anchored: true }),
            Passage::Unconfirmed => Some(Served { snapshot, tier, anchored: false }),
            Passage::Refused => None,
        })
    }

    /// Holds a head against the anchor, or, when that cannot tell, against the head as it is now.
    pub(super) async fn passage(&self, head: HeadMark) -> Result<Passage, ReadError> {
        match self.anchor.admission(head) {
            Admission::Admitted => Ok(Passage::Confirmed),
            Admission::TooOld => Ok(Passage::Refused),
            Admission::Unknown => match self.head().await {
                Ok(now) if confirms(now, head) => Ok(Passage::Confirmed),
                Ok(_) => Ok(Passage::Refused),
                Err(_) if self.settings.unanchored == Unanchored::ServeLabelled => Ok(Passage::Unconfirmed),
                Err(error) => Err(error),
            },
        }
    }

    /// The head of the database, asked after this call.
    pub(super) async fn head(&self) -> Result<HeadMark, ReadError> {
        if self.anchor.has_just_failed() {
            // Others have waited in vain: one question goes on, and its answer ends this.
            self.heads.ask_ahead();
            return Err(unconfirmed());
        }
        let asked = tokio::time::timeout(self.settings.head_deadline, self.heads.ask()).await;
        let head = asked.ok().flatten().ok_or_else(unconfirmed).and_then(|head| Ok(head?));
        if head.is_err() {
            self.anchor.fail();
        }
        head
    }
}

pub(super) fn unconfirmed() -> ReadError {
    ReadError::Store(StoreError::Unavailable("the head was not read in time".to_owned()))
}
