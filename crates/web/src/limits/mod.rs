//! Limits per caller and in total, counted in this process.
//!
//! With several instances, a caller reaches the sum of their limits. In return, no request waits for Redis.
//!
//! [`quota`] is the algorithm of a token bucket, and [`buckets`] the table of all buckets. [`bodies`] limits the memory
//! of request bodies, and [`storage`] the writes on a nearly full disk. [`crate::middleware`] applies the limits of
//! requests, [`crate::access`] that of wrong keys, and the booking form its own limits.

mod bodies;
mod buckets;
mod quota;
mod storage;

use std::net::IpAddr;
use std::time::{Duration, Instant};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use hermes_domain::AddressBlock;
use hermes_domain::access::KeyId;

pub use bodies::BodyMemory;
pub use storage::{StorageLevel, StorageSpace};

use self::buckets::Buckets;
use self::quota::{Exhausted, Quota};
use crate::problem::{Problem, ProblemCode};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// The wrong API keys that one address may send in a minute.
const WRONG_KEYS_PER_MINUTE: u32 = 30;
/// The period in which one address may book `form_per_10_min` payments.
const FORM_WINDOW: Duration = Duration::from_secs(600);

/// The numbers of all limits; 0 turns a limit off.
#[derive(Debug, Clone, Copy, Default)]
pub struct LimitSettings {
    /// Requests per second of one address without an API key.
    pub address_requests_per_s: u32,
    /// Requests per second of one API key.
    pub key_requests_per_s: u32,
    /// Requests per second of one API key that change something.
    pub key_writes_per_s: u32,
    /// Bookings that one address may send with the form at once.
    pub form_burst: u32,
    /// Bookings that one address may send with the form in ten minutes after that.
    pub form_per_10_min: u32,
    /// Bookings per second with the form, of all addresses together.
    pub form_total_per_s: u32,
    /// Request bodies in memory, in bytes.
    pub bodies_bytes_max: usize,
}

/// All limits of the process.
#[derive(Debug)]
pub struct Limits {
    requests: Option<Limit<AddressBlock>>,
    key_requests: Option<Limit<KeyId>>,
    key_writes: Option<Limit<KeyId>>,
    wrong_keys: Option<Limit<AddressBlock>>,
    form: Option<Limit<AddressBlock>>,
    form_total: Option<Limit<()>>,
    /// The memory of request bodies.
    pub bodies: BodyMemory,
}

/// The buckets of one policy.
#[derive(Debug)]
struct Limit<P> {
    /// The name in response headers, logs and metrics.
    name: &'static str,
    buckets: Buckets<P>,
    /// The `RateLimit-Policy` of its responses.
    policy: HeaderValue,
}

/// The response headers of a limit (draft-ietf-httpapi-ratelimit-headers-10).
#[derive(Debug)]
pub struct LimitHeaders {
    limit: HeaderValue,
    policy: HeaderValue,
}

impl Limits {
    /// Creates limits whose buckets are full.
    pub fn new(settings: &LimitSettings) -> Self {
        let per_s = settings.address_requests_per_s;
        let (key_per_s, key_writes_per_s) = (settings.key_requests_per_s, settings.key_writes_per_s);
        let total_per_s = settings.form_total_per_s;
        Self {
            requests: Limit::new("address", per_s, per_s, SECOND),
            key_requests: Limit::new("key", key_per_s, key_per_s, SECOND),
            key_writes: Limit::new("key-writes", key_writes_per_s, key_writes_per_s, SECOND),
            wrong_keys: Limit::new("wrong-keys", WRONG_KEYS_PER_MINUTE, WRONG_KEYS_PER_MINUTE, MINUTE),
            form: Limit::new("form", settings.form_burst, settings.form_per_10_min, FORM_WINDOW),
            form_total: Limit::new("form-total", total_per_s, total_per_s, SECOND),
            bodies: BodyMemory::new(settings.bodies_bytes_max),
        }
    }

    /// Returns whether requests per address are limited.
    pub fn limits_requests(&self) -> bool {
        self.requests.is_some()
    }

    /// Counts a request without an API key. Returns the headers of its response, or `None` without a limit.
    ///
    /// # Errors
    /// 429 if the address has sent too many requests.
    pub fn admit_request(&self, address: IpAddr, now: Instant) -> Result<Option<LimitHeaders>, Problem> {
        self.admit(self.requests.as_ref(), address.into(), now)
    }

    /// Counts a request with a valid API key. Returns the headers of its response, or `None` without a limit.
    ///
    /// # Errors
    /// 429 if the key has sent too many requests.
    pub fn admit_read(&self, key: KeyId, now: Instant) -> Result<Option<LimitHeaders>, Problem> {
        self.admit(self.key_requests.as_ref(), key, now)
    }

    /// Counts a request with a valid API key that changes something. Returns the headers of its response.
    ///
    /// # Errors
    /// 429 if the key has sent too many requests, or too many that change something.
    pub fn admit_write(&self, key: KeyId, now: Instant) -> Result<Option<LimitHeaders>, Problem> {
        let headers = self.admit_read(key, now)?;
        Ok(self.admit(self.key_writes.as_ref(), key, now)?.or(headers))
    }

    /// Counts a request with a wrong API key. This limit is always on: it slows down guessing, but locks no key.
    ///
    /// # Errors
    /// 429 if the address has sent too many wrong keys.
    pub fn admit_wrong_key(&self, address: IpAddr, now: Instant) -> Result<(), Problem> {
        self.admit(self.wrong_keys.as_ref(), address.into(), now).map(|_| ())
    }

