//! Servers that never outlive the test process.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Runs the server as its child, says its process id, passes on the signals it is told, and kills the server when
/// the pipe closes. It ends when the server has ended and been waited for, so a signal never hits a stranger who
/// got the same process id.
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

/// How long the kernel may take to stop all threads of a server.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// A running server under a guard process that kills it when this value is dropped or this process ends.
#[derive(Debug)]
pub(crate) struct Supervised {
    supervisor: Child,
    replies: BufReader<ChildStdout>,
    server_id: u32,
    log: PathBuf,
}

/// A shell that runs `script` with a pipe as its standard input, and that nothing but the end of that pipe ends.
///
/// It has a process group of its own because Ctrl-C in a terminal goes to the whole group of the tests, and it
/// ignores SIGHUP because the kernel sends that to a group with a paused process when its parent ends.
pub(crate) fn guard_command(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("trap '' HUP INT TERM\n{script}")).arg("hermes-test-guard");
    command.stdin(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    command
}

impl Supervised {
    /// Starts the program of `command` with its arguments; what it prints is appended to the file `log`.
    pub(crate) fn start(command: &Command, log: &Path) -> Self {
        let mut guard = guard_command(SCRIPT);
        guard.arg(log).arg(command.get_program()).args(command.get_args()).stdout(Stdio::piped());
        let mut supervisor = guard.spawn().expect("there is a shell");
        let mut replies = BufReader::new(supervisor.stdout.take().expect("it is a pipe"));
        let mut first = String::new();
        replies.read_line(&mut first).expect("the supervisor speaks");
        let server_id = first.trim().parse().expect("the supervisor says the process id first");
        Self { supervisor, replies, server_id, log: log.to_path_buf() }
    }

    /// The exit status of the server if it has ended; success is `true`.
    pub(crate) fn ended(&mut self) -> Option<bool> {
        self.supervisor.try_wait().expect("the supervisor is our child").map(|status| status.success())
    }

    /// Stops the server in its tracks (SIGSTOP); returns when it stands still.
    pub(crate) fn pause(&mut self) {
        self.signal("STOP");
        let deadline = Instant::now() + PAUSE_MAX;
        while !self.stands_still() {
            assert!(Instant::now() < deadline, "process {} does not stop", self.server_id);
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Lets a paused server go on (SIGCONT).
    pub(crate) fn resume(&mut self) {
        self.signal("CONT");
    }

    /// What the server has printed.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    fn signal(&mut self, name: &str) {
        let mut reply = String::new();
        let signals = self.supervisor.stdin.as_mut().expect("it is a pipe");
        let sent = writeln!(signals, "{name}").and_then(|()| self.replies.read_line(&mut reply));
        let understood = sent.is_ok() && reply.trim() == name;
        assert!(understood, "the server ended by itself before {name}:\n{}", self.log());
    }

    /// A busy machine may take a while to bring a stop to every thread. Where there is no `/proc` the answer is
    /// yes at once, which is true within microseconds.
    fn stands_still(&self) -> bool {
        let Ok(stat) = fs::read_to_string(format!("/proc/{}/stat", self.server_id)) else {
            return true;
        };
        // The name of the program stands in parentheses and may hold anything; the state follows it.
        stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('T'))
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        // Waiting closes the pipe first, and the supervisor ends after its server.
        let _ = self.supervisor.wait();
    }
}
