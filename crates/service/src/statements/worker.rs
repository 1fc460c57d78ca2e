//! Works on imports: claims one after the other, and continues those of a process that was killed.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::TimeDelta;
use hermes_domain::statement::{ImportId, ImportState};
use tokio::time::timeout;
use uuid::Uuid;

use super::{ImportError, Progress, StatementImporter};

/// How long a claim is valid. A process renews its claim with each batch. If a batch takes longer, two processes may work on
/// one import, which books nothing twice.
const CLAIM: TimeDelta = TimeDelta::seconds(10);
/// How often the worker looks for imports of other processes.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// The age at which no process is still receiving a file.
const RECEIVED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

impl StatementImporter {
    /// Works on imports whose file is in the spool folder. Never returns.
    pub async fn run_worker(self: Arc<Self>) {
        if let Err(error) = self.remove_leftovers().await {
            log::warn!("old files in the spool folder cannot be removed: {error}");
        }
        loop {
            if let Err(error) = self.run_unclaimed().await {
                log::warn!("statement imports cannot continue and will be retried: {error}");
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
            if import.is_none_or(|import| !import.state.is_running()) {
                super::remove_file(&path);
            }
        }
        Ok(())
    }

    async fn run_unclaimed(&self) -> Result<(), ImportError> {
        for id in self.deps.store.unclaimed_imports(self.deps.clock.now()).await? {
            match self.run(id, &|_, _| {}).await {
                Ok(()) | Err(ImportError::Claimed) => {}
                Err(error) => log::warn!("import {id} cannot continue and will be retried: {error}"),
            }
        }
        Ok(())
    }

    /// Works on one import until it ends.
    ///
    /// # Errors
    /// Returns an error if another process works on the import, or if the import was interrupted; it can then be continued.
    pub async fn run(&self, id: ImportId, progress: Progress<'_>) -> Result<(), ImportError> {
        let import = self.deps.store.find_import(id).await?.ok_or(ImportError::NotFound(id))?;
        if !import.state.is_running() {
            return Ok(());
        }
        let needs_file = import.state != ImportState::Undoing;
        // Another instance with another spool folder has the file.
        if needs_file && !self.spool_path(id).exists() {
            return Err(ImportError::Claimed);
        }
        self.renew_claim(id).await?;
        if !needs_file {
            return self.undo(&import, progress).await;
        }
        match self.post(&import, progress).await {
            Err(error) if error.is_refusal() => self.refuse(id, &error).await,
            result => result,
        }
    }

    /// Claims an import, or renews the claim of this process.
    pub(super) async fn renew_claim(&self, id: ImportId) -> Result<(), ImportError> {
        let now = self.deps.clock.now();
        if self.deps.store.claim_import(id, self.process, now, now + CLAIM).await? {
            return Ok(());
        }
        Err(ImportError::Claimed)
    }

    /// Ends an import whose file has become unreadable after its first pass.
    async fn refuse(&self, id: ImportId, error: &ImportError) -> Result<(), ImportError> {
        log::error!("import {id} is refused: {error}");
        let (reason, now) = (error.to_string(), self.deps.clock.now());
        self.deps.store.set_import_state(id, ImportState::Refused, Some(&reason), Some(now)).await?;
        Ok(())
    }
}

fn is_older_than(path: &Path, age: Duration) -> bool {
    let modified = path.metadata().and_then(|data| data.modified());
    let elapsed = modified.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
    elapsed.is_some_and(|elapsed| elapsed > age)
}