    /// Counts a valid booking from the form.
    ///
    /// # Errors
    /// 429 if the address has sent too many bookings; 503 if all addresses together have.
    pub fn admit_form(&self, address: IpAddr, now: Instant) -> Result<(), Problem> {
        if let Some(limit) = &self.form {
            let taken = limit.buckets.take(address.into(), now);
            taken.map_err(|exhausted| reject(limit, exhausted))?;
        }
        if let Some(limit) = &self.form_total {
            let taken = limit.buckets.take((), now);
            taken.map_err(|_| {
                log(limit.name);
                Problem::new(ProblemCode::Overloaded)
            })?;
        }
        Ok(())
    }

    fn admit<P: Eq + std::hash::Hash>(
        &self,
        limit: Option<&Limit<P>>,
        principal: P,
        now: Instant,
    ) -> Result<Option<LimitHeaders>, Problem> {
        let Some(limit) = limit else { return Ok(None) };
        match limit.buckets.take(principal, now) {
            Ok(taken) => {
                Ok(Some(limit.headers(taken.remaining, taken.full_at.saturating_duration_since(now))))
            }
            Err(exhausted) => Err(reject(limit, exhausted)),
        }
    }
}

fn reject<P>(limit: &Limit<P>, exhausted: Exhausted) -> Problem {
    log(limit.name);
    let seconds = whole_seconds(exhausted.wait);
    let LimitHeaders { limit, policy } = limit.headers(0, exhausted.wait);
    Problem::new(ProblemCode::RateLimited)
        .with_detail(format!("This request saved nothing. Send it again after {seconds} s."))
        .with_header(RATE_LIMIT, limit)
        .with_header(RATE_LIMIT_POLICY, policy)
        .with_header(RETRY_AFTER, HeaderValue::from(seconds))
}

/// Counts and logs a rejection. The log names no address.
fn log(limit: &'static str) {
    metrics::counter!("hermes_limited_requests_total", "limit" => limit).increment(1);
    log::warn!(target: "hermes::security", event = "limited", limit = limit; "requests exceed the limit {limit}");
}

impl<P: Eq + std::hash::Hash> Limit<P> {
    fn new(name: &'static str, burst: u32, count: u32, window: Duration) -> Option<Self> {
        let buckets = Buckets::new(Quota::new(burst, count, window)?);
        let burst_parameter = if burst == count { String::new() } else { format!(";burst={burst}") };
        let policy = format!("\"{name}\";q={count};w={}{burst_parameter}", window.as_secs());
        Some(Self { name, buckets, policy: HeaderValue::try_from(policy).ok()? })
    }
}

impl<P> Limit<P> {
    fn headers(&self, remaining: u32, reset: Duration) -> LimitHeaders {
        let limit = format!("\"{}\";r={remaining};t={}", self.name, whole_seconds(reset));
        LimitHeaders {
            // The text is visible ASCII.
            limit: HeaderValue::try_from(limit).unwrap_or(HeaderValue::from_static("")),
            policy: self.policy.clone(),
        }
    }
}

impl LimitHeaders {
    /// Adds the headers to a response that has none of them.
    pub(crate) fn add_to(self, headers: &mut HeaderMap) {
        if !headers.contains_key(RATE_LIMIT) {
            headers.insert(RATE_LIMIT, self.limit);
            headers.insert(RATE_LIMIT_POLICY, self.policy);
        }
    }
}

/// Rounds up, so that a client that waits this long is not too early.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn code(result: Result<(), Problem>) -> Option<&'static str> {
        result.err().map(|problem| problem.code.as_str())
    }

    #[test]
    fn the_headers_name_the_policy_and_what_is_left() {
        let limits = Limits::new(&LimitSettings { address_requests_per_s: 2, ..LimitSettings::default() });
        let now = Instant::now();
        let headers = limits.admit_request(ADDRESS, now).unwrap().unwrap();
        assert_eq!(
            (headers.limit, headers.policy),
            (
                HeaderValue::from_static("\"address\";r=1;t=1"),
                HeaderValue::from_static("\"address\";q=2;w=1"),
            )
        );
        limits.admit_request(ADDRESS, now).unwrap();
        assert_eq!(limits.admit_request(ADDRESS, now).unwrap_err().code, ProblemCode::RateLimited);
        assert!(limits.admit_request(ADDRESS, now + SECOND).is_ok());
    }

    #[test]
    fn one_address_waits_at_most_a_minute_for_its_next_booking() {
        let settings = LimitSettings { form_burst: 5, form_per_10_min: 10, ..LimitSettings::default() };
        let (limits, start) = (Limits::new(&settings), Instant::now());
        for _ in 0..5 {
            limits.admit_form(ADDRESS, start).unwrap();
        }
        assert_eq!(code(limits.admit_form(ADDRESS, start)), Some("rate-limited"));
        for minute in 1..=10 {
            let now = start + minute * Duration::from_secs(60);
            assert_eq!(code(limits.admit_form(ADDRESS, now)), None);
            assert_eq!(code(limits.admit_form(ADDRESS, now)), Some("rate-limited"));
        }
    }

    #[test]
    fn all_addresses_share_the_total_of_the_form() {
        let limits = Limits::new(&LimitSettings { form_total_per_s: 20, ..LimitSettings::default() });
        let now = Instant::now();
        let admitted = (0..30).filter(|_| limits.admit_form(ADDRESS, now).is_ok()).count();
        assert_eq!(admitted, 20);
        assert_eq!(code(limits.admit_form(ADDRESS, now)), Some("overloaded"));
    }

    #[test]
    fn a_limit_of_zero_is_off() {
        let limits = Limits::new(&LimitSettings::default());
        assert!(!limits.limits_requests());
        for _ in 0..1_000 {
            assert!(limits.admit_request(ADDRESS, Instant::now()).unwrap().is_none());
            assert!(limits.admit_form(ADDRESS, Instant::now()).is_ok());
        }
    }
}
