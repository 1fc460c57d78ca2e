//! Reading the list before anybody asks for it.

use super::{Query, ReadCache};

/// After a write the list is loaded at once if it was read at least so often since the write before: less often,
/// and most loads would be for nobody.
const POPULAR_READS_MIN: u64 = 16;

impl ReadCache {
    /// Brings the list into the caches, in the background.
    pub fn warm(&self) {
        let Some(reads) = self.this.upgrade() else { return };
        tokio::spawn(async move {
            if let Err(error) = reads.read(&Query::List).await {
                log::info!("the list could not be read ahead of its readers: {error}");
            }
        });
    }

    /// The same, if there are readers enough.
    pub(super) fn refresh_ahead(&self) {
        if self.metrics.reads_since_write.take() >= POPULAR_READS_MIN {
            self.warm();
        }
    }
}
