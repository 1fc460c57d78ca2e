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
    serve.args(["--save", "", "--appendonly", "no", "--dir"]).arg(folder.path());
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
mod tests {
    use super::redis;

    #[tokio::test]
    async fn a_stopped_server_comes_back_empty_on_the_same_port() {
        let Some(mut redis) = redis().await else { return };
        let url = redis.url();
        redis.cli(&["SET", "word", "here"]);

        redis.stop();
        assert!(std::net::TcpStream::connect(("127.0.0.1", redis.port())).is_err());
        redis.start().await;

        assert_eq!(redis.url(), url);
        assert_eq!(redis.cli(&["GET", "word"]), "");
    }

    #[tokio::test]
    async fn a_saved_dump_comes_back_without_what_was_written_after_it() {
        let Some(mut redis) = redis().await else { return };
        redis.cli(&["SET", "word", "old"]);
        redis.cli(&["SAVE"]);
        redis.cli(&["SET", "word", "new"]);

        redis.stop();
        redis.start().await;

        assert_eq!(redis.cli(&["GET", "word"]), "old");
    }

    #[tokio::test]
    async fn a_discarded_dump_does_not_come_back() {
        let Some(mut redis) = redis().await else { return };
        redis.cli(&["SET", "word", "old"]);
        redis.cli(&["SAVE"]);

        redis.stop();
        redis.discard_dump();
        redis.start().await;

        assert_eq!(redis.cli(&["DBSIZE"]), "0");
        redis.discard_dump();
    }

    #[tokio::test]
    async fn a_locked_server_lets_in_who_knows_the_password_until_it_is_unlocked() {
        let Some(mut redis) = redis().await else { return };
        let stranger = |port| crate::resp::ask(port, None, &["PING"]);

        redis.lock("correct-horse");
        assert!(stranger(redis.port()).unwrap_err().to_string().starts_with("NOAUTH"));
        assert_eq!(redis.cli(&["PING"]), "PONG");
        redis.unlock();

        assert_eq!(stranger(redis.port()).unwrap(), "PONG");
    }

    #[tokio::test]
    async fn locking_ends_the_connections_that_are_open() {
        let Some(mut redis) = redis().await else { return };
        let mut open = std::net::TcpStream::connect(("127.0.0.1", redis.port())).unwrap();

        redis.lock("correct-horse");

        open.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        assert!(matches!(std::io::Read::read(&mut open, &mut [0]), Ok(0) | Err(_)));
        redis.stop();
        redis.start().await;
        assert_eq!(redis.cli(&["PING"]), "PONG");
    }

    #[tokio::test]
    async fn a_paused_server_answers_when_it_is_resumed() {
        let Some(mut redis) = redis().await else { return };
        let port = redis.port();

        redis.pause();
        let answer = tokio::task::spawn_blocking(move || crate::resp::ask(port, None, &["PING"]));
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert!(!answer.is_finished());
        redis.resume();

        assert_eq!(answer.await.unwrap().unwrap(), "PONG");
    }

    #[tokio::test]
    async fn two_servers_are_separate() {
        let (Some(one), Some(other)) = (redis().await, redis().await) else {
            return;
        };
        one.cli(&["SET", "word", "here"]);
        assert_eq!(other.cli(&["DBSIZE"]), "0");
    }
}
