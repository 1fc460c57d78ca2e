//! One step of the schema.

use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager,
    sea_orm::{ConnectionTrait, DbErr, RuntimeErr, sqlx::mysql::MySqlDatabaseError},
};

use crate::Dialect;

/// One step of the schema: its name, as `seaql_migrations` records it, and what it changes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) change: Change,
}

/// What a step changes. Pure: the statements depend on the dialect and on nothing else.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    /// Creates one table with its indexes; going down drops it.
    Table { name: &'static str, create: fn(Dialect) -> Vec<String> },
    /// Changes rows.
    Rows { up: fn(Dialect) -> Vec<String>, down: fn(Dialect) -> Vec<String> },
    /// Creates the triggers that a dialect needs, where the user may; going down drops them.
    Triggers { triggers: fn(Dialect) -> &'static [Trigger] },
}

/// A trigger: its name and the statement that creates it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trigger {
    pub(crate) name: &'static str,
    pub(crate) create: fn(Dialect) -> String,
}

impl Step {
    /// What going up carries out, in order.
    pub(crate) fn up_statements(&self, dialect: Dialect) -> Vec<String> {
        match self.change {
            Change::Table { create, .. } => create(dialect),
            Change::Rows { up, .. } => up(dialect),
            Change::Triggers { triggers } => {
                triggers(dialect).iter().map(|one| (one.create)(dialect)).collect()
            }
        }
    }

    fn down_statements(&self, dialect: Dialect) -> Vec<String> {
        match self.change {
            // A run that was cut off between the drop and the record of it can be repeated.
            Change::Table { name, .. } => vec![format!("DROP TABLE IF EXISTS {name}")],
            Change::Rows { down, .. } => down(dialect),
            Change::Triggers { triggers } => drop_triggers(triggers(dialect)),
        }
    }

    /// Refuses a table that is already there: adopting it unseen could mean writing into someone else's.
    async fn refuse_unrecorded_table(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        match self.change {
            Change::Table { name, .. } if manager.has_table(name).await? => Err(DbErr::Custom(format!(
                "table {name} is there, but step {} is not recorded: a run that was cut off leaves the table empty \
                 (then drop it and run again); otherwise the database belongs to another program",
                self.name
            ))),
            Change::Table { .. } | Change::Rows { .. } | Change::Triggers { .. } => Ok(()),
        }
    }
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let dialect = Dialect::try_from(manager.get_database_backend())?;
        self.refuse_unrecorded_table(manager).await?;
        let statements = self.up_statements(dialect);
        match self.change {
            Change::Triggers { triggers } => create_triggers(manager, triggers(dialect), statements).await,
            Change::Table { .. } | Change::Rows { .. } => execute(manager, statements).await,
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let dialect = Dialect::try_from(manager.get_database_backend())?;
        execute(manager, self.down_statements(dialect)).await
    }

    /// Commits a step with its record: all of it on SQLite; on MySQL the rows, for a table commits by itself.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Creates triggers, also those of a run that was cut off.
///
/// With the binary log on, MySQL lets only an administrator create one, unless it is told to trust everybody
/// (error 1419); other servers may withhold the privilege (1142, 1227). What the triggers fence off is proven
/// in other ways too, so their absence is no reason not to run: it is said aloud.
async fn create_triggers(
    manager: &SchemaManager<'_>,
    triggers: &[Trigger],
    statements: Vec<String>,
) -> Result<(), DbErr> {
    let script = statements.iter().map(|statement| format!("{statement};")).collect::<Vec<_>>().join(" ");
    execute(manager, drop_triggers(triggers)).await.or_else(unless_forbidden)?;
    match execute(manager, statements).await {
        Err(error) if is_forbidden(&error) => {
            log::warn!(
                "the triggers that keep the audit log from being changed are not there, because this user may not \
                 create them ({error}); an administrator can: {script}"
            );
            Ok(())
        }
        result => result,
    }
}

fn drop_triggers(triggers: &[Trigger]) -> Vec<String> {
    triggers.iter().map(|trigger| format!("DROP TRIGGER IF EXISTS {}", trigger.name)).collect()
}

fn unless_forbidden(error: DbErr) -> Result<(), DbErr> {
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

async fn execute(manager: &SchemaManager<'_>, statements: Vec<String>) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(&statement).await?;
    }
    Ok(())
}
