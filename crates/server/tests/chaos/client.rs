//! An HTTP client of all instances, each of which can be down at any moment.

use std::time::Duration;

use serde_json::Value;

use crate::support::{HttpClient, Response};

/// The time limit of a response. Hermes gives up earlier, unless the instance is paused.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(8);

pub struct Client {
    http: HttpClient,
    ports: Vec<u16>,
}

impl Client {
    pub fn new(ports: Vec<u16>) -> Self {
        Self { http: HttpClient::new(RESPONSE_TIMEOUT), ports }
    }

    /// Returns the number of a random instance.
    pub fn random_instance(&self, random: &mut fastrand::Rng) -> usize {
        random.usize(..self.ports.len())
    }

    /// Sends a GET request, with `If-None-Match` if an ETag is given.
    pub async fn get(&self, instance: usize, path: &str, etag: Option<&str>) -> Result<Response, String> {
        let headers: Vec<_> = etag.map(|etag| ("If-None-Match", etag)).into_iter().collect();
        self.send("GET", instance, path, &headers, None).await
    }

    /// Books a payment with an idempotency key.
    pub async fn book(&self, instance: usize, key: &str, booking: &Value) -> Result<Response, String> {
        let headers = [("Idempotency-Key", key), ("Content-Type", "application/json")];
        self.send("POST", instance, "/api/bookings", &headers, Some(booking.to_string())).await
    }

    /// # Errors
    /// If there is no complete response.
    async fn send(
        &self,
        method: &str,
        instance: usize,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Result<Response, String> {
        let url = format!("http://127.0.0.1:{}{path}", self.ports[instance]);
        self.http.send(method, &url, headers, body).await.map_err(|error| error.to_string())
    }
}

/// Returns the status and the start of the body.
pub fn describe(response: &Response) -> String {
    let body: String = String::from_utf8_lossy(&response.body).chars().take(300).collect();
    format!("{} {body}", response.status)
}
