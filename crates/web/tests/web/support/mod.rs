//! The portal and the dashboard on a ledger in memory, with methods for the actions of a browser.

mod adapters;
mod browser;
mod known_route;
mod one_statement;
mod response;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::test::{self, TestRequest};
use actix_web::{App, HttpMessage, web};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use hermes_domain::access::{ApiKey, PageSecret, Scope, ServerKey};
use hermes_domain::payment::{Payment, PaymentFields};
use hermes_domain::ports::PaymentReader;
use hermes_languages::Language;
use hermes_service::access::{AccessConfig, AccessControl};
use hermes_service::clock_monitor::ClockMonitor;
use hermes_service::matching::Matches;
use hermes_service::outbox::{CommitNotifier, Feed};
use hermes_service::read_cache::{QueryLimits, ReadCache, ReadCacheConfig, ReadCacheDeps, UnverifiedReads};
use hermes_service::statements::{ImporterConfig, ImporterDeps, StatementImporter};
use hermes_service::writer::{LedgerWriter, WriterConfig, WriterDeps};
use hermes_test_support::builders::rules;
use hermes_test_support::{FixedClock, MemoryLedger, MemoryStore, SequentialRandom, StoreFault, StoreStep};
use hermes_web::gate::{GateSettings, RequestGate};
use hermes_web::limits::{LimitSettings, Limits};
use hermes_web::{AppState, JsonRenderer, middleware, routes};

pub use browser::Browser;
pub use known_route::KnownRoute;
pub use one_statement::ID as STATEMENT_ID;
pub use response::TestResponse;

/// Half past six in the evening of 22 November 2026.
pub const EVENING: DateTime<Utc> = DateTime::from_timestamp(1_795_372_200, 0).unwrap();

/// The number of clients that may wait for an event.
pub const WAITERS_MAX: usize = 2;

/// A running portal and dashboard.
pub struct TestApp {
    store: MemoryStore,
    state: web::Data<AppState>,
    gate: web::Data<RequestGate>,
    /// The key of requests that present no other, if any.
    key: Option<ApiKey>,
}

/// One of the two servers.
#[derive(Clone, Copy)]
pub enum Server {
    Portal,
    Dashboard,
}

/// The fields of a valid booking.
pub const ANA: [(&str, &str); 4] =
    [("name", "Ana Ruiz"), ("email", "ana@example.org"), ("amount", "35000"), ("currency_from", "USD")];

/// The staleness bound of the portal.
const STALENESS_BOUND: Duration = Duration::from_millis(250);

/// Access without a delay for changes of keys: each request reads the ledger head, and there is no grace period.
pub const CLOSED: AccessConfig =
    AccessConfig { is_open_without_keys: false, staleness_bound: Duration::ZERO, grace: Duration::ZERO };

/// The maximum number of bookings in the list.
const LIST_WINDOW: u64 = 1_000;

impl TestApp {
    pub fn start() -> Self {
        Self::start_with(|_| ())
    }

    pub fn with_gate(settings: GateSettings) -> Self {
        Self { gate: web::Data::new(RequestGate::new(settings)), ..Self::start() }
    }

    /// Starts a portal that requires keys, and has one with every scope for requests that present no other. The oldest
    /// key is unused.
    pub fn with_key() -> Self {
        let app = Self::closed();
        app.create_key(&[Scope::OpsRead]);
        let key = app.create_key(Scope::ALL);
        Self { key: Some(key), ..app }
    }

    /// Starts a portal as [`Self::with_key`], with a gate.
    pub fn with_key_and_gate(settings: GateSettings) -> Self {
        Self { gate: web::Data::new(RequestGate::new(settings)), ..Self::with_key() }
    }

    /// Starts a portal with a changed state.
    pub fn start_with(change: impl FnOnce(&mut AppState)) -> Self {
        Self::start_with_access(
            AccessConfig {
                is_open_without_keys: true,
                staleness_bound: STALENESS_BOUND,
                grace: Duration::from_secs(60),
            },
            change,
        )
    }

    /// Starts a portal that requires keys. It has none yet.
    pub fn closed() -> Self {
        Self::closed_with(|_| ())
    }

    /// Starts a portal with a changed state that requires keys.
    pub fn closed_with(change: impl FnOnce(&mut AppState)) -> Self {
        Self::start_with_access(CLOSED, change)
    }

