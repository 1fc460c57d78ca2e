//! The process: started, asked, killed, started again.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use hermes_test_support::Port;
use serde_json::Value;

use super::contract::Contract;
use super::{Answer, HttpClient, Stage, poll};

/// How long a process may take until it is ready.
const READY_DEADLINE: Duration = Duration::from_secs(60);
/// How long one answer may take.
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);

/// A running `hermes` with a client.
pub struct Hermes {
    child: Child,
    variables: Vec<(&'static str, String)>,
    folder: PathBuf,
    ports: [Port; 2],
    client: HttpClient,
    contract: Option<Contract>,
}

impl Hermes {
    /// Starts a process on a stage and waits until it is ready.
    pub async fn start(stage: &Stage) -> Self {
        Self::start_with(stage, &[]).await
    }

    /// The same with more variables.
    pub async fn start_with(stage: &Stage, more: &[(&'static str, &str)]) -> Self {
        let ports = [Port::take(), Port::take()];
        let mut variables = stage.environment();
        variables.push(("PORT", ports[0].number().to_string()));
        variables.push(("DASHBOARD_PORT", ports[1].number().to_string()));
        variables.push(("HERMES__DATABASE__MIGRATE_AT_START", "always".to_owned()));
        variables.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let folder = stage.folder.path().to_owned();
        let child = spawn(&variables, &folder);
        let client = HttpClient::new(ANSWER_DEADLINE);
        let mut hermes = Self { child, variables, folder, ports, client, contract: None };
        hermes.wait_until_ready().await;
        let document = hermes.get("/api/openapi.json").await.json();
        hermes.contract = Some(Contract::new(document));
        hermes
    }

    /// Kills the process as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again as it was.
    pub async fn restart(&mut self) {
        self.child = spawn(&self.variables, &self.folder);
        self.wait_until_ready().await;
    }

    /// Starts it again with another value of one variable.
    pub async fn restart_with(&mut self, name: &'static str, value: &str) {
        self.variables.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            self.variables.push((name, value.to_owned()));
        }
        self.restart().await;
    }

    /// Asks it to stop, as a service manager does.
    pub fn ask_to_stop(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Waits until it has ended.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Waits until it has logged a text.
    pub async fn wait_for_log(&self, text: &str) {
        poll(|| async { self.log().contains(text) }, text).await;
    }

    /// Runs another subcommand with the same configuration.
    pub fn run(&self, arguments: &[&str]) -> Output {
        command(&self.variables, &self.folder).args(arguments).output().unwrap()
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("hermes.log")).unwrap()
    }

    /// A client of the portal, for requests whose answers may break off.
    pub fn client(&self) -> HttpClient {
        self.client.clone()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.ports[0].number())
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, None).await
    }

    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.send("POST", path, headers, Some(body.to_string())).await
    }

    pub async fn post_text(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, &[], Some(body.to_owned())).await
    }

    pub async fn patch(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.send("PATCH", path, headers, Some(body.to_string())).await
    }

    /// Sends a form as a browser does.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let headers = [("Accept", "text/html"), ("Content-Type", "application/x-www-form-urlencoded")];
        let body = serde_urlencoded::to_string(fields).unwrap();
        self.client.send("POST", &self.url(path), &headers, Some(body)).await.unwrap()
    }

    /// Asks the dashboard's port.
    pub async fn dashboard(&self, path: &str) -> Answer {
        let url = format!("http://127.0.0.1:{}{path}", self.ports[1].number());
        self.client.send("GET", &url, &[], None).await.unwrap()
    }

    /// Sends a request; the answer is held against the OpenAPI document.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let mut headers = headers.to_vec();
        if body.is_some() {
            headers.push(("Content-Type", "application/json"));
        }
        let answer = self.client.send(method, &self.url(path), &headers, body).await.unwrap();
        let documented = ["/api/", "/health"].iter().any(|prefix| path.starts_with(prefix));
        if let Some(contract) = self.contract.as_ref().filter(|_| documented) {
            contract.check(method, path, &answer);
        }
        answer
    }

    async fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + READY_DEADLINE;
        loop {
            let asked = self.client.send("GET", &self.url("/health/ready"), &[], None).await;
            if asked.is_ok_and(|answer| answer.status == 200) {
                return;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("hermes ended with {status}:\n{}", self.log());
            }
            assert!(Instant::now() < deadline, "hermes is not ready:\n{}", self.log());
            actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Hermes {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended_already = self.child.wait();
    }
}

fn spawn(variables: &[(&'static str, String)], folder: &std::path::Path) -> Child {
    let log = File::options().create(true).append(true).open(folder.join("hermes.log")).unwrap();
    command(variables, folder).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

fn command(variables: &[(&'static str, String)], folder: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hermes"));
    command.env_clear().envs(variables.iter().map(|(name, value)| (name, value))).current_dir(folder);
    command.stdin(Stdio::null());
    command
}
