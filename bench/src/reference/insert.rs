//! Inserting rows with ready-made statements, which every connection prepares once.

use anyhow::Result;
use sea_orm::{ConnectionTrait, EntityTrait, IdenStatic, Iterable, ModelTrait, Statement, Value};

/// The INSERT of a table for a number of rows.
#[derive(Debug)]
pub struct Insert<E> {
    sql: String,
    entity: std::marker::PhantomData<E>,
}

impl<E: EntityTrait> Insert<E> {
    /// Writes the statement.
    pub fn of_rows(rows: usize) -> Self {
        let columns: Vec<_> = E::Column::iter().map(|column| column.as_str().to_owned()).collect();
        let row = format!("({})", vec!["?"; columns.len()].join(","));
        let sql = format!(
            "INSERT INTO {} ({}) VALUES {}",
            E::default().table_name(),
            columns.join(","),
            vec![row; rows].join(",")
        );
        Self { sql, entity: std::marker::PhantomData }
    }

    /// Inserts rows, as many as the statement is for.
    pub async fn run<'a, C: ConnectionTrait>(
        &self,
        connection: &C,
        rows: impl Iterator<Item = &'a E::Model>,
    ) -> Result<()>
    where
        E::Model: 'a,
    {
        let values: Vec<Value> =
            rows.flat_map(|row| E::Column::iter().map(|column| row.get(column))).collect();
        let backend = connection.get_database_backend();
        connection.execute_raw(Statement::from_sql_and_values(backend, &self.sql, values)).await?;
        Ok(())
    }
}
