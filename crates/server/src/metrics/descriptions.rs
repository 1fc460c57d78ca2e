//! All metrics of Hermes: the kind, the name, the label and the help text of each.

/// The kind of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number that only grows, until the process ends.
    Counter,
    /// A number that goes up and down.
    Gauge,
    /// The distribution of a number.
    Histogram,
}

/// A label and its values. Without values, the names of all labels, for the documentation.
pub(super) type Label = (&'static str, &'static [&'static str]);

/// The description of one metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Description {
    pub kind: Kind,
    pub name: &'static str,
    pub label: Option<Label>,
    pub text: &'static str,
}

const DATABASE_POOLS: &[&str] = &["database_writer", "database_reader", "database_head"];
const POOLS: &[&str] = &["database_writer", "database_reader", "database_head", "redis"];

const fn counter(name: &'static str, text: &'static str) -> Description {
    Description { kind: Kind::Counter, name, label: None, text }
}

const fn gauge(name: &'static str, text: &'static str) -> Description {
    Description { kind: Kind::Gauge, name, label: None, text }
}

const fn histogram(name: &'static str, text: &'static str) -> Description {
    Description { kind: Kind::Histogram, name, label: None, text }
}

impl Description {
    const fn by(mut self, label: &'static str, values: &'static [&'static str]) -> Self {
        self.label = Some((label, values));
        self
    }
}

/// All metrics except `process_*`, in the order of the documentation.
pub(super) const METRICS: &[Description] = &[
    gauge("hermes_build_info", "Always 1; the label is the version of Hermes").by("version", &[]),
    // HTTP
    counter("hermes_http_requests_total", "HTTP requests; the status is a class such as 2xx")
        .by("method, route, status", &[]),
    counter("hermes_limited_requests_total", "Requests above a limit").by("limit", &[]),
    counter("hermes_connections_rejected_total", "Connections that the server closed").by(
        "reason",
        &[
            "address_limit",
            "total_limit",
            "slow_head",
            "slow_body",
            "unread_response",
            "bare_lf",
            "long_field_name",
            "malformed",
        ],
    ),
    histogram("hermes_http_request_seconds", "Duration of HTTP requests").by("method, route", &[]),
    // the ledger writer
    gauge("hermes_writer_queue_commands", "Commands left in the queue when the last batch was taken"),
    histogram("hermes_writer_batch_commands", "Commands per transaction"),
    histogram(
        "hermes_writer_transaction_seconds",
        "Duration of a batch from BEGIN to the end of COMMIT, with retries",
    ),
    histogram("hermes_writer_commit_seconds", "Duration of COMMIT"),
    counter("hermes_writer_retries_total", "Transactions that were retried"),
    counter("hermes_writer_shed_total", "Commands rejected without execution, by reason")
        .by("reason", &["full", "age", "wait", "database"]),
    gauge(
        "hermes_writer_accepting_writes",
        "1 while the writer's circuit breaker is closed, 0 while it is open or half-open",
    ),
    counter("hermes_writer_failed_total", "Batches that failed"),
    gauge(
        "hermes_clock_difference_seconds",
        "How far the clock of this machine is ahead of the clock of the database; negative if it is behind",
    ),
    counter(
        "hermes_barrier_waits_total",
        "Batches that waited for the staleness bound because invalidation failed",
    ),
    // reads
    counter("hermes_cached_reads_total", "Reads through the cache, by tier: l1, l2 or db")
        .by("query, tier", &[]),
    histogram("hermes_load_seconds", "Duration of loading and rendering a response from the database")
        .by("query", &[]),
    counter(
        "hermes_cache_version_lookups_total",
        "Reads that needed the cache version; concurrent reads share one version check",
    ),
    counter("hermes_cache_version_checks_total", "Version checks sent to the shared cache"),
    counter("hermes_degraded_reads_total", "Reads served without the shared cache"),
    counter(
        "hermes_unverified_reads_total",
        "Reads served with the label unverified, because the database was down",
    ),
    counter("hermes_cache_compared_total", "Comparisons of the cached list with the database"),
    counter("hermes_cache_mismatches_total", "Comparisons that found a difference; must be 0"),
    gauge("hermes_head_age_seconds", "Age of the cached ledger head"),
    gauge("hermes_cache_bytes", "Memory of cached responses, in bytes")
        .by("kind", &["list", "compressed", "queries"]),
    counter(
        "hermes_cache_bad_signatures_total",
        "Entries of the shared cache that were ignored, because their signature is invalid",
    ),
    gauge("hermes_cache_up", "1 while the shared cache is up, otherwise 0"),
    counter("hermes_cache_down_seconds_total", "Total time that the shared cache has been down, in seconds"),
    counter("hermes_cache_fills_total", "Entries sent to the shared cache; refused means outdated")
        .by("outcome", &["stored", "refused", "failed"]),
    counter("hermes_cache_failures_total", "Failed operations of the shared cache"),
    counter(
        "hermes_cache_resets_total",
        "Cache versions replaced because Redis had lost or changed its data",
    )
    .by("cause", &["missing", "epoch"]),
    // events
    counter("hermes_events_published_total", "Events published to the stream by this instance"),
    gauge("hermes_events_published_seq", "Sequence number of the last published event"),
    gauge("hermes_events_relay_holder", "1 in the instance that holds the publishing lease, otherwise 0"),
    gauge(
        "hermes_events_lag_events",
        "Committed events that are not published yet; 0 in instances without the lease",
    ),
    gauge(
        "hermes_events_lag_seconds",
        "Age of the oldest unpublished event in the outbox; 0 in instances without the lease",
    ),
    gauge("hermes_events_stream_up", "1 while the stream is up, otherwise 0"),
    counter("hermes_events_retries_total", "Failed operations of the stream"),
    counter(
        "hermes_events_resumes_total",
        "Times that the position in the stream was read again, because it had lost events or another instance had \
         published",
    ),
    counter(
        "hermes_events_divergences_total",
        "Times that the stream contained events that the database does not have",
    ),
    counter("hermes_events_missed_total", "Events purged before they were published, detected by the relay"),
    counter("hermes_events_dropped_total", "Unpublished events purged after the extended retention"),
    gauge("hermes_feed_waiting", "Requests waiting for an event"),
    // mail
    gauge("hermes_mail_sender", "1 in the instance that holds the lease to send mail, otherwise 0"),
    gauge(
        "hermes_mail_up",
        "0 while the mail server does not respond, otherwise 1; 1 in instances without the lease",
    ),
    gauge("hermes_mail_waiting", "Messages to payers that wait; 0 in instances without the lease"),
    gauge(
        "hermes_mail_oldest_waiting_seconds",
        "Age of the oldest waiting message; 0 in instances without the lease",
    ),
    counter("hermes_mail_sent_total", "Messages that the mail server accepted"),
    counter("hermes_mail_rejected_total", "Messages that the mail server rejected for good"),
    counter("hermes_mail_postponed_total", "Times that the mail server postponed a message"),
    counter("hermes_mail_failures_total", "Failed attempts to reach the mail server, or to sign in"),
    // the database and Redis
    gauge("hermes_pool_connections", "Connections by state: max, size, idle or in_use")
        .by("pool, state", &[]),
    gauge("hermes_pool_waiting", "Callers waiting for a connection").by("pool", POOLS),
    histogram(
        "hermes_pool_acquire_seconds",
        "Time to get a connection; for Redis, this includes opening or testing the connection",
    )
    .by("pool", POOLS),
    counter("hermes_pool_timeouts_total", "Callers that got no connection in time").by("pool", POOLS),
    histogram("hermes_database_statement_seconds", "Duration of statements").by("pool", DATABASE_POOLS),
    counter(
        "hermes_database_slow_statements_total",
        "Statements that took at least database.slow_statement_ms; each is logged",
    )
    .by("pool", DATABASE_POOLS),
    counter(
        "hermes_head_regressions_total",
        "Times that the ledger head went back because the database lost commits",
    ),
    counter(
        "hermes_invariant_violations_total",
        "Violations of what must always hold; must be 0, and each is logged",
    )
    .by("invariant", &["cached_list", "stored_data", "ledger_head", "event_order", "decision"]),
];
