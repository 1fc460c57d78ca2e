//! The triggers that protect the audit log.
//!
//! With the binary log on, MySQL and MariaDB let only administrators create triggers (error 1419) unless
//! `log_bin_trust_function_creators` is set. Other servers may withhold the privilege (1142, 1227). Hermes runs without
//! the triggers, because the hash chain proves changes too. [`crate::create_triggers`] creates them later.

use sea_orm_migration::{
    SchemaManager,
    sea_orm::{DbErr, RuntimeErr, sqlx::mysql::MySqlDatabaseError},
};

use crate::columns::Columns;
use crate::step::{Change, Step, execute};
use crate::{Dialect, MigrationError};

/// A trigger, and the statement that creates the trigger.
pub(crate) struct Trigger {
    pub(crate) name: &'static str,
    pub(crate) create: String,
}

/// Returns the triggers after all steps. A later step replaces a trigger of the same name.
pub(crate) fn current(steps: &[Step], dialect: Dialect) -> Vec<Trigger> {
    let mut current: Vec<Trigger> = Vec::new();
    for step in steps {
        match step.change {
            Change::Triggers { triggers } => {
                let created = triggers(dialect);
                remove(&mut current, &names(&created));
                current.extend(created);
            }
            Change::Alter { tables } => {
                for table in tables(Columns(dialect)) {
                    remove(&mut current, table.drops_triggers);
                }
            }
            Change::Table { .. } | Change::Row { .. } | Change::Code { .. } => {}
        }
    }
    current
}

fn remove(triggers: &mut Vec<Trigger>, names: &[&str]) {
    triggers.retain(|trigger| !names.contains(&trigger.name));
}

/// Creates triggers, and replaces those that exist.
///
/// # Errors
///
/// [`MigrationError::TriggersForbidden`] if the user may not create triggers.
pub(crate) async fn replace(manager: &SchemaManager<'_>, triggers: &[Trigger]) -> Result<(), MigrationError> {
    execute(manager, drop_triggers(&names(triggers))).await.or_else(ignore_if_forbidden)?;
    let statements = triggers.iter().map(|trigger| trigger.create.clone()).collect();
    match execute(manager, statements).await {
        Err(error) if is_forbidden(&error) => Err(MigrationError::TriggersForbidden(error)),
        result => Ok(result?),
    }
}

/// Creates triggers as part of a step. If the user may not create them, a warning is logged.
pub(crate) async fn create_if_allowed(
    manager: &SchemaManager<'_>,
    triggers: &[Trigger],
) -> Result<(), DbErr> {
    match replace(manager, triggers).await {
        Ok(()) => Ok(()),
        Err(MigrationError::Database(error)) => Err(error),
        Err(error) => {
            log::warn!(
                "the audit log is not protected by triggers: {error}. After the migrations, create them with \
                 `hermes migrate triggers`"
            );
            Ok(())
        }
    }
}

pub(crate) fn names(triggers: &[Trigger]) -> Vec<&'static str> {
    triggers.iter().map(|trigger| trigger.name).collect()
}

pub(crate) fn drop_triggers(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("DROP TRIGGER IF EXISTS {name}")).collect()
}

pub(crate) fn ignore_if_forbidden(error: DbErr) -> Result<(), DbErr> {
    if is_forbidden(&error) { Ok(()) } else { Err(error) }
}

fn is_forbidden(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    let error = error.as_database_error().and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
    error.is_some_and(|error| [1142, 1227, 1419].contains(&error.number()))
}
