//! A ledger on SQLite, a mail server, and any number of mail workers.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::access::{PageSecret, ServerKey};
use hermes_domain::ledger::{Command, RandomSource, ReceiptOutcome};
use hermes_domain::payment::Payment;
use hermes_domain::ports::{Clock, MailQueue, PaymentReader};
use hermes_languages::Language;
use hermes_mail::{Sender, SmtpMailer, SmtpSettings, SmtpTls, parse_mailbox};
use hermes_repository::{
    Database, DatabaseSettings, SqlLedgerStore, SqlMailQueue, SqlOutbox, SqlPaymentReader,
};
use hermes_service::clock_monitor::ClockMonitor;
use hermes_service::mail::{MailWorker, MailWorkerConfig, MailWorkerDeps, MailWorkerHandle, NewLinkMailer};
use hermes_service::outbox::CommitNotifier;
use hermes_service::writer::{LedgerWriter, VisibilityBarrier, WriterConfig, WriterDeps};
use hermes_test_support::builders::{book, institution, payment_key, rules, submission};
use hermes_test_support::{AdjustableClock, SmtpServer, TestDatabase};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

/// The time limit of every wait, for a busy machine.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Short, so that another worker soon takes over.
pub const LEASE: Duration = Duration::from_millis(600);

pub const URL: &str = "https://pay.example.org";

pub struct Harness {
    pub ledger: LedgerWriter,
    pub payments: Arc<SqlPaymentReader>,
    pub queue: Arc<SqlMailQueue>,
    pub server: SmtpServer,
    pub clock: AdjustableClock,
    pub commits: CommitNotifier,
    database: Database,
    // Dropped last: the connection above uses it.
    _test_database: TestDatabase,
}

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

struct Random;

impl RandomSource for Random {
    fn random(&self) -> Uuid {
        Uuid::new_v4()
    }
}

/// Nothing is cached here.
struct NoBarrier;

#[async_trait]
impl VisibilityBarrier for NoBarrier {
    async fn wait_until_visible(&self) {}
    async fn wait_until_keys_apply(&self) {}
}

pub fn server_key() -> ServerKey {
    ServerKey::new([7; 32])
}

impl Harness {
    /// Starts everything except a worker.
    pub async fn start() -> Self {
        let test_database = hermes_test_support::sqlite().await;
        hermes_migration::up(&test_database.url, None).await.unwrap();
        let settings = DatabaseSettings {
            acquire_timeout: Duration::from_secs(20),
            ..DatabaseSettings::new(&test_database.url)
        };
        let database = Database::connect(&settings).await.unwrap();
        let commits = CommitNotifier::default();
        let deps = WriterDeps {
            store: Arc::new(SqlLedgerStore::new(&database)),
            barrier: Arc::new(NoBarrier),
            commits: commits.clone(),
            rules: rules(),
            clocks: Arc::new(ClockMonitor::new(Arc::new(SystemClock))),
            random_source: Arc::new(Random),
        };
        let config = WriterConfig {
            batch_max: 256,
            queue_max: 1_024,
            queue_age_max: Duration::from_secs(20),
            batch_wait_max: Duration::from_secs(1),
        };
        let (ledger, _) = LedgerWriter::start(deps, config);
        Self {
            ledger,
            payments: Arc::new(SqlPaymentReader::new(&database)),
            queue: Arc::new(SqlMailQueue::new(&database)),
            server: SmtpServer::start().await,
            // Ahead of the ledger, so that every message is due.
            clock: AdjustableClock::at(Utc::now() + TimeDelta::minutes(1)),
            commits,
            database,
            _test_database: test_database,
        }
    }

    /// Starts everything, and a worker that has set the cursor.
    pub async fn with_worker() -> (Self, MailWorkerHandle) {
        let harness = Self::start().await;
        let worker = harness.worker();
        harness.until(async || harness.cursor().await >= 0, "the cursor to be set").await;
        (harness, worker)
    }

    pub fn worker(&self) -> MailWorkerHandle {
        self.worker_on(self.queue.clone())
    }

    pub fn worker_on(&self, queue: Arc<dyn MailQueue>) -> MailWorkerHandle {
        let deps = MailWorkerDeps {
            outbox: Arc::new(SqlOutbox::new(&self.database)),
            queue,
            payments: self.payments.clone(),
            receipts: self.payments.clone(),
            mailer: Arc::new(self.mailer()),
            commits: self.commits.clone(),
            clock: Arc::new(self.clock.clone()),
            server_key: server_key(),
        };
        let config =
            MailWorkerConfig { holder: Uuid::new_v4(), lease_term: LEASE, public_url: URL.to_owned() };
        MailWorker::start(deps, config)
    }

    pub fn mailer(&self) -> SmtpMailer {
        self.mailer_with(None)
    }

    /// Creates a mailer with a user and a password.
    pub fn mailer_with(&self, login: Option<(&str, &str)>) -> SmtpMailer {
        let settings = SmtpSettings {
            host: "127.0.0.1".to_owned(),
            port: self.server.port(),
            tls: SmtpTls::None,
            login: login.map(|(user, password)| (user.to_owned(), password.into())),
            from: parse_mailbox("Example University <payments@example.edu>").unwrap(),
            reply_to: Some(parse_mailbox("finance@example.edu").unwrap()),
        };
        let sender = Sender { institution: Arc::new(institution()), language: Language::default() };
        SmtpMailer::new(settings, sender).unwrap()
    }

    pub fn link_mailer(&self) -> NewLinkMailer {
        let clock = Arc::new(self.clock.clone());
        NewLinkMailer::new(self.queue.clone(), self.ledger.clone(), clock, server_key())
    }

    pub async fn submit(&self, command: Command) -> Payment {
        self.ledger.submit(submission(command)).await.unwrap().outcome.payment
    }

    pub async fn submit_receipt(&self, command: Command) -> ReceiptOutcome {
        self.ledger.submit_receipt(submission(command)).await.unwrap().outcome
    }

    pub async fn book(&self, email: &str) -> Payment {
        self.submit(book(email, "2000")).await
    }

    pub async fn payment(&self, reference: i64) -> Payment {
        self.payments.find(&payment_key(reference)).await.unwrap().unwrap()
    }

    pub fn page_url(payment: &Payment) -> String {
        format!("{URL}/payment/{}/{}", payment.reference, PageSecret::derive(&server_key(), payment))
    }

    pub async fn cursor(&self) -> i64 {
        use hermes_domain::ports::RelayLease;
        self.queue.relay_status().await.unwrap().published_seq
    }

    /// Waits until no message waits and every event is queued.
    pub async fn until_sent(&self) {
        self.until(
            async || {
                self.cursor().await == self.commits.newest()
                    && self.queue.mail_status().await.unwrap().waiting == 0
            },
            "the queue to be empty",
        )
        .await;
    }

    pub async fn until(&self, mut condition: impl AsyncFnMut() -> bool, what: &str) {
        let deadline = Instant::now() + TIMEOUT;
        while !condition().await {
            assert!(Instant::now() < deadline, "timed out waiting for {what}");
            sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Returns a message decoded from quoted-printable, with `~` for spaces that do not break.
pub fn plain_text(source: &str) -> String {
    source.replace("=\r\n", "").replace("=C2=A0", "~").replace("\r\n", " ")
}

pub async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(TIMEOUT, future).await.expect("the future completes")
}
