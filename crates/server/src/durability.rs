//! Says aloud at the start when the database may lose what was acknowledged.

use hermes_repository::Database;

/// One line for each setting that puts acknowledged payments at risk.
pub async fn warn(database: &Database) {
    match database.durability_warnings().await {
        Ok(faults) => {
            for fault in faults {
                log::warn!("acknowledged payments can be lost: {fault}");
            }
        }
        Err(error) => log::warn!("whether the database keeps what it acknowledges is not known: {error}"),
    }
}