    fn start_with_access(access: AccessConfig, change: impl FnOnce(&mut AppState)) -> Self {
        let store = MemoryStore::default();
        store.edit(|ledger| ledger.clock = EVENING);
        let reader: Arc<dyn PaymentReader> = Arc::new(store.clone());
        let random_source = Arc::new(SequentialRandom::new());
        let commits = CommitNotifier::default();
        let feed = Feed::new(Arc::new(store.clone()), commits.clone(), WAITERS_MAX, WAITERS_MAX);
        let deps = WriterDeps {
            store: Arc::new(store.clone()),
            barrier: Arc::new(adapters::NoBarrier),
            commits,
            rules: rules(),
            clocks: Arc::new(ClockMonitor::new(Arc::new(FixedClock(EVENING)))),
            random_source: random_source.clone(),
        };
        let config = WriterConfig {
            batch_max: 256,
            queue_max: 16,
            queue_age_max: Duration::from_secs(5),
            batch_wait_max: Duration::from_secs(1),
        };
        let (ledger, _task) = LedgerWriter::start(deps, config);
        let cache = Arc::new(adapters::NoCache);
        let renderer = Arc::new(JsonRenderer { list_window: LIST_WINDOW });
        let reads = ReadCache::new(
            ReadCacheDeps { cache: cache.clone(), reader: reader.clone(), renderer },
            ReadCacheConfig {
                staleness_bound: STALENESS_BOUND,
                head_deadline: Duration::from_secs(1),
                retry_cache_after: Duration::from_millis(250),
                window: LIST_WINDOW,
                page_loads_max: 4,
                queries: QueryLimits { count_max: 100, bytes_max: 1_000_000 },
                unverified_reads: UnverifiedReads::Serve,
            },
        );
        let access = AccessControl::open(Arc::clone(&reads), Arc::new(store.clone()), access);
        let statements = Arc::new(one_statement::OneStatement);
        let importer = ImporterDeps {
            store: statements.clone(),
            ledger: ledger.clone(),
            clock: Arc::new(FixedClock(EVENING)),
            random_source: Arc::new(SequentialRandom::default()),
        };
        let importer = StatementImporter::new(importer, importer_config()).unwrap();
        let matches =
            Matches { store: statements, ledger: ledger.clone(), clock: Arc::new(FixedClock(EVENING)) };
        let mut state = AppState {
            importer,
            matches,
            // A store in memory answers at once.
            access: access.now_or_never().unwrap().unwrap(),
            feed: Arc::new(feed),
            reads,
            reader,
            receipts: Arc::new(store.clone()),
            ledger,
            keys: Arc::new(store.clone()),
            key_overlap: TimeDelta::days(7),
            cache,
            redis_probe: Default::default(),
            cache_is_shared: false,
            pools: vec![Arc::new(adapters::OnePool)],
            metrics_text: Box::new(|| "hermes_up 1\n".to_owned()),
            random_source,
            clock: Arc::new(FixedClock(EVENING)),
            server_key: ServerKey::new([7; 32]),
            rules: rules(),
            language: Language::default(),
            link_mailer: None,
            payment_mail: None,
            limits: Limits::new(&LimitSettings::default()),
            storage: None,
            public_url: None,
            is_draining: Default::default(),
        };
        change(&mut state);
        Self { store, state: web::Data::new(state), gate: web::Data::new(RequestGate::default()), key: None }
    }

    pub async fn get(&self, server: Server, address: &str) -> TestResponse {
        self.send(server, TestRequest::get().uri(address).insert_header(("accept", "text/html"))).await
    }

    pub async fn get_with_cookie(&self, address: &str, cookie: &str) -> TestResponse {
        self.send(Server::Portal, TestRequest::get().uri(address).insert_header(("cookie", cookie))).await
    }

    /// Sends the form as a browser does.
    pub async fn post_form(&self, fields: &[(&str, &str)]) -> TestResponse {
        self.post("/payment", fields).await
    }

    /// Sends a form to an address as a browser does.
    pub async fn post(&self, address: &str, fields: &[(&str, &str)]) -> TestResponse {
        let request = TestRequest::post().uri(address).insert_header(("sec-fetch-site", "same-origin"));
        self.send(Server::Portal, with_fields(request, fields)).await
    }

    /// Books [`ANA`] with some fields changed, and returns the address of the payment's page.
    pub async fn book_page(&self, changes: &[(&str, &str)]) -> String {
        let unchanged = ANA.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        let fields: Vec<_> = unchanged.chain(changes).copied().collect();
        let response = self.post_form(&fields).await;
        assert_eq!(response.status, StatusCode::SEE_OTHER, "{}", response.body);
        response.header("location").to_owned()
    }

