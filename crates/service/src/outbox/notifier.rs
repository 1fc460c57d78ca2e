//! Notifies listeners of new commits, by this instance and by others.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ports::Outbox;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

/// Notifies listeners that there may be new events. Never blocks. Clones share one channel.
#[derive(Debug, Clone, Default)]
pub struct CommitNotifier {
    newest: watch::Sender<i64>,
}

/// Receives the notifications of a [`CommitNotifier`].
#[derive(Debug)]
pub struct CommitListener {
    newest: watch::Receiver<i64>,
}

impl CommitNotifier {
    /// Notifies listeners that the event with this number was committed. Ignores a number that is not new.
    pub fn notify(&self, committed: i64) {
        self.newest.send_if_modified(|newest| committed > std::mem::replace(newest, committed.max(*newest)));
    }

    /// Sets the number of the newest event as read from the outbox.
    ///
    /// The number may decrease: a database that lost commits assigns the same numbers again.
    fn reset(&self, newest: i64) {
        self.newest.send_if_modified(|current| std::mem::replace(current, newest) != newest);
    }

    /// Returns the number of the newest known event.
    pub fn newest(&self) -> i64 {
        *self.newest.borrow()
    }

    /// Subscribes to later notifications.
    pub fn listen(&self) -> CommitListener {
        CommitListener { newest: self.newest.subscribe() }
    }

    fn has_listeners(&self) -> bool {
        self.newest.receiver_count() > 0
    }
}

impl CommitListener {
    /// Waits for a notification since the previous call.
    pub async fn changed(&mut self) {
        if self.newest.changed().await.is_err() {
            // Every notifier is dropped.
            std::future::pending::<()>().await;
        }
    }

    /// Ignores the notifications so far.
    pub fn mark_seen(&mut self) {
        self.newest.mark_unchanged();
    }
}

/// Polls the outbox for commits of other instances and notifies listeners. Never returns.
///
/// Sends one small query per `period`, however many listeners there are, and none without listeners.
pub async fn poll_outbox(outbox: Arc<dyn Outbox>, commits: CommitNotifier, period: Duration) {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        if !commits.has_listeners() {
            continue;
        }
        match outbox.newest_event().await {
            Ok(newest) => commits.reset(newest),
            // At debug level only: readers of events report the same error.
            Err(error) => log::debug!("the outbox could not be polled: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reset_lowers_the_newest_number() {
        let notifier = CommitNotifier::default();
        let mut listener = notifier.listen();
        let mut observe = || {
            let is_notified = listener.newest.has_changed().unwrap();
            listener.mark_seen();
            (is_notified, notifier.newest())
        };
        notifier.notify(7);
        assert_eq!(observe(), (true, 7));
        notifier.notify(6);
        assert_eq!(observe(), (false, 7));
        notifier.notify(7);
        assert_eq!(observe(), (false, 7));
        notifier.reset(5);
        assert_eq!(observe(), (true, 5));
        notifier.reset(5);
        assert_eq!(observe(), (false, 5));
    }
}
