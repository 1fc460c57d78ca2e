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

/// The time limit of a start, which usually takes a few milliseconds.
const START_MAX: Duration = Duration::from_secs(30);

/// The file that `SAVE` writes.
const DUMP: &str = "dump.rdb";

/// A private Redis with its own port and no persistence. [`RedisServer::stop`] loses all data.
///
/// The server is killed on drop, or when the process ends.
#[derive(Debug)]
pub struct RedisServer {
    // Drop order: the process ends before its folder is removed.
    process: Option<Supervised>,
    serve: Command,
    port: Port,
    folder: Folder,
    /// The password of connections. A new server has none.
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
    /// Returns the URL of the server: `redis://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port())
    }

    /// Returns the TCP port on 127.0.0.1, which restarts do not change.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// Deletes the folder of the running server, so that it cannot save.
    pub fn delete_folder(&self) {
        fs::remove_dir_all(self.folder.path()).expect("the folder can be deleted");
    }

    /// Kills the server (SIGKILL) if it runs.
    pub fn stop(&mut self) {
        self.process = None;
        self.password = None;
    }

    /// Deletes the dump of `SAVE`, so the next start has no data.
    pub fn discard_dump(&self) {
        match fs::remove_file(self.folder.path().join(DUMP)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{DUMP}: {error}"),
            Ok(()) | Err(_) => {}
        }
    }

    /// Starts a stopped server on the same port.
    ///
    /// The server is empty. If `SAVE` was sent with [`RedisServer::cli`], the server has the data of that moment, like a
    /// server restored from an old dump.
    pub async fn start(&mut self) {
        if self.process.is_some() {
            return;
        }
        let port = self.port();
        let process = self.process.insert(Supervised::start(&self.serve, &self.folder.path().join("log")));
        let started = poll(START_MAX, async || match process.ended() {
            Some(_) => Some(false),
            None => resp::send(port, None, &["PING"]).is_ok().then_some(true),
        });
        assert_eq!(started.await, Some(true), "redis-server did not start:\n{}", process.log());
    }

    /// Pauses the server (SIGSTOP). Connections stay open and hang.
    pub fn pause(&mut self) {
        self.process.as_mut().expect("only a running server can be paused").pause();
    }

    /// Resumes a paused server.
    pub fn resume(&mut self) {
        self.process.as_mut().expect("only a running server can be resumed").resume();
    }

    /// Sends one command and returns the reply as `redis-cli` prints it into a pipe. Nil is empty, and each element of an
    /// array is a line.
    ///
    /// # Panics
    /// If the reply is an error, or takes longer than five seconds.
    pub fn cli(&self, command: &[&str]) -> String {
        let reply = resp::send(self.port(), self.password.as_deref(), command);
        reply.unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    /// Makes this server a replica of another one. Returns once their data are equal.
    pub async fn follow(&self, primary: &Self) {
        self.cli(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]);
        let is_up = |info: String| info.contains("master_link_status:up").then_some(());
        let up = poll(START_MAX, async || is_up(self.cli(&["INFO", "replication"]))).await;
        assert!(up.is_some(), "a replica does not reach its primary");
    }

    /// Makes this server a primary with its current data.
    pub fn promote(&self) {
        self.cli(&["REPLICAOF", "NO", "ONE"]);
    }

    /// Requires a password and closes every connection. [`RedisServer::cli`] knows the password.
    pub fn lock(&mut self, password: &str) {
        self.cli(&["CONFIG", "SET", "requirepass", password]);
        self.password = Some(password.to_owned());
        self.cli(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    }

    /// Removes the password.
    pub fn unlock(&mut self) {
        self.cli(&["CONFIG", "SET", "requirepass", ""]);
        self.password = None;
    }
}

#[cfg(test)]
mod tests;
