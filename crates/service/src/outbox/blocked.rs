//! What keeps events from being published and does not pass by itself: said once in the log, not at each try.

use hermes_domain::ports::StoreError;

/// What was last complained of.
#[derive(Debug, Default)]
pub(super) struct BlockedReporter {
    said: Option<String>,
}

impl BlockedReporter {
    /// The row of the lease cannot be used. Faults that pass by themselves are for those who meet them to say.
    pub fn lease(&mut self, error: &StoreError) {
        match error {
            StoreError::Corrupt(_) => self.raise(format!("{error}; the migrations make it")),
            _ => log::debug!("the lease of the relay could not be had: {error}"),
        }
    }

    /// The outbox has events before and behind this one, with which the stream ends, and not the one itself.
    pub fn hole(&mut self, seq: i64) {
        self.raise(format!(
            "the stream ends with event {seq}, which the outbox lacks in the middle of others"
        ));
    }

    /// Events are published, or could be.
    pub fn settled(&mut self) {
        if self.said.take().is_some() {
            log::info!("events can be published again");
        }
    }

    fn raise(&mut self, text: String) {
        if self.said.as_ref() != Some(&text) {
            log::error!("no events are published until this is mended: {text}");
            self.said = Some(text);
        }
    }
}
