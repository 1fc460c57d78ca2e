//! The ledger writer on fakes.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use hermes_domain::ledger::Submission;
use hermes_service::clock_monitor::ClockMonitor;
use hermes_service::outbox::CommitNotifier;
use hermes_service::writer::{
    Committed, LedgerWriter, SubmitError, VisibilityBarrier, WriterConfig, WriterDeps,
};
use hermes_test_support::builders::rules;
use hermes_test_support::{FixedClock, Gate, MemoryStore, NOON, SequentialRandom, StoreStep, within};
use tokio::task::JoinHandle;

use super::{booking, write_elsewhere};

/// Every step of a correction with a key, after another instance has written.
pub const WRITE_STEPS: [StoreStep; 8] = [
    StoreStep::Begin,
    StoreStep::LockHead,
    StoreStep::FindIdempotency,
    StoreStep::FindPayments,
    StoreStep::FindDuplicates,
    StoreStep::FindTotals,
    StoreStep::Write,
    StoreStep::Commit,
];

/// The reply to a command.
pub type Reply = Result<Committed, SubmitError>;

/// The age limit of queued commands.
pub const MAX_QUEUE_AGE: Duration = Duration::from_millis(500);

/// The limits of a portal.
pub const DEFAULT_CONFIG: WriterConfig = WriterConfig {
    batch_max: 256,
    queue_max: 1_024,
    queue_age_max: MAX_QUEUE_AGE,
    batch_wait_max: Duration::from_secs(1),
};

pub struct WriterHarness {
    pub ledger: LedgerWriter,
    pub task: JoinHandle<()>,
    pub store: MemoryStore,
    pub barrier: Arc<FakeBarrier>,
    pub commits: CommitNotifier,
    pub random_source: Arc<SequentialRandom>,
}

/// A visibility barrier with a gate. A test can make it panic once.
#[derive(Default)]
pub struct FakeBarrier {
    pub gate: Gate,
    passed: AtomicUsize,
    key_changes: AtomicUsize,
    panics: AtomicBool,
}

/// The reply to a queued command.
pub struct PendingReply(JoinHandle<Reply>);

impl WriterHarness {
    pub fn start() -> Self {
        Self::with(DEFAULT_CONFIG)
    }

    pub fn with(config: WriterConfig) -> Self {
        let store = MemoryStore::default();
        let barrier = Arc::<FakeBarrier>::default();
        let commits = CommitNotifier::default();
        let random_source = Arc::<SequentialRandom>::default();
        let deps = WriterDeps {
            store: Arc::new(store.clone()),
            barrier: barrier.clone(),
            commits: commits.clone(),
            rules: rules(),
            clocks: Arc::new(ClockMonitor::new(Arc::new(FixedClock(NOON)))),
            random_source: random_source.clone(),
        };
        let (ledger, task) = LedgerWriter::start(deps, config);
        Self { ledger, task, store, barrier, commits, random_source }
    }

    /// Starts a writer that has booked one payment before another instance wrote.
    pub async fn start_after_other_instance() -> Self {
        let writer = Self::start();
        writer.book("ana").await;
        writer.store.edit(write_elsewhere);
        writer
    }

    /// Submits a command and waits for the reply.
    pub async fn submit(&self, submission: Submission) -> Reply {
        within(self.ledger.submit(submission)).await
    }

    /// Books a payment, which must succeed.
    pub async fn book(&self, payer: &str) -> Committed {
        self.submit(booking(payer)).await.unwrap()
    }

    /// Queues a command. Commands are queued in the order of these calls.
    pub async fn queue(&self, submission: Submission) -> PendingReply {
        let ledger = self.ledger.clone();
        let mut reply: Pin<Box<dyn Future<Output = Reply> + Send>> =
            Box::pin(async move { ledger.submit(submission).await });
        let polled = poll_fn(|context| Poll::Ready(reply.as_mut().poll(context))).await;
        PendingReply(match polled {
            Poll::Ready(reply) => tokio::spawn(async { reply }),
            Poll::Pending => tokio::spawn(reply),
        })
    }

    pub async fn queue_all(&self, submissions: impl IntoIterator<Item = Submission>) -> Vec<PendingReply> {
        let mut queued = Vec::new();
        for submission in submissions {
            queued.push(self.queue(submission).await);
        }
        queued
    }

    /// Queues commands while a first booking commits, so that they share the next batch.
    pub async fn queue_one_batch(
        &self,
        submissions: impl IntoIterator<Item = Submission>,
    ) -> Vec<PendingReply> {
        self.occupy().await;
        let queued = self.queue_all(submissions).await;
        self.store.commit_gate.open();
        queued
    }

    /// Keeps the writer in the commit of a first booking until the commit gate opens.
    pub async fn occupy(&self) -> PendingReply {
        self.store.commit_gate.close();
        let first = self.queue(booking("first")).await;
        self.store.commit_gate.arrived(1).await;
        first
    }

    /// Waits until the circuit breaker closes.
    pub async fn accepts_writes(&self) {
        within(async {
            while !self.ledger.is_accepting_writes() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
    }
}

impl FakeBarrier {
    /// Returns how many batches became visible.
    pub fn passed(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }

    /// Returns how many batches waited until a change of a key applied.
    pub fn key_changes(&self) -> usize {
        self.key_changes.load(Ordering::SeqCst)
    }

    pub fn panic_once(&self) {
        self.panics.store(true, Ordering::SeqCst);
    }
}

#[async_trait]
impl VisibilityBarrier for FakeBarrier {
    async fn wait_until_visible(&self) {
        self.gate.pass().await;
        assert!(!self.panics.swap(false, Ordering::SeqCst), "injected: the barrier panics");
        self.passed.fetch_add(1, Ordering::SeqCst);
    }

    async fn wait_until_keys_apply(&self) {
        self.key_changes.fetch_add(1, Ordering::SeqCst);
    }
}

impl PendingReply {
    pub async fn reply(self) -> Reply {
        within(self.0).await.unwrap()
    }

    /// Returns the number of the payment's reference.
    pub async fn reference(self) -> i64 {
        self.reply().await.unwrap().outcome.payment.reference.number()
    }

    pub fn is_ready(&self) -> bool {
        self.0.is_finished()
    }

    /// Disconnects the client.
    pub fn disconnect(&self) {
        self.0.abort();
    }
}

/// Returns the replies in order.
pub async fn replies(pending: Vec<PendingReply>) -> Vec<Reply> {
    let mut replies = Vec::new();
    for one in pending {
        replies.push(one.reply().await);
    }
    replies
}

/// Returns the numbers of the references, in order.
pub async fn references(pending: Vec<PendingReply>) -> Vec<i64> {
    let replies = replies(pending).await.into_iter();
    replies.map(|reply| reply.unwrap().outcome.payment.reference.number()).collect()
}

/// Asserts that every command succeeds.
pub async fn assert_all_succeed(pending: impl IntoIterator<Item = PendingReply>) {
    for one in pending {
        one.reply().await.unwrap();
    }
}