    pub async fn send(&self, server: Server, request: TestRequest) -> TestResponse {
        let routes = match server {
            Server::Portal => routes::configure_portal,
            Server::Dashboard => routes::configure_dashboard,
        };
        let app = App::new().wrap(from_fn(middleware::envelope));
        let app = app.app_data(self.state.clone()).app_data(self.gate.clone()).configure(routes);
        let service = test::init_service(app).await;
        let mut request = request.to_request();
        if !request.headers().contains_key(HOST) {
            request.headers_mut().insert(HOST, HeaderValue::from_static("localhost"));
        }
        if let Some(key) = self.key.as_ref().filter(|_| !request.headers().contains_key(AUTHORIZATION)) {
            let value = HeaderValue::try_from(format!("Bearer {}", key.expose())).unwrap();
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        TestResponse::read(test::call_service(&service, request).await).await
    }

    /// Ends every wait for an event, as a stopping server does.
    pub fn close_feed(&self) {
        self.state.feed.close();
    }

    /// Creates a key with the name `test`.
    pub fn create_key(&self, scopes: &[Scope]) -> ApiKey {
        let key = self.new_key();
        self.store.edit(|ledger| ledger.add_key(&key, scopes));
        key
    }

    /// Returns the id of the oldest key.
    pub fn first_key(&self) -> String {
        self.store.ledger().keys.first().map(|key| key.id.to_string()).unwrap_or_default()
    }

    /// Returns a key that does not exist.
    pub fn new_key(&self) -> ApiKey {
        ApiKey::generate(&*self.state.random_source)
    }

    /// Returns a key with a wrong secret.
    pub fn new_secret(&self, key: &ApiKey) -> ApiKey {
        ApiKey::with_new_secret(key.id(), &*self.state.random_source)
    }

    /// Changes the ledger as another instance does.
    pub fn edit_ledger(&self, change: impl FnOnce(&mut MemoryLedger)) {
        self.store.edit(change);
    }

    /// Returns the actors of all changes of payments.
    pub fn actors(&self) -> Vec<String> {
        let audit = self.store.ledger().audit.into_iter();
        audit.filter(|entry| entry.payment_id.is_some()).map(|entry| entry.actor).collect()
    }

    /// Makes every read fail until [`TestApp::recover`].
    pub fn fail_reads(&self) {
        self.store.keep_failing(StoreStep::Read, StoreFault::unavailable());
    }

    /// Makes every write fail until [`TestApp::recover`].
    pub fn fail_writes(&self) {
        self.store.keep_failing(StoreStep::Begin, StoreFault::unavailable());
    }

    /// Loses the connection after each commit, and leaves its outcome unknown.
    pub fn lose_commit_replies(&self) {
        self.store.keep_failing(StoreStep::Commit, StoreFault::LostAfterCommit);
        self.store.keep_failing(StoreStep::IsCommitted, StoreFault::unavailable());
    }

    /// Deletes the events up to a number from the outbox.
    pub fn purge_events(&self, up_to: i64) {
        self.store.edit(|ledger| ledger.purged_events = up_to);
    }

    /// Ends the faults and waits until the circuit breaker closes.
    pub async fn recover(&self) {
        self.store.recover();
        while !self.state.ledger.is_accepting_writes() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Returns how often one payment was looked up.
    pub fn find_count(&self) -> usize {
        self.store.find_reads.count()
    }

    pub fn payments(&self) -> Vec<Payment> {
        self.store.ledger().payments
    }

    /// Returns the secret in the current link of a payment's page.
    pub fn page_secret(&self, payment: &Payment) -> String {
        PageSecret::derive(&self.state.server_key, payment).to_string()
    }

    /// Advances the clock of the ledger. Pages keep the time of the evening.
    pub fn advance(&self, by: TimeDelta) {
        self.store.edit(|ledger| ledger.clock += by);
    }

    /// Changes a payment outside of the ledger.
    pub fn edit_payment(&self, index: usize, change: impl FnOnce(&mut PaymentFields)) {
        self.store.edit(|ledger| {
            let payment = ledger.payments.get_mut(index).unwrap();
            let mut fields = payment.clone().into_fields();
            change(&mut fields);
            *payment = Payment::new(fields).unwrap();
        });
    }
}

/// Adds the fields of a form to a request.
pub fn with_fields(request: TestRequest, fields: &[(&str, &str)]) -> TestRequest {
    let body: Vec<_> = fields
        .iter()
        .map(|(name, value)| {
            format!("{name}={}", value.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>())
        })
        .collect();
    request
        .insert_header(("accept", "text/html"))
        .insert_header((CONTENT_TYPE, "application/x-www-form-urlencoded"))
        .set_payload(body.join("&"))
}

fn importer_config() -> ImporterConfig {
    ImporterConfig {
        spool_dir: env!("CARGO_TARGET_TMPDIR").into(),
        max_bytes: 1_000,
        accounts: Vec::new(),
        accepts_any_account: true,
        csv_profiles: Default::default(),
        auto_post: Default::default(),
    }
}
