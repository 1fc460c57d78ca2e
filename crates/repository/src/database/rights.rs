//! Detects rights that the database user lacks.

use hermes_domain::ports::StoreError;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::Database;
use super::audit_protection::COMMAND_DENIED;
use crate::error::{has_mysql_number, statement_error};

/// The rights that Hermes needs, one table per line.
const GRANTS: &str = include_str!("../../../../docs/grants.sql");

/// A right on a table: `SELECT`, `INSERT`, `UPDATE` or `DELETE`. `UPDATE` may be limited to columns, of which one is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Right {
    verb: &'static str,
    table: &'static str,
    column: Option<&'static str>,
}

impl Database {
    /// Returns the rights of `docs/grants.sql` that the user of a server lacks, such as `DELETE on outbox`.
    ///
    /// SQLite has no rights.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn missing_rights(&self) -> Result<Vec<String>, StoreError> {
        if self.backend() == DbBackend::Sqlite {
            return Ok(Vec::new());
        }
        let find = |connection| async move { find_missing(&connection).await.map_err(statement_error) };
        self.writer.write(find).await
    }
}

async fn find_missing(connection: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let mut missing = Vec::new();
    for right in needed_rights() {
        if !has_right(connection, right).await? {
            missing.push(format!("{} on {}", right.verb, right.table));
        }
    }
    Ok(missing)
}

/// Sends a statement that needs the right and changes no row. A server checks rights first.
async fn has_right(connection: &DatabaseConnection, right: Right) -> Result<bool, DbErr> {
    let table = right.table;
    let attempt = match right.verb {
        "SELECT" => format!("SELECT 1 FROM {table} LIMIT 0"),
        "INSERT" => format!("INSERT INTO {table} SELECT * FROM {table} WHERE 1 = 0"),
        "DELETE" => format!("DELETE FROM {table} WHERE 1 = 0"),
        _ => {
            let named = right.column.map(str::to_owned);
            let column = match named {
                Some(column) => Some(column),
                None => first_column(connection, table).await?,
            };
            // A user without any right on a table does not see its columns.
            let Some(column) = column else { return Ok(false) };
            format!("UPDATE {table} SET {column} = {column} WHERE 1 = 0")
        }
    };
    match connection.execute_raw(Statement::from_string(DbBackend::MySql, attempt)).await {
        Ok(_) => Ok(true),
        Err(error) if COMMAND_DENIED.iter().any(|number| has_mysql_number(&error, *number)) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn first_column(connection: &DatabaseConnection, table: &str) -> Result<Option<String>, DbErr> {
    let select = "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? \
                  ORDER BY ordinal_position LIMIT 1";
    let select = Statement::from_sql_and_values(DbBackend::MySql, select, [table.into()]);
    let row = connection.query_one_raw(select).await?;
    row.map(|row| row.try_get_by_index(0)).transpose()
}

/// Parses lines such as `GRANT SELECT, UPDATE (a, b), DELETE ON hermes_payments.outbox TO …`.
fn needed_rights() -> Vec<Right> {
    let grants = GRANTS.lines().filter_map(|line| line.strip_prefix("GRANT "));
    let parts = grants.filter_map(|grant| grant.split_once(" ON hermes_payments."));
    parts.flat_map(|(verbs, rest)| rights_on(rest.split(' ').next().unwrap_or_default(), verbs)).collect()
}

fn rights_on(table: &'static str, verbs: &'static str) -> Vec<Right> {
    let right = |verb, column| Right { verb, table, column };
    let Some((before, rest)) = verbs.split_once(" (") else {
        return verbs.split(", ").map(|verb| right(verb, None)).collect();
    };
    // The columns belong to the last verb before them.
    let (columns, after) = rest.split_once(')').unwrap_or((rest, ""));
    let column = columns.split(", ").next();
    let (unlimited, limited) = before.rsplit_once(", ").unwrap_or(("", before));
    let others = unlimited.split(", ").chain(after.split(", ")).filter(|verb| !verb.is_empty());
    others.map(|verb| right(verb, None)).chain([right(limited, column)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_grant_is_a_needed_right() {
        let rights = needed_rights();
        let verbs = ["SELECT", "INSERT", "UPDATE", "DELETE"];
        assert!(
            rights.iter().all(|right| verbs.contains(&right.verb) && !right.table.is_empty()),
            "{rights:?}"
        );
        let grants: Vec<_> = GRANTS.lines().filter(|line| line.starts_with("GRANT")).collect();
        let written: usize = verbs.iter().map(|verb| grants.join("\n").matches(verb).count()).sum();
        assert_eq!(rights.len(), written, "{rights:?}");
        let column = Some("salt");
        for expected in [
            Right { verb: "UPDATE", table: "audit_log", column },
            Right { verb: "DELETE", table: "idempotency_keys", column: None },
            Right { verb: "SELECT", table: "cache_signing_key", column: None },
        ] {
            assert!(rights.contains(&expected), "{expected:?} is not in {rights:?}");
        }
    }
}
