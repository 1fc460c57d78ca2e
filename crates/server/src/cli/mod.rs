//! The command line. [`keys`] declares the commands for API keys.

mod keys;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::keys::{CreateKey, KeyOutput, Keys};

/// A portal for tuition and invoice payments.
///
/// Without a command, hermes serves the portal on http://127.0.0.1:9292 and the dashboard on http://127.0.0.1:8080, and
/// stores its data in an SQLite file under data/. Set DB_HOST to use MySQL or MariaDB, and REDIS_URL to use Redis.
/// `hermes config` prints every setting.
#[derive(Debug, Parser)]
#[command(name = "hermes", version, max_term_width = 100)]
pub struct Cli {
    /// The command to execute; `serve` by default
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the portal, the API and the dashboard (default)
    Serve,
    /// Apply, revert or list database migrations
    #[command(subcommand)]
    Migrate(Migrate),
    /// Print the database schema as SQL
    Schema {
        /// The database to print the schema for
        #[arg(long, value_enum, default_value_t = Dialect::Mysql)]
        dialect: Dialect,
    },
    /// Print the OpenAPI document
    Openapi,
    /// Verify the audit log
    #[command(subcommand)]
    Audit(Audit),
    /// Erase the personal data of a payment or of a person; amounts and the audit chain remain
    ///
    /// The command may run beside a running portal. It cannot be undone.
    Erase(Erase),
    /// Write the personal data of one person as JSON
    ExportPerson {
        /// The e-mail address of the person, in any case
        email: String,
    },
    /// Write a backup of the database to a new file
    ///
    /// The portal may run meanwhile. SQLite is copied by Hermes; a server by mariadb-dump or mysqldump, which must be
    /// installed. The backup contains personal data, so the file has mode 0600. It does not contain the server key.
    Backup {
        /// The file to create
        file: PathBuf,
    },
    /// Restore a backup into an empty database, and repeat the erasures since the backup
    ///
    /// Stop every portal first. The command checks the file before, and the audit log and the payments after the
    /// restore. A backup of a server needs the program mariadb or mysql.
    Restore(Restore),
    /// Create, list, rotate and revoke API keys
    #[command(subcommand)]
    Keys(Keys),
    /// Import bank statements
    #[command(subcommand)]
    Statement(Statement),
    /// Write the bank statements of a simulated bank for the open payments
    ///
    /// For each currency, the command writes the same transfers as camt.053, MT940 and CSV, and their labels as JSON.
    /// Some transfers have defects: too little, too much, late, twice, merged, split, with a mistyped or without a
    /// reference, reversed, or with charges deducted. The command changes no payment. Names of payers are personal data.
    #[command(after_help = "Example:\n  hermes bank-sim --seed 7 --out statements")]
    BankSim(BankSim),
    /// Show or warm the cache of the running portal
    Cache {
        #[command(subcommand)]
        command: Cache,
        #[command(flatten)]
        key: KeyFile,
    },
    /// Check everything that Hermes needs, and say how to repair it
    ///
    /// Changes nothing in an existing database. The exit status is 1 if there is a problem, and 0 if there are only
    /// warnings.
    Doctor(Doctor),
    /// Check whether the running portal is ready (exit status 0)
    Healthcheck(KeyFile),
    /// Print the effective configuration, without secrets
    Config,
}

/// The API key for a portal that is closed.
#[derive(Debug, Clone, Args)]
pub struct KeyFile {
    /// A file with the API key; required if the portal is closed
    #[arg(long, global = true, env = KeyFile::VARIABLE, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
}

impl KeyFile {
    /// The variable that also names the file.
    pub const VARIABLE: &str = "HERMES_KEY_FILE";
}

/// How to check and print.
#[derive(Debug, Clone, Args)]
pub struct Doctor {
    /// Print the findings as a JSON array of objects with code, level, found and action
    #[arg(long)]
    pub json: bool,
    /// The key to verify.
    #[command(flatten)]
    pub key: KeyFile,
}

