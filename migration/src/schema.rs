//! Prints the schema as a script.

use sea_orm_migration::{
    sea_orm::{DbBackend, Schema},
    sea_query::{MysqlQueryBuilder, SqliteQueryBuilder},
    seaql_migrations,
};

use crate::{Dialect, STEPS, table::one_column_per_line};

/// Returns the complete schema as a script for an empty database.
///
/// The script contains the statements of every step, and the records with which [`status`](crate::status) reports all
/// steps as applied. The result is always the same and needs no database. Each statement ends with `;` at the end of a
/// line. A trigger that contains a `;` has `DELIMITER` lines around it, as the client of MySQL requires.
#[must_use]
pub fn schema_ddl(dialect: Dialect) -> String {
    let mut script = header(dialect);
    push(&mut script, &record_table(dialect));
    for step in STEPS {
        script.push_str(&format!("\n-- {}\n", step.name));
        for statement in step.up_statements(dialect) {
            match dialect {
                Dialect::MySql if statement.contains(';') => {
                    script.push_str(&format!("DELIMITER //\n{statement}//\nDELIMITER ;\n"));
                }
                _ => push(&mut script, &statement),
            }
        }
        push(&mut script, &record(dialect, step.name));
    }
    script
}

fn header(dialect: Dialect) -> String {
    let (servers, load, session) = match dialect {
        Dialect::MySql => (
            "MySQL 8.0 or later and MariaDB 10.11 or later",
            "mysql hermes < migration/schema/mysql.sql",
            // MySQL stores the literals of constraints with the character set of the session.
            "SET NAMES utf8mb4;\n",
        ),
        Dialect::Sqlite => {
            ("SQLite 3.35 or later", "sqlite3 data/hermes.db < migration/schema/sqlite.sql", "")
        }
    };
    format!(
        "-- The schema of Hermes for {servers}.\n\
         -- Written by `make schema` from the steps in migration/src. `hermes migrate up` executes the same statements.\n\
         -- To load this file into an empty database instead: {load}\n\
         {session}\n"
    )
}

/// Returns the table that sea-orm-migration creates before the first step.
fn record_table(dialect: Dialect) -> String {
    let create = |backend| {
        Schema::new(backend).create_table_from_entity(seaql_migrations::Entity).if_not_exists().take()
    };
    one_column_per_line(&match dialect {
        Dialect::MySql => create(DbBackend::MySql).to_string(MysqlQueryBuilder),
        Dialect::Sqlite => create(DbBackend::Sqlite).to_string(SqliteQueryBuilder),
    })
}

fn record(dialect: Dialect, name: &str) -> String {
    let now = match dialect {
        Dialect::MySql => "UNIX_TIMESTAMP()",
        Dialect::Sqlite => "CAST(strftime('%s', 'now') AS INTEGER)",
    };
    format!("INSERT INTO seaql_migrations (version, applied_at) VALUES ('{name}', {now})")
}

fn push(script: &mut String, statement: &str) {
    script.push_str(statement);
    script.push_str(";\n");
}
