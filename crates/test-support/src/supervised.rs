//! Server processes that never outlive the test process.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Runs the server as its child, prints its process id, forwards the signals it reads, and kills the server when the
/// pipe closes. The script ends after it has waited for the server, so a signal never reaches another process with the
/// same id.
const SCRIPT: &str = r#"
log=$1; shift
exec 3<&0
"$@" </dev/null >>"$log" 2>&1 3<&- &
server=$!
echo "$server"
{
    while read -r signal; do kill -"$signal" "$server"; echo "$signal"; done
    kill -KILL "$server"
} <&3 &
watcher=$!
exec 3<&-
wait "$server"
status=$?
kill -KILL "$watcher"
exit "$status"
"#;

/// The time limit of pausing all threads of a server.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// A running server and its guard process, which kills the server on drop or when this process ends.
#[derive(Debug)]
pub(crate) struct Supervised {
    supervisor: Child,
    replies: BufReader<ChildStdout>,
    server_id: u32,
    log: PathBuf,
}

/// Returns a shell that runs `script` with a pipe as its standard input. Only the end of the pipe ends the shell.
///
/// The shell has its own process group, because Ctrl-C signals the whole group of the tests. It ignores SIGHUP, which
/// the kernel sends to a group with a paused process when its parent ends.
pub(crate) fn guard_command(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("trap '' HUP INT TERM\n{script}")).arg("hermes-test-guard");
    command.stdin(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    command
}

impl Supervised {
    /// Starts the program of `command` with its arguments. Its output is appended to the file `log`.
    pub(crate) fn start(command: &Command, log: &Path) -> Self {
        let mut guard = guard_command(SCRIPT);
        guard.arg(log).arg(command.get_program()).args(command.get_args()).stdout(Stdio::piped());
        let mut supervisor = guard.spawn().expect("there is a shell");
        let mut replies = BufReader::new(supervisor.stdout.take().expect("the stream is a pipe"));
        let mut first = String::new();
        replies.read_line(&mut first).expect("the supervisor prints a line");
        let server_id = first.trim().parse().expect("the supervisor prints the process id first");
        Self { supervisor, replies, server_id, log: log.to_path_buf() }
    }

    /// Returns whether the server has succeeded, if it has ended.
    pub(crate) fn ended(&mut self) -> Option<bool> {
        self.supervisor.try_wait().expect("the supervisor is our child").map(|status| status.success())
    }

    /// Pauses the server (SIGSTOP). Returns once all threads are paused.
    pub(crate) fn pause(&mut self) {
        self.signal("STOP");
        let deadline = Instant::now() + PAUSE_MAX;
        while !self.is_paused() {
            assert!(Instant::now() < deadline, "process {} does not stop", self.server_id);
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Resumes a paused server (SIGCONT).
    pub(crate) fn resume(&mut self) {
        self.signal("CONT");
    }

    /// Returns the output of the server.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    fn signal(&mut self, name: &str) {
        let mut reply = String::new();
        let signals = self.supervisor.stdin.as_mut().expect("the stream is a pipe");
        let sent = writeln!(signals, "{name}").and_then(|()| self.replies.read_line(&mut reply));
        let acknowledged = sent.is_ok() && reply.trim() == name;
        assert!(acknowledged, "the server ended before {name}:\n{}", self.log());
    }

    /// Whether every thread is paused. Without `/proc`, returns `true` at once, which holds within microseconds.
    fn is_paused(&self) -> bool {
        let Ok(stat) = fs::read_to_string(format!("/proc/{}/stat", self.server_id)) else {
            return true;
        };
        // The state follows the name of the program, which is in parentheses.
        stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('T'))
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        // Waiting closes the pipe. The supervisor ends after its server.
        let _ = self.supervisor.wait();
    }
}
