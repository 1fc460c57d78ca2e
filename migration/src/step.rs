//! One step of the schema.

use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager,
    sea_orm::{ConnectionTrait, DbErr},
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
}

impl Step {
    /// What going up carries out, in order.
    pub(crate) fn up_statements(&self, dialect: Dialect) -> Vec<String> {
        match self.change {
            Change::Table { create, .. } => create(dialect),
            Change::Rows { up, .. } => up(dialect),
        }
    }

    fn down_statements(&self, dialect: Dialect) -> Vec<String> {
        match self.change {
            // A run that was cut off between the drop and the record of it can be repeated.
            Change::Table { name, .. } => vec![format!("DROP TABLE IF EXISTS {name}")],
            Change::Rows { down, .. } => down(dialect),
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
            Change::Table { .. } | Change::Rows { .. } => Ok(()),
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
        execute(manager, self.up_statements(dialect)).await
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

async fn execute(manager: &SchemaManager<'_>, statements: Vec<String>) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(&statement).await?;
    }
    Ok(())
}
