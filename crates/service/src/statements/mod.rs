//! Imports bank statements: verifies a file, books each line once, proposes matches, and undoes an import.
//!
//! 1. `check` reads the whole file. A file that cannot be read completely, or that reports an unknown account, is refused
//!    and nothing is stored.
//! 2. [`StatementImporter::accept`] moves the file to the spool folder and stores the import. From then on the import
//!    survives a crash.
//! 3. `posting` reads the file again, in batches of [`BATCH_LINES`] lines. Every credit line becomes a receipt. A line with
//!    a match that is certain enough is allocated in the same command; otherwise the receipt is credit, and its matches
//!    wait for a decision ([`crate::matching`]).
//! 4. `undo` reverses the receipts of an import. If the import is still posted, the posting stops first.
//! 5. `batch` books a batch of the bank as one receipt if its transfers do not arrive.
//!
//! **Each line is booked once.** The ledger accepts one receipt per identity of a line. A process that is killed anywhere
//! leaves an import that any process with its file continues: it repeats the last batch, and the ledger reports the receipts
//! that exist.

mod batch;
mod check;
mod convert;
mod inbox;
mod open_payments;
mod posting;
mod receipt_command;
mod reversals;
mod splits;
mod undo;
mod worker;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use hermes_domain::institution::Account;
use hermes_domain::ledger::RandomSource;
use hermes_domain::matching::AutoPost;
use hermes_domain::money::{Currency, MAX_MINOR, Money};
use hermes_domain::ports::{Clock, StatementStore, StoreError};
use hermes_domain::receipt::ReceiptNumber;
use hermes_domain::statement::{ImportId, ImportState, NewImport, StatementImport};
use hermes_statements::{CsvProfile, Problem, ReadError};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::writer::{LedgerWriter, SubmitError};

pub use check::{DryRun, StatementReport};
pub use inbox::Inbox;

/// The number of lines that are booked together.
pub const BATCH_LINES: usize = 64;

/// The settings of the import.
#[derive(Debug, Clone)]
pub struct ImporterConfig {
    /// The folder of the files that are being imported.
    pub spool_dir: PathBuf,
    /// The largest file, in bytes.
    pub max_bytes: u64,
    /// The accounts of the institution.
    pub accounts: Vec<Account>,
    /// Whether statements of any account are accepted.
    pub accepts_any_account: bool,
    /// The profiles of CSV files by name.
    pub csv_profiles: BTreeMap<String, CsvProfile>,
    /// Which matches are posted without a person.
    pub auto_post: AutoPost,
}

/// What the caller says about a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileOptions {
    /// The profile of a CSV file.
    pub csv_profile: Option<String>,
    /// The account of a CSV file that does not name it.
    pub csv_account: Option<String>,
}

/// A file to import.
#[derive(Debug, Clone)]
pub struct StatementFile {
    /// The file. An accepted file is moved from here.
    pub path: PathBuf,
    /// The name for people.
    pub name: String,
    /// What the caller says about the file.
    pub options: FileOptions,
    /// The actor that imports the file.
    pub actor: String,
}

/// Why a file is not imported, or an import does not continue.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is refused; the message says what is wrong and what to do.
    #[error(transparent)]
    Refused(ReadError),
    /// The statement belongs to an account that is not configured.
    #[error(
        "the statement is of the account {account} in {currency}, which is not an account of the institution; add it to \
         [[institution.accounts]], or set statements.any_account"
    )]
    UnknownAccount {
        /// The number of the account.
        account: String,
        /// The currency.
        currency: Currency,
    },
    /// The amount of a credit line exceeds the largest amount of a receipt.
    #[error(
        "line {0} has an amount of {1} {currency}, and a receipt has at most {limit} {currency}; export the other days, and \
         record the transfers of this day with POST /api/receipts, this one in parts",
        currency = .1.currency(),
        limit = Money::from_minor(MAX_MINOR, .1.currency())
    )]
    AmountTooLarge(i64, Money),
    /// No CSV profile has this name.
    #[error("there is no CSV profile \"{0}\"; the profiles are the files in config/statements")]
    UnknownProfile(String),
    /// There is no import with this identifier.
    #[error("there is no import {0}")]
    NotFound(ImportId),
    /// The import is being undone, or is undone.
    #[error("the import is {}; it can be undone once, and its file can then be imported again", .0.as_str())]
    Undone(ImportState),
    /// The import has no such line.
    #[error("import {0} has no line {1}")]
    LineNotFound(ImportId, i64),
    /// The line is not a batch that waits for its transfers.
    #[error("line {0} is not a batch that waits for its transfers; only such a line is booked by hand")]
    NotABatch(i64),
    /// The transfers of the batch are booked.
    #[error("the transfers of the batch in line {0} are booked; the batch itself is not booked again")]
    PartsBooked(i64),
    /// The receipt of the batch is reversed.
    #[error(
        "receipt {1} of the batch in line {0} is reversed; import the file with the transfers of the batch, or record the \
         money with POST /api/receipts"
    )]
    BatchReversed(i64, ReceiptNumber),
    /// The line is not a return that waits for a person.
    #[error("line {0} is not a returned transfer that waits for its receipt")]
    NotAReturn(i64),
    /// The receipt is not of a transfer that the line can return.
    #[error(
        "line {0} cannot return {1}, which is not of a statement line with the same account and amount; reverse another receipt \
         with POST /api/receipts/{1}/reversal, and close the line without a receipt"
    )]
    NotReturned(i64, ReceiptNumber),
    /// Another process works on the import, or the import is being undone.
    #[error("another process works on the import, or the import is being undone")]
    Claimed,
    /// The file cannot be read or written on the disk.
    #[error("the file cannot be stored or read on the disk")]
    File(#[from] io::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger did not execute a command.
    #[error(transparent)]
    Ledger(#[from] SubmitError),
    /// A task of the process ended unexpectedly.
    #[error("the reading of the file ended unexpectedly")]
    Internal,
}

impl From<ReadError> for ImportError {
    fn from(error: ReadError) -> Self {
        match error.problem {
            Problem::Io(error) => Self::File(error),
            _ => Self::Refused(error),
        }
    }
}

impl ImportError {
    /// Returns the message for a log: with the cause of an error of the disk, and without values of the file, which can be
    /// personal data.
    pub fn log_message(&self) -> String {
        match self {
            Self::Refused(error) => error.without_values(),
            Self::UnknownAccount { currency, .. } => {
                format!(
                    "the statement is of an account in {currency} that is not an account of the institution"
                )
            }
            Self::AmountTooLarge(line, _) => format!("the amount of line {line} exceeds the largest receipt"),
            Self::File(cause) => format!("{self}: {cause}"),
            error => error.to_string(),
        }
    }

    /// Returns whether the file itself is the reason, so that trying again changes nothing.
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Refused(_)
                | Self::UnknownAccount { .. }
                | Self::AmountTooLarge(..)
                | Self::UnknownProfile(_)
        )
    }
}

