//! A `hermes` process: started, signalled, killed and started again on the same ports.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use hermes_test_support::Port;

/// The program under test, such as an optimised one. By default, the one that was built with the tests.
pub const PROGRAM_VARIABLE: &str = "HERMES_TEST_PROGRAM";

/// A process and everything needed to start it again. It is killed when this value is dropped.
pub struct HermesProcess {
    pub variables: Vec<(&'static str, String)>,
    /// A shell command to run first in the process, such as `ulimit -n 1024`.
    pub prepare: &'static str,
    folder: PathBuf,
    log_file: PathBuf,
    ports: [Port; 2],
    child: Option<Child>,
}

impl HermesProcess {
    /// Prepares a process that is not started yet, with two free ports.
    pub fn new(name: &str, folder: PathBuf, mut variables: Vec<(&'static str, String)>) -> Self {
        let ports = [Port::take(), Port::take()];
        variables.push(("PORT", ports[0].number().to_string()));
        variables.push(("DASHBOARD_PORT", ports[1].number().to_string()));
        let log_file = folder.join(format!("{name}.log"));
        Self { variables, prepare: "true", folder, log_file, ports, child: None }
    }

    pub fn port(&self) -> u16 {
        self.ports[0].number()
    }

    pub fn dashboard_port(&self) -> u16 {
        self.ports[1].number()
    }

    /// Returns the id of the running process.
    pub fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Starts the process and returns before it is ready.
    pub fn spawn(&mut self) {
        let log = File::options().create(true).append(true).open(&self.log_file).unwrap();
        self.child = Some(self.command().stdout(Stdio::null()).stderr(log).spawn().unwrap());
    }

    /// Kills the process with SIGKILL, if it is running.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Fails if the process has already exited.
            let _ = child.kill();
            child.wait().unwrap();
        }
    }

    /// Returns the largest amount of memory that the process has used, in KiB.
    pub fn peak_memory_kib(&self) -> u64 {
        self.memory_kib("VmHWM:")
    }

    /// Returns the amount of memory that the process uses, in KiB.
    pub fn resident_memory_kib(&self) -> u64 {
        self.memory_kib("VmRSS:")
    }

    /// Returns the processor time that the process has used.
    pub fn processor_time(&self) -> Duration {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.id())).unwrap();
        let nanoseconds = threads.map(|thread| {
            let times = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap_or_default();
            // A thread that has just ended has no file.
            times.split(' ').next().unwrap().parse::<u64>().unwrap_or(0)
        });
        Duration::from_nanos(nanoseconds.sum())
    }

    fn memory_kib(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Sends a signal, such as `TERM`, `STOP` or `CONT`.
    pub fn signal(&self, signal: &str) {
        let Some(child) = &self.child else { return };
        let sent = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
        assert!(sent.unwrap().success(), "cannot send {signal}");
    }

    /// Waits until the process has exited.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.as_mut().unwrap().wait().unwrap()
    }

    /// Returns the exit status, or `None` while the process is running.
    pub fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.as_mut().and_then(|child| child.try_wait().unwrap())
    }

    /// Runs another subcommand with the same configuration.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }

    /// Runs another subcommand and returns what it printed on standard output.
    pub fn stdout_of(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.run(arguments).stdout).unwrap()
    }

    /// Checks that `hermes audit verify`, with more arguments, finds nothing.
    #[track_caller]
    pub fn assert_audit_log_is_intact(&self, arguments: &[&str]) {
        let Output { status, stdout, stderr } = self.run(&[&["audit", "verify"], arguments].concat());
        let text = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(status.success(), "audit verify: {text:?}");
    }

    /// Returns the log of all runs so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log_file).unwrap()
    }

    fn command(&self) -> Command {
        let mut command = Command::new("/bin/sh");
        let script = format!("{} && exec \"$0\" \"$@\"", self.prepare);
        command.args(["-c", &script, &program()]);
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(&self.folder).stdin(Stdio::null());
        command
    }
}

fn program() -> String {
    std::env::var(PROGRAM_VARIABLE).unwrap_or_else(|_| env!("CARGO_BIN_EXE_hermes").to_owned())
}

impl Drop for HermesProcess {
    fn drop(&mut self) {
        self.kill();
    }
}
