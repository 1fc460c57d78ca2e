//! Requests to any of the instances, each of which may be dead at any moment.

use std::time::Duration;

use actix_web::web::Bytes;
use serde_json::Value;

use crate::support::{Answer as Response, HttpClient};

/// How long an answer may take before the request counts as broken off. Hermes gives up earlier by itself, unless it
/// stands still.
const ANSWER_DEADLINE: Duration = Duration::from_secs(8);

/// A client of all instances.
pub struct Client {
    http: HttpClient,
    ports: Vec<u16>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub etag: String,
    pub tier: String,
    pub version: String,
    pub is_verified: bool,
    pub is_replay: bool,
    pub body: Bytes,
}

impl Client {
    pub fn to(ports: Vec<u16>) -> Self {
        let http = HttpClient::new(ANSWER_DEADLINE);
        Self { http, ports }
    }

    /// Any instance.
    pub fn any(&self, random: &mut fastrand::Rng) -> usize {
        random.usize(..self.ports.len())
    }

    /// Gets a resource, if it is not the one of an ETag; the error says how the request broke off.
    pub async fn get(&self, instance: usize, path: &str, etag: Option<&str>) -> Result<Answer, String> {
        let headers: Vec<_> = etag.map(|etag| ("If-None-Match", etag)).into_iter().collect();
        Answer::from_response(self.http.send("GET", &self.url(instance, path), &headers, None).await)
    }

    /// Books a payment under a key.
    pub async fn book(&self, instance: usize, key: &str, booking: &Value) -> Result<Answer, String> {
        let headers = [("Idempotency-Key", key), ("Content-Type", "application/json")];
        let url = self.url(instance, "/api/bookings");
        Answer::from_response(self.http.send("POST", &url, &headers, Some(booking.to_string())).await)
    }

    fn url(&self, instance: usize, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.ports[instance])
    }
}

impl Answer {
    fn from_response(response: Result<Response, ureq::Error>) -> Result<Self, String> {
        let response = response.map_err(|error| error.to_string())?;
        let header = |name: &str| response.header(name).to_owned();
        Ok(Self {
            status: response.status,
            etag: header("ETag"),
            tier: header("Hermes-Cache"),
            version: header("Hermes-Version"),
            is_verified: header("Hermes-Freshness") != "unverified",
            is_replay: header("Idempotency-Replayed") == "true",
            body: response.body.into(),
        })
    }

    /// The status and what is said with it, for people.
    pub fn tell(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let short: String = text.chars().take(300).collect();
        format!("{} {short}", self.status)
    }
}
