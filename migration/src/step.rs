//! A step of the schema.

use std::pin::Pin;

use sea_orm_migration::{
    MigrationName, MigrationTrait, SchemaManager,
    sea_orm::{ConnectionTrait, DbErr},
};

use crate::Dialect;
use crate::columns::Columns;
use crate::table::NewTable;
use crate::triggers::{self, Trigger, drop_triggers, ignore_if_forbidden};

/// A step of the schema: its name in `seaql_migrations`, and its change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) change: Change,
}

/// The change of a step. The statements depend on the dialect only.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    /// Creates one table with its indexes. Reverting drops the table.
    Table { name: &'static str, create: fn(Columns) -> NewTable },
    /// Inserts the only row of a table. Reverting deletes the row.
    Row { table: &'static str, insert: fn(Dialect) -> String },
    /// Creates the triggers of a dialect if the user has the privilege. Reverting drops the triggers.
    Triggers { triggers: fn(Dialect) -> Vec<Trigger> },
    /// Changes the columns of existing tables. Cannot be reverted.
    Alter { tables: fn(Columns) -> Vec<TableChange> },
    /// Runs a program on existing rows, under the migration lock. An empty database needs no such step. Cannot be
    /// reverted.
    ///
    /// The program runs outside of a transaction. A run that is interrupted is repeated from the start, so the program
    /// must find out what it has already done.
    Code {
        run: for<'a> fn(&'a SchemaManager<'a>) -> CodeResult<'a>,
        /// The tables whose existing rows the program reads and changes.
        tables: &'static [&'static str],
    },
}

/// The running program of a [`Change::Code`].
pub(crate) type CodeResult<'a> = Pin<Box<dyn Future<Output = Result<(), DbErr>> + Send + 'a>>;

/// The change of one table in a [`Change::Alter`].
pub(crate) struct TableChange {
    pub(crate) table: &'static str,
    /// What the change adds. If it exists, an interrupted run has executed `alter`.
    pub(crate) adds: Addition,
    /// Triggers that would reject the change.
    pub(crate) drops_triggers: &'static [&'static str],
    /// On MySQL one statement, which succeeds or fails as a whole; on SQLite any number, in one transaction.
    pub(crate) alter: Vec<String>,
    /// Statements that fill the new columns; repeated after an interrupted run.
    pub(crate) fill: Vec<String>,
}

/// A column or an index that a [`TableChange`] adds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Addition {
    Column(&'static str),
    Index(&'static str),
}

impl TableChange {
    /// Returns the statements, in order.
    fn statements(&self) -> Vec<String> {
        drop_triggers(self.drops_triggers)
            .into_iter()
            .chain(self.alter.clone())
            .chain(self.fill.clone())
            .collect()
    }

    async fn apply(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let is_altered = match self.adds {
            Addition::Column(name) => manager.has_column(self.table, name).await?,
            Addition::Index(name) => manager.has_index(self.table, name).await?,
        };
        if !is_altered {
            execute(manager, drop_triggers(self.drops_triggers)).await.or_else(ignore_if_forbidden)?;
            execute(manager, self.alter).await?;
        }
        execute(manager, self.fill).await
    }
}

impl Step {
    /// Returns a step that creates one table.
    pub(crate) const fn table(
        name: &'static str,
        table: &'static str,
        create: fn(Columns) -> NewTable,
    ) -> Self {
        Self { name, change: Change::Table { name: table, create } }
    }

    /// Returns the statements that apply the step, in order.
    pub(crate) fn up_statements(&self, dialect: Dialect) -> Vec<String> {
        match self.change {
            Change::Table { create, .. } => create(Columns(dialect)).statements(dialect),
            Change::Row { insert, .. } => vec![insert(dialect)],
            Change::Triggers { triggers } => {
                triggers(dialect).into_iter().map(|trigger| trigger.create).collect()
            }
            Change::Alter { tables } => {
                tables(Columns(dialect)).iter().flat_map(TableChange::statements).collect()
            }
            Change::Code { .. } => Vec::new(),
        }
    }

    /// Returns the tables whose existing rows the step may copy, change or check.
    pub(crate) fn touched_tables(&self, dialect: Dialect) -> Vec<&'static str> {
        match self.change {
            Change::Table { .. } | Change::Row { .. } | Change::Triggers { .. } => Vec::new(),
            Change::Alter { tables } => {
                tables(Columns(dialect)).into_iter().map(|change| change.table).collect()
            }
            Change::Code { tables, .. } => tables.to_vec(),
        }
    }

    fn down_statements(&self, dialect: Dialect) -> Result<Vec<String>, DbErr> {
        match self.change {
            // IF EXISTS: a run that was interrupted between the drop and its record can be repeated.
            Change::Table { name, .. } => Ok(vec![format!("DROP TABLE IF EXISTS {name}")]),
            Change::Row { table, .. } => Ok(vec![format!("DELETE FROM {table}")]),
            Change::Triggers { triggers } => Ok(drop_triggers(&triggers::names(&triggers(dialect)))),
            Change::Alter { .. } | Change::Code { .. } => Err(DbErr::Custom(format!(
                "step {} cannot be reverted; restore a backup from before the step, or use `hermes migrate fresh`",
                self.name
            ))),
        }
    }

    /// Rejects an existing table without a record, because the table may belong to another program.
    async fn reject_unrecorded_table(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        match self.change {
            Change::Table { name, .. } if manager.has_table(name).await? => Err(DbErr::Custom(format!(
                "table {name} exists, but step {} is not recorded; if the table is empty, an interrupted run left it: drop \
                 the table and run the migration again; otherwise the database belongs to another program",
                self.name
            ))),
            Change::Table { .. }
            | Change::Row { .. }
            | Change::Triggers { .. }
            | Change::Alter { .. }
            | Change::Code { .. } => Ok(()),
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
        self.reject_unrecorded_table(manager).await?;
        let statements = self.up_statements(dialect);
        match self.change {
            Change::Triggers { triggers } => triggers::create_if_allowed(manager, &triggers(dialect)).await,
            Change::Table { .. } | Change::Row { .. } => execute(manager, statements).await,
            Change::Alter { tables } => {
                for table in tables(Columns(dialect)) {
                    table.apply(manager).await?;
                }
                Ok(())
            }
            Change::Code { run, .. } => run(manager).await,
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let dialect = Dialect::try_from(manager.get_database_backend())?;
        execute(manager, self.down_statements(dialect)?).await
    }

    /// Commits a step together with its record. On MySQL this applies to inserted rows only, because DDL commits separately.
    /// A program commits by itself.
    fn use_transaction(&self) -> Option<bool> {
        Some(!matches!(self.change, Change::Code { .. }))
    }
}

/// Executes statements in order.
pub(crate) async fn execute(manager: &SchemaManager<'_>, statements: Vec<String>) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(&statement).await?;
    }
    Ok(())
}
