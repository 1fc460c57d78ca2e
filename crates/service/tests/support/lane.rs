//! A lane on fakes.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hermes_domain::ledger::Submission;
use hermes_service::outbox::CommitNotifier;
use hermes_service::writer::{Committed, LedgerWriter, SubmitError, WriterConfig, WriterDeps};
use tokio::task::JoinHandle;

use super::bookings::{Counted, Noon, booking, rules};
use super::gate::within;
use super::store::FakeStore;
use super::visibility::FakeBarrier;

/// What became of a command.
pub type Answer = Result<Committed, SubmitError>;

/// How long a command may wait in these tests.
pub const QUEUE_AGE_MAX: Duration = Duration::from_millis(500);

pub struct TestLane {
    pub ledger: LedgerWriter,
    pub task: JoinHandle<()>,
    pub store: FakeStore,
    pub barrier: Arc<FakeBarrier>,
    pub commits: CommitNotifier,
    pub random_source: Arc<Counted>,
}

/// A command that is in the queue.
pub struct Queued(JoinHandle<Answer>);

impl TestLane {
    pub fn start() -> Self {
        Self::with(WriterConfig { batch_max: 256, queue_max: 1_024, queue_age_max: QUEUE_AGE_MAX })
    }

    pub fn with(settings: WriterConfig) -> Self {
        let store = FakeStore::new();
        let barrier = Arc::<FakeBarrier>::default();
        let commits = CommitNotifier::default();
        let random_source = Arc::new(Counted::default());
        let parts = WriterDeps {
            store: Arc::new(store.clone()),
            barrier: barrier.clone(),
            commits: commits.clone(),
            rules: Arc::new(rules()),
            clock: Arc::new(Noon),
            random_source: random_source.clone(),
        };
        let (ledger, task) = LedgerWriter::start(parts, settings);
        Self { ledger, task, store, barrier, commits, random_source }
    }

    /// Submits a command and waits for the answer.
    pub async fn submit(&self, submission: Submission) -> Answer {
        within(self.ledger.submit(submission)).await
    }

    /// Books for somebody, who must get a booking.
    pub async fn book(&self, payer: &str) -> Committed {
        self.submit(booking(payer)).await.unwrap()
    }

    /// Puts a command into the queue; those of one test stand there in the order of these calls.
    pub async fn queue(&self, submission: Submission) -> Queued {
        let ledger = self.ledger.clone();
        let mut answer: Pin<Box<dyn Future<Output = Answer> + Send>> =
            Box::pin(async move { ledger.submit(submission).await });
        let polled = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await;
        Queued(match polled {
            Poll::Ready(answer) => tokio::spawn(async { answer }),
            Poll::Pending => tokio::spawn(answer),
        })
    }

    /// Books for some in one batch: they queue up while an earlier booking commits.
    pub async fn queue_one_batch(&self, submissions: Vec<Submission>) -> Vec<Queued> {
        self.occupy().await;
        let mut queued = Vec::new();
        for submission in submissions {
            queued.push(self.queue(submission).await);
        }
        self.store.commit_gate().open();
        queued
    }

    /// Lets time pass until the database is known to take writes again.
    pub async fn until_it_takes_writes(&self) {
        within(async {
            while !self.ledger.is_accepting_writes() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
    }

    /// Keeps the lane in the commit of a first booking, until the gate of commits is opened.
    pub async fn occupy(&self) -> Queued {
        self.store.commit_gate().close();
        let first = self.queue(booking("first")).await;
        self.store.commit_gate().arrived(1).await;
        first
    }
}

impl Queued {
    pub async fn answer(self) -> Answer {
        within(self.0).await.unwrap()
    }

    /// The number of the reference it got.
    pub async fn reference(self) -> i64 {
        self.answer().await.unwrap().outcome.payment.reference.number()
    }

    pub fn is_answered(&self) -> bool {
        self.0.is_finished()
    }

    /// The caller goes away.
    pub fn go_away(&self) {
        self.0.abort();
    }
}

/// The answers in order.
pub async fn answers(queued: Vec<Queued>) -> Vec<Answer> {
    let mut answers = Vec::new();
    for one in queued {
        answers.push(one.answer().await);
    }
    answers
}

/// Lets every task go as far as it can.
pub async fn settle() {
    tokio::time::sleep(Duration::from_nanos(1)).await;
}
