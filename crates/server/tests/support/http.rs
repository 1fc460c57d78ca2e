//! An HTTP client for tests. `ureq` blocks, so requests run on the blocking pool.

use std::time::Duration;

use super::Answer;

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
    ) -> Result<Answer, ureq::Error> {
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
            Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
        };
        tokio::task::spawn_blocking(run).await.expect("the request task panicked")
    }
}
