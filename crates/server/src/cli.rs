//! The command line.

use clap::{Parser, Subcommand, ValueEnum};

/// Book tuition and invoice payments, and follow what becomes of them.
///
/// Without a command, hermes serves the portal on http://127.0.0.1:9292 and the dashboard on
/// http://127.0.0.1:8080, with everything in a SQLite file under data/. Set DB_HOST for MySQL or MariaDB and
/// REDIS_URL for Redis; `hermes config` shows every setting.
#[derive(Debug, Parser)]
#[command(name = "hermes", version, max_term_width = 100)]
pub struct Cli {
    /// What to do; `serve` when nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What hermes can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the portal, the API and the dashboard (the default)
    Serve,
    /// Bring the database schema up to date, or back
    #[command(subcommand)]
    Migrate(Migrate),
    /// Print the database schema as SQL
    Schema {
        /// For which database
        #[arg(long, value_enum, default_value_t = Dialect::Mysql)]
        dialect: Dialect,
    },
    /// Print the OpenAPI document
    Openapi,
    /// Check the audit log
    #[command(subcommand)]
    Audit(Audit),
    /// Look at the cache of the running portal, or fill it
    #[command(subcommand)]
    Cache(Cache),
    /// Look whether everything Hermes needs is there and well
    Doctor,
    /// Ask the running portal whether it is ready; exit status 0 is yes
    Healthcheck,
    /// Print the configuration as it would be used, without secrets
    Config,
}

/// What can be done with the schema.
#[derive(Debug, Clone, Subcommand)]
pub enum Migrate {
    /// Apply the steps that are missing
    Up {
        /// How many steps; all that are missing, unless said
        #[arg(long)]
        steps: Option<u32>,
    },
    /// Take steps back, newest first, with the data in them (one step, unless more are asked for)
    Down {
        /// How many steps
        #[arg(long, default_value_t = 1)]
        steps: u32,
        /// Do not refuse in production
        #[arg(long)]
        yes: bool,
    },
    /// List the steps and whether they are applied
    Status,
    /// Drop everything and start anew; refused in production
    Fresh {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// Which SQL.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Dialect {
    /// MySQL and MariaDB
    Mysql,
    /// SQLite
    Sqlite,
}

/// What can be done with the cache.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Cache {
    /// Print how it stands: hits by tier, misses, sizes, ages
    Status,
    /// Read the list of bookings into it, and print how it stands then
    Warm,
}

/// What can be done with the audit log.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Audit {
    /// Walk the hash chain; names the first row that is not as it was written, and exits with 1 then

    /// With --from, the hash of the row before is trusted.
    Verify {
        /// The first row to check, from 1
        #[arg(long, value_name = "SEQ")]
        from: Option<i64>,
        /// The last row to check
        #[arg(long, value_name = "SEQ")]
        to: Option<i64>,
        /// Also hold each payment against its last audit row, and the kept sums against the payments
        #[arg(long)]
        deep: bool,
    },
}
