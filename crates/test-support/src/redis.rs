//! Private Redis servers.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::folder::Folder;
use crate::poll::poll;
use crate::port::Port;
use crate::program;
use crate::requirement::missing;
use crate::resp;
use crate::supervised::Supervised;

const PROGRAM_VARIABLE: &str = "HERMES_TEST_REDIS_SERVER";

/// How long a server may take to start; usual are a few milliseconds.
const START_MAX: Duration = Duration::from_secs(30);

/// What `SAVE` writes, in the folder of the server.
const DUMP: &str = "dump.rdb";

/// A private Redis on a port of its own, without persistence: [`RedisServer::stop`] loses everything.
///
/// It is killed when it is dropped, and when the process ends in any other way.
#[derive(Debug)]
pub struct RedisServer {
    // The order matters: the process ends before its folder goes.
    process: Option<Supervised>,
    serve: Command,
    port: Port,
    folder: Folder,
    /// What connections must say first; a server that starts has none.
    password: Option<String>,
}

/// Starts a Redis for one test. `None` if none is installed.
pub async fn redis() -> Option<RedisServer> {
    let Some(program) = program::find(PROGRAM_VARIABLE, &["redis-server"], |_| true) else {
        let reason = "no redis-server on the PATH (install redis-server, or set HERMES_TEST_REDIS_SERVER)";
        return missing("redis", reason);
    };
    let (folder, port) = (Folder::new("redis"), Port::take());
    let mut serve = Command::new(program);
    serve.args(["--port", &port.number().to_string(), "--bind", "127.0.0.1"]);
    serve
        .args(["--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0", "--dir"])
        .arg(folder.path());
    let mut server = RedisServer { process: None, serve, port, folder, password: None };
    server.start().await;
    Some(server)
}

impl RedisServer {
    /// The URL of the server: `redis://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port())
    }

    /// The TCP port on 127.0.0.1; it stays the same over stops and starts.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// Kills the server (SIGKILL), as a crash would; does nothing if it does not run.
    pub fn stop(&mut self) {
        self.process = None;
        self.password = None;
    }

    /// Throws away what `SAVE` has kept, so that the next start begins with nothing.
    pub fn discard_dump(&self) {
        match fs::remove_file(self.folder.path().join(DUMP)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{DUMP}: {error}"),
            Ok(()) | Err(_) => {}
        }
    }

    /// Starts the server again if it was stopped, on the same port.
    ///
    /// It is empty, unless `SAVE` was sent with [`RedisServer::cli`] before: then it has what it had at that moment,
    /// like a server restored from an old dump.
    pub async fn start(&mut self) {
        if self.process.is_some() {
            return;
        }
        let port = self.port();
        let process = self.process.insert(Supervised::start(&self.serve, &self.folder.path().join("log")));
        let answer = poll(START_MAX, async || match process.ended() {
            Some(_) => Some(false),
            None => resp::ask(port, None, &["PING"]).is_ok().then_some(true),
        });
        assert_eq!(answer.await, Some(true), "redis-server did not start:\n{}", process.log());
    }

    /// Stops the server in its tracks (SIGSTOP): connections stay open, nothing answers.
    pub fn pause(&mut self) {
        self.process.as_mut().expect("only a running server can be paused").pause();
    }

    /// Lets a paused server go on.
    pub fn resume(&mut self) {
        self.process.as_mut().expect("only a running server can be resumed").resume();
    }

    /// Sends one command and returns the answer as text, as `redis-cli` prints it into a pipe: nil is empty, the
    /// elements of an array stand on lines.
    ///
    /// Panics if the answer is an error, or if there is none within five seconds.
    pub fn cli(&self, command: &[&str]) -> String {
        let answer = resp::ask(self.port(), self.password.as_deref(), command);
        answer.unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    /// Becomes a replica of another server, and returns once it has what that one has.
    pub async fn follow(&self, primary: &Self) {
        self.cli(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]);
        let is_up = |info: String| info.contains("master_link_status:up").then_some(());
        let up = poll(START_MAX, async || is_up(self.cli(&["INFO", "replication"]))).await;
        assert!(up.is_some(), "a replica does not reach its primary");
    }

    /// Becomes a primary of its own, with what it has.
    pub fn promote(&self) {
        self.cli(&["REPLICAOF", "NO", "ONE"]);
    }

    /// Asks for a password from now on, and ends every connection, so that all must say it. [`RedisServer::cli`]
    /// knows it.
    pub fn lock(&mut self, password: &str) {
        self.cli(&["CONFIG", "SET", "requirepass", password]);
        self.password = Some(password.to_owned());
        self.cli(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    }

    /// Asks for no password any more.
    pub fn unlock(&mut self) {
        self.cli(&["CONFIG", "SET", "requirepass", ""]);
        self.password = None;
    }
}

#[cfg(test)]
mod tests;
