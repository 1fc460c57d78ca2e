//! A private MariaDB or MySQL server.

use std::ffi::OsString;
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::folder::Folder;
use crate::login::Login;
use crate::poll::poll;
use crate::port::Port;
use crate::supervised::Supervised;
use crate::table_lock::TableLock;
use crate::test_database::TestDatabase;
use crate::user::is_root;

/// The time limit of preparing the data folder or starting, which usually take a second or two.
const START_MAX: Duration = Duration::from_secs(120);

/// A private database server with full durability. Every acknowledged commit survives [`SqlServer::kill`].
///
/// The server is killed and its data are removed on drop, or when the process ends.
#[derive(Debug)]
pub struct SqlServer {
    // Drop order: the process ends before its folder is removed.
    process: Option<Supervised>,
    serve: Command,
    login: Login,
    port: Port,
    folder: Folder,
}

/// The programs of one server: one that fills the data folder, and the server itself.
pub(crate) struct Programs {
    pub(crate) prepare: Command,
    pub(crate) serve: Command,
}

impl SqlServer {
    /// Fills the data folder and starts the server. A later option overrides an earlier one.
    pub(crate) async fn start(mut programs: Programs, folder: Folder, options: &[&str]) -> Self {
        let port = Port::take();
        let login = Login::private(port.number());
        let Programs { prepare, serve } = &mut programs;
        add_common_arguments(prepare, &folder);
        add_common_arguments(serve, &folder);
        serve.arg(argument("socket", &folder.path().join("s")));
        serve.arg(argument("pid-file", &folder.path().join("pid")));
        serve.arg(argument("init-file", &write_init_file(&login, folder.path())));
        serve.arg(format!("--port={}", port.number()));
        serve.args(["--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin"]);
        serve.args(["--performance-schema=OFF", "--max-connections=500"]);
        serve.args(options);

        run_to_completion(prepare, &folder).await;
        let mut server = Self { process: None, serve: programs.serve, login, port, folder };
        server.restart().await;
        server
    }

    /// Creates an empty database, which is removed with the server.
    pub async fn create_database(&self) -> TestDatabase {
        TestDatabase::on_private_server(&self.login).await
    }

    /// Returns the address of the server and its user.
    pub fn login(&self) -> &Login {
        &self.login
    }

    /// Returns the TCP port on 127.0.0.1, which restarts do not change.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// Returns the data folder. A test may move the data of a stopped server and leave a link.
    pub fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Kills the server (SIGKILL).
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Kills the server if it runs, and starts it with the same data and port.
    pub async fn restart(&mut self) {
        self.kill();
        let process = self.process.insert(Supervised::start(&self.serve, &log(&self.folder)));
        wait_until_ready(process, &self.login).await;
    }

    /// Locks all tables for reading, as a backup does. Reads continue and writes wait.
    ///
    /// Returns once the running writes have ended.
    pub async fn lock_tables(&self) -> TableLock {
        TableLock::acquire(&self.login).await
    }

    /// Pauses the server (SIGSTOP). Connections stay open and hang.
    pub fn pause(&mut self) {
        self.process.as_mut().expect("only a running server can be paused").pause();
    }

    /// Resumes a paused server.
    pub fn resume(&mut self) {
        self.process.as_mut().expect("only a running server can be resumed").resume();
    }
}

fn add_common_arguments(command: &mut Command, folder: &Folder) {
    command.arg(argument("datadir", &folder.path().join("data")));
    command.arg(argument("tmpdir", folder.path()));
    if is_root() {
        command.arg("--user=root");
    }
}

/// Returns a long option with a path as its value.
pub(crate) fn argument(name: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(format!("--{name}="));
    argument.push(path);
    argument
}

/// Writes the file that the server executes at every start, before it accepts connections.
fn write_init_file(login: &Login, folder: &Path) -> PathBuf {
    let Login { user, password, .. } = login;
    let statements = format!(
        "CREATE USER IF NOT EXISTS '{user}'@'%' IDENTIFIED BY '{password}';\n\
         GRANT ALL ON *.* TO '{user}'@'%' WITH GRANT OPTION;\n"
    );
    let path = folder.join("init.sql");
    fs::write(&path, statements).expect("the folder is writable");
    path
}

fn log(folder: &Folder) -> PathBuf {
    folder.path().join("log")
}

async fn run_to_completion(command: &Command, folder: &Folder) {
    let mut process = Supervised::start(command, &log(folder));
    let success = poll(START_MAX, async || process.ended()).await;
    assert_eq!(success, Some(true), "{command:?} did not succeed:\n{}", process.log());
}

async fn wait_until_ready(process: &mut Supervised, login: &Login) {
    let address = (login.host.as_str(), login.port);
    let listens = poll(START_MAX, async || match process.ended() {
        Some(_) => Some(false),
        None => TcpStream::connect(address).is_ok().then_some(true),
    });
    assert_eq!(listens.await, Some(true), "the server did not start:\n{}", process.log());
    // An early connection waits in the socket's queue until the server has recovered.
    let reply = login.execute("SELECT 1").await;
    assert!(reply.is_ok(), "the server does not reply: {reply:?}\n{}", process.log());
}