/// The commands for bank statements.
#[derive(Debug, Clone, Subcommand)]
pub enum Statement {
    /// Import statement files: camt.053, camt.054, MT940, CSV with a profile, or a ZIP of camt files
    ///
    /// Every line is booked once, also if a file is imported again. The command may run beside a running portal. The exit
    /// status is 0 if every file is imported, and 1 if a file is refused; the others are imported.
    #[command(after_help = "Example:\n  hermes statement import --dry-run november.xml")]
    Import(ImportStatements),
}

/// What to import.
#[derive(Debug, Clone, Args)]
pub struct ImportStatements {
    /// The files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Book nothing; print what the import would do
    #[arg(long)]
    pub dry_run: bool,
    /// The profile of CSV files: the name of a file in config/statements, without .toml
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// The account of CSV files that do not name it
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
}

/// What to simulate.
#[derive(Debug, Clone, Args)]
pub struct BankSim {
    /// The seed; the same seed and payments give the same files
    #[arg(long)]
    pub seed: u64,
    /// The folder for the files, created if it does not exist
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The number of the account; by default, the institution's account of the currency, or a simulated one
    #[arg(long, value_name = "NUMBER")]
    pub account: Option<String>,
    /// The version of camt.053
    #[arg(long, value_name = "VERSION", default_value_t = 8, value_parser = clap::value_parser!(u8).range(2..=14))]
    pub camt_version: u8,
}

/// What to restore.
#[derive(Debug, Clone, Args)]
pub struct Restore {
    /// The backup
    pub file: PathBuf,
    /// Only check the file, and write nothing: that it is complete and unchanged, that this version of Hermes knows its
    /// schema, and that its audit chain ends at its ledger head
    #[arg(long, conflicts_with = "erasures")]
    pub check: bool,
    /// The list that `hermes erase --list` printed last; by default, FILE.erasures if it exists
    #[arg(long, value_name = "LIST")]
    pub erasures: Option<PathBuf>,
}

/// What to erase.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct Erase {
    /// A payment, by its id or reference
    #[arg(long, value_name = "REF")]
    pub payment: Option<String>,
    /// Every payment with this e-mail address, and the earlier versions of payments that once had it
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// Erase nothing; print the list of all erasures, which `hermes restore` repeats
    #[arg(long)]
    pub list: bool,
    /// Repeat the erasures of such a list that the database lacks
    #[arg(long, value_name = "FILE")]
    pub repeat: Option<PathBuf>,
}

/// The migration commands.
#[derive(Debug, Clone, Subcommand)]
pub enum Migrate {
    /// Apply missing migrations
    Up {
        /// How many migrations to apply; all by default
        #[arg(long)]
        steps: Option<u32>,
    },
    /// Revert the newest migrations and delete their data
    Down {
        /// How many migrations to revert
        #[arg(long, default_value_t = 1)]
        steps: u32,
        /// Also revert in production
        #[arg(long)]
        yes: bool,
    },
    /// List the migrations, whether each is applied, and how many rows a missing one will touch
    Status,
    /// Create the triggers that protect the audit log, if an earlier user was not allowed to; change nothing else
    Triggers,
    /// Drop all tables and create them again; not available in production
    Fresh {
        /// Skip the confirmation
        #[arg(long)]
        yes: bool,
    },
}

/// The SQL dialects.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Dialect {
    /// MySQL and MariaDB
    Mysql,
    /// SQLite
    Sqlite,
}

/// The cache commands.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Cache {
    /// Print the cache statistics: hits by tier, misses, sizes, ages
    Status,
    /// Load the list of bookings into the cache, then print the statistics
    Warm,
}

/// The audit commands.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Audit {
    /// Verify the hash chain; the exit status is 1 if a row was changed
    ///
    /// Reports the first row that was changed. With --from, the hash of the previous row is trusted.
    Verify {
        /// The first row to verify; the log starts with row 1
        #[arg(long, value_name = "SEQ")]
        from: Option<i64>,
        /// The last row to verify; the records of erasures after it are not checked
        #[arg(long, value_name = "SEQ")]
        to: Option<i64>,
        /// Also compare each payment with its last audit row, and the stored totals with the payments
        #[arg(long)]
        deep: bool,
    },
}
