//! The portal and the dashboard over fakes, with verbs for what browsers do.

mod adapters;
mod answer;
mod memory;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::middleware::from_fn;
use actix_web::test::{self, TestRequest};
use actix_web::{App, web};
use hermes_domain::ledger::Rules;
use hermes_domain::money::{BasisPoints, FeeBearer, FeeSchedule, TierBound, TierSpec};
use hermes_domain::payment::{DuplicateField, DuplicateRule, Payment, Thresholds};
use hermes_domain::ports::PaymentReader;
use hermes_service::outbox::{CommitNotifier, Feed};
use hermes_service::read_cache::{QueryLimits, ReadCache, ReadCacheConfig, ReadCacheDeps, UnverifiedReads};
use hermes_service::writer::{LedgerWriter, WriterConfig, WriterDeps};
use hermes_web::{AppState, JsonRenderer, middleware, routes};

pub use answer::Answer;
pub use memory::Failure;
use memory::MemoryStore;

/// How many may wait for an event.
pub const WAITERS_MAX: usize = 2;

/// A Hermes in memory.
pub struct TestApp {
    pub store: Arc<MemoryStore>,
    state: web::Data<AppState>,
}

/// Which of the two servers is asked.
#[derive(Clone, Copy)]
pub enum Server {
    Portal,
    Dashboard,
}

/// The fields of a booking that can be made.
pub const ANA: [(&str, &str); 4] =
    [("name", "Ana Ruiz"), ("email", "ana@example.org"), ("amount", "35000"), ("currency_from", "USD")];

/// How many bookings the list has.
const LIST_WINDOW: u64 = 1_000;

impl TestApp {
    pub fn start() -> Self {
        let store = Arc::new(MemoryStore::default());
        let reader: Arc<dyn PaymentReader> = store.clone();
        let random_source = Arc::new(adapters::CountingRandom::default());
        let commits = CommitNotifier::default();
        let feed = Feed::new(store.clone(), commits.clone(), WAITERS_MAX);
        let parts = WriterDeps {
            store: store.clone(),
            barrier: Arc::new(adapters::Quiet),
            commits,
            rules: Arc::new(rules()),
            clock: Arc::new(adapters::StandingClock),
            random_source: random_source.clone(),
        };
        let limits = WriterConfig { batch_max: 256, queue_max: 16, queue_age_max: Duration::from_secs(5) };
        let (ledger, _task) = LedgerWriter::start(parts, limits);
        let cache = Arc::new(adapters::NoCache);
        let renderer = Arc::new(JsonRenderer { list_window: LIST_WINDOW });
        let reads = ReadCache::new(
            ReadCacheDeps { cache: cache.clone(), reader: reader.clone(), renderer },
            ReadCacheConfig {
                staleness_bound: Duration::from_millis(250),
                head_deadline: Duration::from_secs(1),
                retry_cache_after: Duration::from_millis(250),
                window: LIST_WINDOW,
                page_loads_max: 4,
                queries: QueryLimits { count_max: 100, bytes_max: 1_000_000 },
                unverified_reads: UnverifiedReads::Serve,
            },
        );
        let state = AppState {
            ledger,
            feed: Arc::new(feed),
            reads,
            reader,
            cache,
            cache_is_shared: false,
            pools: vec![Arc::new(adapters::OnePool)],
            metrics_text: Box::new(|| "hermes_up 1\n".to_owned()),
            random_source,
            public_url: None,
            is_draining: Default::default(),
        };
        Self { store, state: web::Data::new(state) }
    }

    pub async fn get(&self, server: Server, address: &str) -> Answer {
        self.send(server, TestRequest::get().uri(address).insert_header(("accept", "text/html"))).await
    }

    pub async fn get_with_cookie(&self, address: &str, cookie: &str) -> Answer {
        self.send(Server::Portal, TestRequest::get().uri(address).insert_header(("cookie", cookie))).await
    }

    /// Sends the form, as a browser would that has nothing to hide.
    pub async fn post_form(&self, fields: &[(&str, &str)]) -> Answer {
        let request = TestRequest::post().uri("/payment").insert_header(("sec-fetch-site", "same-origin"));
        self.send(Server::Portal, with_fields(request, fields)).await
    }

    pub async fn send(&self, server: Server, request: TestRequest) -> Answer {
        let routes = match server {
            Server::Portal => routes::configure_portal,
            Server::Dashboard => routes::configure_dashboard,
        };
        let app =
            App::new().wrap(from_fn(middleware::envelope)).app_data(self.state.clone()).configure(routes);
        let service = test::init_service(app).await;
        Answer::of(test::call_service(&service, request.to_request()).await).await
    }

    /// Lets nobody wait for an event any more, as a server does that stops.
    pub fn close_feed(&self) {
        self.state.feed.close();
    }

    /// Ends a failure and waits until the database is asked again.
    pub async fn recover(&self) {
        self.store.recover();
        while !self.state.ledger.is_accepting_writes() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub fn payments(&self) -> Vec<Payment> {
        self.store.payments()
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

fn rules() -> Rules {
    let tier = |name: &str, bound, points| TierSpec {
        name: name.to_owned(),
        bound,
        rate: BasisPoints::new(points).unwrap(),
    };
    let tiers = [
        tier("small", TierBound::Below("1000".to_owned()), 500),
        tier("medium", TierBound::UpTo("10000".to_owned()), 300),
        tier("large", TierBound::Unbounded, 200),
    ];
    Rules {
        fees: FeeSchedule::new(&tiers, &[].into()).unwrap(),
        fee_bearer: FeeBearer::Payer,
        thresholds: Thresholds::new("1000000", &[].into()).unwrap(),
        duplicates: DuplicateRule::new(vec![DuplicateField::Email], None).unwrap(),
    }
}
