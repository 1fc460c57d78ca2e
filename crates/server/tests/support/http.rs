//! An HTTP client for tests. `ureq` blocks, so requests run on the blocking pool.

use std::time::Duration;

use serde_json::Value;
use ureq::http::HeaderMap;

/// The largest body that tests expect, in bytes.
const MAX_BODY: u64 = 64 * 1024 * 1024;

/// A client with its own connections; clones share them.
#[derive(Debug, Clone)]
pub struct HttpClient(ureq::Agent);

impl HttpClient {
    /// Creates a client whose requests, including the body, take at most `timeout`.
    pub fn new(timeout: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None);
        Self(config.build().into())
    }

    /// Sends a request and reads the response to its end.
    ///
    /// # Errors
    /// If there is no complete response in time.
    pub async fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Result<Response, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let agent = self.0.clone();
        let run = move || {
            let mut response = match body {
                Some(body) => agent.run(request.body(body)?)?,
                None => agent.run(request.body(())?)?,
            };
            let body = response.body_mut().with_config().limit(MAX_BODY).read_to_vec()?;
            Ok(Response { status: response.status().as_u16(), headers: response.headers().clone(), body })
        };
        tokio::task::spawn_blocking(run).await.expect("the request task panicked")
    }
}

/// A complete response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Response {
    /// Returns the value of a header, or an empty string.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn is_replay(&self) -> bool {
        self.header("Idempotency-Replayed") == "true"
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// Checks the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// Returns the target of the first link in the `Link` header.
    pub fn first_link(&self) -> String {
        self.header("Link").split('>').next().unwrap().trim_start_matches('<').to_owned()
    }

    /// Returns the `pointer` of each error of a problem.
    pub fn pointers(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
    }
}
