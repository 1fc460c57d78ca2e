//! Works on imports: claims one after the other, and continues those of a process that was killed.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::statement::{ImportId, ImportState, ImportWork};
use tokio::time::timeout;
use uuid::Uuid;

use super::{ImportError, Progress, StatementImporter};
use crate::matching::Matches;

/// How long a claim is valid. A process renews its claim with each batch. If a batch takes longer, two processes may work on
/// one import, which books nothing twice.
const CLAIM: TimeDelta = TimeDelta::seconds(10);
/// How often the worker looks for imports of other processes.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// How long no process works on an import before its missing file is reported.
const LOST_AFTER: TimeDelta = TimeDelta::seconds(60);
/// The age at which no process is still receiving a file.
const RECEIVED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

impl StatementImporter {
    /// Works on imports whose file is in the spool folder. Never returns.
    pub async fn run_worker(self: Arc<Self>) {
        if let Err(error) = self.remove_leftovers().await {
            log::warn!("old files in the spool folder cannot be removed: {}", error.log_message());
        }
        let mut lost = BTreeSet::new();
        loop {
            if let Err(error) = self.run_unclaimed(&mut lost).await {
                log::warn!("statement imports cannot continue and will be retried: {}", error.log_message());
            }
            if let Err(error) = self.matches().continue_interrupted().await {
                log::warn!("interrupted decisions on matches will be retried: {error}");
            }
            // Either way there may be work.
            let _ = timeout(POLL_INTERVAL, self.wake.notified()).await;
        }
    }

    /// Removes old files that killed processes have left: uploads, and statements whose import does not exist or has ended.
    async fn remove_leftovers(&self) -> Result<(), ImportError> {
        for entry in std::fs::read_dir(&self.config.spool_dir)? {
            let path = entry?.path();
            let name = path.file_stem().and_then(OsStr::to_str);
            let Some(id) = name.and_then(|name| Uuid::try_parse(name).ok()) else { continue };
            if !is_older_than(&path, RECEIVED_AFTER) {
                continue;
            }
            let import = self.deps.store.find_import(ImportId(id)).await?;
            if import.is_none_or(|import| import.state.work() != Some(ImportWork::Post)) {
                super::remove_file(&path);
            }
        }
        Ok(())
    }

    /// Works on the imports that no process works on. `lost` holds the ids of imports whose missing file is
    /// reported.
    async fn run_unclaimed(&self, lost: &mut BTreeSet<Uuid>) -> Result<(), ImportError> {
        for id in self.deps.store.unclaimed_imports(self.deps.clock.now()).await? {
            match self.run(id, &|_, _| {}).await {
                Ok(()) => {}
                Err(ImportError::Claimed) => {
                    if !lost.contains(&id.0) && self.is_lost(id).await? {
                        lost.insert(id.0);
                        log::warn!(
                            "import {id} does not continue, because its file is not in the spool folder {}; start the \
                             instance that has the file, or undo the import and import the file again",
                            self.config.spool_dir.display()
                        );
                    }
                }
                Err(error) => {
                    log::warn!("import {id} cannot continue and will be retried: {}", error.log_message());
                }
            }
        }
        Ok(())
    }

    /// Returns whether the file of a running import is not here, and no other process has worked on the import for a while.
    async fn is_lost(&self, id: ImportId) -> Result<bool, ImportError> {
        let store = &self.deps.store;
        let before = self.deps.clock.now() - LOST_AFTER;
        let Some(import) = store.find_import(id).await? else { return Ok(false) };
        let needs_file = import.state.work() == Some(ImportWork::Post) && !self.spool_path(id).exists();
        // An import without a claim can be new.
        Ok(needs_file
            && import.file.created_at < before
            && store.unclaimed_imports(before).await?.contains(&id))
    }

    /// Works on one import until it ends.
    ///
    /// # Errors
    /// Returns an error if another process works on the import, or if the import was interrupted; it can then be continued.
    pub async fn run(&self, id: ImportId, progress: Progress<'_>) -> Result<(), ImportError> {
        let import = self.deps.store.find_import(id).await?.ok_or(ImportError::NotFound(id))?;
        let Some(work) = import.state.work() else { return Ok(()) };
        // Another instance with another spool folder has the file.
        if work == ImportWork::Post && !self.spool_path(id).exists() {
            return Err(ImportError::Claimed);
        }
        self.renew_claim(id, work).await?;
        let result = match work {
            ImportWork::Undo => self.undo(&import, progress).await,
            ImportWork::Post => match self.post(&import, progress).await {
                Err(error) if error.is_refusal() => self.refuse(id, &error).await,
                result => result,
            },
        };
        if matches!(result, Err(ImportError::Claimed)) {
            // The import is being undone: the undoing starts at once.
            self.deps.store.release_import(id, self.process).await?;
        }
        result
    }

    /// Returns the decisions on matches.
    fn matches(&self) -> Matches {
        let deps = &self.deps;
        Matches { store: deps.store.clone(), ledger: deps.ledger.clone(), clock: deps.clock.clone() }
    }

    /// Claims an import, or renews the claim of this process.
    ///
    /// # Errors
    /// [`ImportError::Claimed`] if another process works on the import, or the import does not need this work any more.
    pub(super) async fn renew_claim(&self, id: ImportId, work: ImportWork) -> Result<(), ImportError> {
        let now = self.deps.clock.now();
        if self.deps.store.claim_import(id, work, self.process, now, now + CLAIM).await? {
            return Ok(());
        }
        Err(ImportError::Claimed)
    }

    /// Ends an import whose file has become unreadable after its first pass. The next import of the file takes over the lines
    /// that are not booked.
    async fn refuse(&self, id: ImportId, error: &ImportError) -> Result<(), ImportError> {
        let (reason, now) = (error.log_message(), self.deps.clock.now());
        log::error!("import {id} is refused: {reason}");
        self.change_state(id, ImportWork::Post, ImportState::Refused, Some(&reason), Some(now)).await?;
        super::remove_file(&self.spool_path(id));
        Ok(())
    }

    /// Changes the state of an import that this process works on.
    ///
    /// # Errors
    /// [`ImportError::Claimed`] if the import does not need this work any more.
    pub(super) async fn change_state(
        &self,
        id: ImportId,
        work: ImportWork,
        state: ImportState,
        reason: Option<&str>,
        finished_at: Option<DateTime<Utc>>,
    ) -> Result<(), ImportError> {
        if self.deps.store.set_import_state(id, work, state, reason, finished_at).await? {
            return Ok(());
        }
        Err(ImportError::Claimed)
    }
}

fn is_older_than(path: &Path, age: Duration) -> bool {
    let modified = path.metadata().and_then(|data| data.modified());
    let elapsed = modified.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
    elapsed.is_some_and(|elapsed| elapsed > age)
}
