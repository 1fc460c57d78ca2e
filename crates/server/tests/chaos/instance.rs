//! One `hermes` process: started, killed, paused, started again on the same ports.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use hermes_test_support::Port;

/// One instance and what it is started with.
pub struct Instance {
    pub name: String,
    pub ports: [Port; 2],
    pub variables: Vec<(&'static str, String)>,
    /// Where it is started and where its log is.
    pub folder: PathBuf,
    pub child: Option<Child>,
}

impl Instance {
    /// The port of the portal.
    pub fn port(&self) -> u16 {
        self.ports[0].number()
    }

    /// Starts the process, which is not ready then.
    pub fn spawn(&mut self) {
        let log = File::options().create(true).append(true).open(self.log_file()).unwrap();
        let mut command = self.command();
        command.env("PORT", self.ports[0].number().to_string());
        command.env("DASHBOARD_PORT", self.ports[1].number().to_string());
        self.child = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap());
    }

    /// Kills the process (SIGKILL), if there is one.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ended_already = child.kill();
            child.wait().unwrap();
        }
    }

    /// Whether the process has ended by itself, or was never started.
    pub fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some())
    }

    /// Stops the process in its tracks (`STOP`) or lets it go on (`CONT`).
    pub fn signal(&self, signal: &str) {
        let Some(child) = &self.child else { return };
        let sent = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
        assert!(sent.unwrap().success(), "{} cannot be signalled", self.name);
    }

    /// Runs another subcommand with the same configuration, to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hermes"));
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(&self.folder);
        command
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.kill();
    }
}
