//! A running portal and its client.

use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use hermes_domain::access::{ApiKey, Scope};
use serde_json::{Value, json};

use super::contract::OpenApiContract;
use super::metrics::Metrics;
use super::process::HermesProcess;
use super::{HttpClient, Response, TestEnvironment, poll};

const READY_TIMEOUT: Duration = Duration::from_secs(60);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// A portal under test. It dereferences to its process.
pub struct TestApp {
    process: HermesProcess,
    /// For requests that may fail or need other headers.
    pub client: HttpClient,
    contract: Option<OpenApiContract>,
    /// The API key of every request, if any.
    pub key: Option<ApiKey>,
}

impl TestApp {
    /// Starts a portal and waits until it is ready.
    pub async fn start(environment: &TestEnvironment) -> Self {
        Self::start_with(environment, &[]).await
    }

    /// Starts a portal with additional variables and waits until it is ready.
    pub async fn start_with(environment: &TestEnvironment, more: &[(&'static str, &str)]) -> Self {
        let mut variables = environment.variables();
        variables.push(("HERMES__DATABASE__MIGRATE_AT_START", "always".to_owned()));
        variables.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let process = HermesProcess::new("hermes", environment.folder.path().to_owned(), variables);
        let mut app = Self { process, client: HttpClient::new(RESPONSE_TIMEOUT), contract: None, key: None };
        app.restart().await;
        let document = app.get("/api/openapi.json").await.json();
        app.contract = Some(OpenApiContract::new(document));
        app
    }

    /// Starts a portal that has a key with every scope, which is sent with every request.
    pub async fn start_with_key(environment: &TestEnvironment) -> Self {
        let mut app = Self::start(environment).await;
        let scopes = Scope::ALL.iter().map(|scope| scope.as_str());
        let arguments: Vec<_> =
            ["keys", "create", "--name", "test", "--scope"].into_iter().chain(scopes).collect();
        app.key = Some(ApiKey::parse(app.stdout_of(&arguments).trim()).unwrap());
        app
    }

    /// Starts the process again, after it was killed or has exited.
    pub async fn restart(&mut self) {
        self.process.spawn();
        let deadline = Instant::now() + READY_TIMEOUT;
        loop {
            let response = self.client.send("GET", &self.url("/health/ready"), &[], None).await;
            if response.is_ok_and(|response| response.status == 200) {
                return;
            }
            if let Some(status) = self.process.exit_status() {
                panic!("hermes exited with {status}:\n{}", self.log());
            }
            assert!(Instant::now() < deadline, "hermes is not ready:\n{}", self.log());
            actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Starts the process again with another value of one variable; an empty value removes the variable.
    pub async fn restart_with(&mut self, name: &'static str, value: &str) {
        self.variables.retain(|(other, _)| *other != name);
        if !value.is_empty() {
            self.variables.push((name, value.to_owned()));
        }
        self.restart().await;
    }

    pub async fn wait_for_log(&self, text: &str) {
        poll(|| async { self.log().contains(text) }, text).await;
    }

    /// Waits until one client waits for the next event.
    pub async fn wait_for_long_poll(&self) {
        let is_waiting =
            || async { self.dashboard("/metrics").await.text().contains("hermes_feed_waiting 1") };
        poll(is_waiting, "a long poll").await;
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port())
    }

    pub async fn get(&self, path: &str) -> Response {
        self.send("GET", path, &[], None).await
    }

    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Response {
        self.send("POST", path, headers, Some(body.to_string())).await
    }

    pub async fn post_text(&self, path: &str, body: &str) -> Response {
        self.send("POST", path, &[], Some(body.to_owned())).await
    }

    pub async fn patch(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Response {
        self.send("PATCH", path, headers, Some(body.to_string())).await
    }

    /// Books 10 USD for `{payer}@example.org`.
    pub async fn book(&self, payer: &str) -> Response {
        let body = json!({"name": "Ana Ruiz", "email": format!("{payer}@example.org"), "amount": "10"});
        self.post("/api/bookings", &[], &body).await
    }

    /// Returns the number of payments according to the stats.
    pub async fn payment_count(&self) -> i64 {
        self.get("/api/stats").await.expect(200).json()["payments"].as_i64().unwrap()
    }

    /// Returns the references of a list, in its order.
    pub async fn references(&self, path: &str) -> Vec<String> {
        let list = self.get(path).await.expect(200).json();
        let bookings = list.as_array().unwrap().iter();
        bookings.map(|booking| booking["reference"].as_str().unwrap().to_owned()).collect()
    }

    /// Submits a form as a browser does.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let headers = [("Accept", "text/html"), ("Content-Type", "application/x-www-form-urlencoded")];
        let body = serde_urlencoded::to_string(fields).unwrap();
        self.client.send("POST", &self.url(path), &headers, Some(body)).await.unwrap()
    }

    /// Sends a GET request to the port of the dashboard.
    pub async fn dashboard(&self, path: &str) -> Response {
        let url = format!("http://127.0.0.1:{}{path}", self.dashboard_port());
        let authorization = self.authorization();
        let headers: Vec<_> = authorization.iter().map(|value| ("Authorization", value.as_str())).collect();
        self.client.send("GET", &url, &headers, None).await.unwrap().expect(200)
    }

    fn authorization(&self) -> Option<String> {
        self.key.as_ref().map(|key| format!("Bearer {}", key.expose()))
    }

    pub async fn metrics(&self) -> Metrics {
        Metrics::parse(&self.dashboard("/metrics").await.text())
    }

    /// Sends a request and checks the response against the OpenAPI document.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Response {
        let mut headers = headers.to_vec();
        let authorization = self.authorization();
        headers.extend(authorization.as_ref().map(|value| ("Authorization", value.as_str())));
        let has_type = headers.iter().any(|(name, _)| *name == "Content-Type");
        if body.is_some() && !has_type {
            headers.push(("Content-Type", "application/json"));
        }
        let response = self.client.send(method, &self.url(path), &headers, body).await.unwrap();
        let is_documented = ["/api/", "/health"].iter().any(|prefix| path.starts_with(prefix));
        if let Some(contract) = self.contract.as_ref().filter(|_| is_documented) {
            contract.check(method, path, &response);
        }
        response
    }
}

impl Deref for TestApp {
    type Target = HermesProcess;

    fn deref(&self) -> &HermesProcess {
        &self.process
    }
}

impl DerefMut for TestApp {
    fn deref_mut(&mut self) -> &mut HermesProcess {
        &mut self.process
    }
}