/// The dependencies of the import.
#[derive(Clone)]
pub struct ImporterDeps {
    /// The rows of imports, lines and matches.
    pub store: Arc<dyn StatementStore>,
    /// Executes commands.
    pub ledger: LedgerWriter,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Generates identifiers.
    pub random_source: Arc<dyn RandomSource>,
}

/// Imports statements.
pub struct StatementImporter {
    deps: ImporterDeps,
    config: ImporterConfig,
    /// Identifies this process in claims.
    process: Uuid,
    /// Wakes the worker when there is a new import.
    wake: Notify,
}

/// Reports how many lines of how many are processed.
pub type Progress<'a> = &'a (dyn Fn(i64, i64) + Send + Sync);

impl StatementImporter {
    /// Creates an importer, and the spool folder if it does not exist.
    ///
    /// # Errors
    /// Returns an error if the folder cannot be created.
    pub fn new(deps: ImporterDeps, config: ImporterConfig) -> Result<Arc<Self>, io::Error> {
        std::fs::create_dir_all(&config.spool_dir)?;
        let process = deps.random_source.random();
        Ok(Arc::new(Self { deps, config, process, wake: Notify::new() }))
    }

    /// Returns the largest file, in bytes.
    pub const fn max_bytes(&self) -> u64 {
        self.config.max_bytes
    }

    /// Returns a path in the spool folder for a file that is being received.
    pub fn upload_path(&self) -> PathBuf {
        self.config.spool_dir.join(format!("{}.upload", self.deps.random_source.random()))
    }

    /// Verifies a file and accepts it for import. The worker of a process with the same spool folder then books its lines.
    ///
    /// # Errors
    /// Returns an error if the file is refused or cannot be stored. Nothing is stored then.
    pub async fn accept(&self, file: StatementFile) -> Result<ImportId, ImportError> {
        let checked = self.check(&file.path, &file.options).await?;
        let id = ImportId(self.deps.random_source.random());
        let spooled = self.spool_path(id);
        move_file(&file.path, &spooled)?;
        if let Err(error) = sync(&self.config.spool_dir).await {
            remove_file(&spooled);
            return Err(error);
        }
        let import = NewImport {
            id,
            file_name: file.name.chars().take(MAX_FILE_NAME_CHARS).collect(),
            format: checked.format,
            csv_profile: file.options.csv_profile,
            csv_account: file.options.csv_account,
            lines: checked.lines,
            imported_by: file.actor,
            created_at: self.deps.clock.now(),
        };
        if let Err(error) = self.deps.store.insert_import(&import).await {
            // If the outcome is unknown, the import may exist. Its file is then needed.
            if matches!(self.deps.store.find_import(id).await, Ok(None)) {
                remove_file(&spooled);
            }
            return Err(error.into());
        }
        self.wake.notify_one();
        Ok(id)
    }

    /// Finds an import.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn find(&self, id: ImportId) -> Result<Option<StatementImport>, ImportError> {
        Ok(self.deps.store.find_import(id).await?)
    }

    fn spool_path(&self, id: ImportId) -> PathBuf {
        self.config.spool_dir.join(format!("{id}.statement"))
    }
}

/// The longest name of a file, in characters.
const MAX_FILE_NAME_CHARS: usize = 255;

/// Moves a file, also to another file system.
fn move_file(from: &std::path::Path, to: &std::path::Path) -> Result<(), io::Error> {
    if std::fs::rename(from, to).is_ok() {
        return Ok(());
    }
    std::fs::copy(from, to)?;
    std::fs::remove_file(from)
}

/// Waits until a file or a folder is on the disk, so that it survives a power failure.
async fn sync(path: &std::path::Path) -> Result<(), ImportError> {
    let path = path.to_owned();
    let synced = tokio::task::spawn_blocking(move || std::fs::File::open(path)?.sync_all()).await;
    Ok(synced.map_err(|_| ImportError::Internal)??)
}

/// Removes a file that is not needed any more. A file that remains only takes space.
fn remove_file(path: &std::path::Path) {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        log::warn!("cannot remove the file {}: {error}", path.display());
    }
}
