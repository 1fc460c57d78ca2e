//! Whether what is acknowledged stays, and stays as it was written.

use anyhow::{Result, anyhow};
use hermes_repository::{AuditProtection, Database};

/// Tells of the settings that acknowledged writes depend on.
pub(super) async fn durability(database: &Database) -> Result<String> {
    let faults = database.durability_warnings().await?;
    if faults.is_empty() {
        return Ok("what is acknowledged survives a crash".to_owned());
    }
    let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
    Err(anyhow!(told.join("; also, ")))
}

/// Tells what keeps the audit log from being changed.
pub(super) async fn audit_log(database: &Database) -> Result<String> {
    match database.audit_protection().await? {
        AuditProtection::Triggers => Ok("triggers refuse changes".to_owned()),
        AuditProtection::Privileges => Ok("this database user may not change it".to_owned()),
        AuditProtection::Nothing => Err(anyhow!(
            "nothing refuses changes: its triggers are not there; have an administrator create them (hermes schema \
             prints them), or give this user only the rights of docs/grants.sql"
        )),
    }
}
