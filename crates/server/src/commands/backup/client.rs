//! The programs of MySQL and MariaDB: which are installed, and how they log in.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;

use anyhow::Result;
use secrecy::ExposeSecret;
use tempfile::NamedTempFile;

use crate::config::Settings;

/// The programs that write a dump.
pub(super) const DUMP_TOOLS: [&str; 2] = ["mariadb-dump", "mysqldump"];
/// The programs that execute a dump.
pub(in crate::commands) const CLIENTS: [&str; 2] = ["mariadb", "mysql"];

/// An installed program and its login.
pub(in crate::commands) struct Client {
    name: &'static str,
    pub(super) is_mariadb: bool,
    /// The file with the login, which has mode 0600 and is removed with this value.
    login: NamedTempFile,
}

impl Client {
    /// Finds the first program that is installed; `None` if none is.
    ///
    /// # Errors
    /// If the file with the login cannot be written.
    pub fn find(names: [&'static str; 2], settings: &Settings) -> Result<Option<Self>> {
        let found = names.into_iter().find_map(|name| Some((name, version(name)?)));
        let Some((name, version)) = found else { return Ok(None) };
        let is_mariadb = version.contains("MariaDB");
        let mut login = tempfile::Builder::new().prefix("hermes-login-").tempfile()?;
        login.write_all(login_options(settings, is_mariadb).as_bytes())?;
        Ok(Some(Self { name, is_mariadb, login }))
    }

    /// Returns the command. The password is in a file, because other users can read command lines.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.name);
        // The file replaces all others, and must be the first option.
        command.arg(format!("--defaults-file={}", self.login.path().display()));
        command
    }
}

fn version(name: &str) -> Option<String> {
    let output = Command::new(name).arg("--version").output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Returns the options of the login and of TLS, with the meaning of `database.ssl_mode`.
fn login_options(settings: &Settings, is_mariadb: bool) -> String {
    let database = &settings.database;
    let mut options = "[client]\n".to_owned();
    let mut set = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(options, "{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    };
    if database.host.starts_with('/') {
        set("socket", &database.host);
    } else {
        set("host", &database.host);
        set("port", &database.port.to_string());
        set("protocol", "TCP");
    }
    set("user", &database.user);
    set("password", database.password.expose_secret());
    if !database.ssl_ca.is_empty() {
        set("ssl-ca", &database.ssl_ca);
    }
    match (is_mariadb, database.ssl_mode.as_str()) {
        (false, "") => {}
        (false, mode) => set("ssl-mode", &mode.to_uppercase()),
        (true, "disabled") => set("ssl", "0"),
        (true, "" | "preferred") => set("ssl-verify-server-cert", "0"),
        (true, "required") => {
            set("ssl", "1");
            set("ssl-verify-server-cert", "0");
        }
        (true, _) => {
            set("ssl", "1");
            set("ssl-verify-server-cert", "1");
        }
    }
    options
}
