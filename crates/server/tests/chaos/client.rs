//! Requests to any of the instances, each of which may be dead at any moment.

use std::time::Duration;

use actix_web::web::Bytes;
use awc::http::StatusCode;
use serde_json::Value;

/// How long an answer may take before the request counts as broken off. Hermes gives up earlier by itself, unless it
/// stands still.
const ANSWER_DEADLINE: Duration = Duration::from_secs(8);
/// The largest body that is expected, in bytes.
const BODY_MAX: usize = 16 * 1024 * 1024;

/// A client of all instances.
pub struct Client {
    http: awc::Client,
    ports: Vec<u16>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub etag: String,
    pub tier: String,
    pub version: String,
    pub is_anchored: bool,
    pub is_replay: bool,
    pub body: Bytes,
}

impl Client {
    pub fn to(ports: Vec<u16>) -> Self {
        let http = awc::Client::builder().disable_redirects().timeout(ANSWER_DEADLINE).finish();
        Self { http, ports }
    }

    /// Any instance.
    pub fn any(&self, random: &mut fastrand::Rng) -> usize {
        random.usize(..self.ports.len())
    }

    /// Gets a resource, if it is not the one of an ETag; the error says how the request broke off.
    pub async fn get(&self, instance: usize, path: &str, etag: Option<&str>) -> Result<Answer, String> {
        let mut request = self.http.get(self.url(instance, path));
        if let Some(etag) = etag {
            request = request.insert_header(("If-None-Match", etag));
        }
        Answer::read(request.send().await).await
    }

    /// Books a payment under a key.
    pub async fn book(&self, instance: usize, key: &str, booking: &Value) -> Result<Answer, String> {
        let request = self.http.post(self.url(instance, "/api/bookings"));
        Answer::read(request.insert_header(("Idempotency-Key", key)).send_json(booking).await).await
    }

    fn url(&self, instance: usize, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.ports[instance])
    }
}

impl Answer {
    async fn read<S>(
        sent: Result<awc::ClientResponse<S>, awc::error::SendRequestError>,
    ) -> Result<Self, String>
    where
        S: futures_core::Stream<Item = Result<Bytes, awc::error::PayloadError>>,
    {
        let mut response = sent.map_err(|error| error.to_string())?;
        let body = response.body().limit(BODY_MAX).await.map_err(|error| error.to_string())?;
        let header = |name: &str| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        Ok(Self {
            status: response.status(),
            etag: header("ETag"),
            tier: header("Hermes-Cache"),
            version: header("Hermes-Version"),
            is_anchored: header("Hermes-Freshness") != "unverified",
            is_replay: header("Idempotency-Replayed") == "true",
            body,
        })
    }

    /// The status and what is said with it, for people.
    pub fn tell(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let short: String = text.chars().take(300).collect();
        format!("{} {short}", self.status.as_u16())
    }
}
