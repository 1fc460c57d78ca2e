//! Builds the statements that create a table.

use sea_orm_migration::sea_query::{
    ForeignKey, ForeignKeyCreateStatement, Index, IndexCreateStatement, MysqlQueryBuilder,
    SqliteQueryBuilder, TableCreateStatement,
};

use crate::Dialect;

const INDENT: &str = "    ";

/// A table to create, with its indexes.
pub(crate) struct NewTable {
    pub(crate) table: TableCreateStatement,
    pub(crate) indexes: Vec<IndexCreateStatement>,
}

impl NewTable {
    /// Returns the statements that create the table and its indexes. On MySQL this is one statement, which succeeds or
    /// fails as a whole.
    pub(crate) fn statements(self, dialect: Dialect) -> Vec<String> {
        let Self { mut table, indexes } = self;
        match dialect {
            Dialect::MySql => {
                // The collation is explicit: servers have different defaults, and MariaDB lacks the default of MySQL.
                table.engine("InnoDB").character_set("utf8mb4").collate("utf8mb4_unicode_520_ci");
                for mut index in indexes {
                    table.index(&mut index);
                }
                vec![one_column_per_line(&table.to_string(MysqlQueryBuilder))]
            }
            Dialect::Sqlite => {
                let table = one_column_per_line(&table.to_string(SqliteQueryBuilder));
                let indexes = indexes.iter().map(|index| index.to_string(SqliteQueryBuilder));
                std::iter::once(table).chain(indexes).collect()
            }
        }
    }
}

/// Returns the SQLite statements that replace `table` by `new`, whose name is `<table>_new`: SQLite cannot change a column.
///
/// `values` are the columns of the new table, each with the expression that reads its value from the old table.
pub(crate) fn replace_table(table: &str, new: NewTable, values: &[(&str, &str)]) -> Vec<String> {
    let join = |parts: Vec<&str>| parts.join(", ");
    let columns = join(values.iter().map(|(column, _)| *column).collect());
    let expressions = join(values.iter().map(|(_, expression)| *expression).collect());
    let mut statements = new.statements(Dialect::Sqlite);
    let replacement = [
        format!("INSERT INTO {table}_new ({columns}) SELECT {expressions} FROM {table}"),
        format!("DROP TABLE {table}"),
        format!("ALTER TABLE {table}_new RENAME TO {table}"),
    ];
    // The indexes follow the table and belong to its final name.
    statements.splice(1..1, replacement);
    statements
}

impl From<TableCreateStatement> for NewTable {
    fn from(table: TableCreateStatement) -> Self {
        Self { table, indexes: Vec::new() }
    }
}

/// Returns an index of `table` on `columns`, in this order.
pub(crate) fn index(
    table: &'static str,
    name: &'static str,
    columns: &[&'static str],
) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(table).take();
    for column in columns {
        index.col(*column);
    }
    index
}

/// Returns the foreign key from `payment_id` to the payment. InnoDB adds an index of this name if no other index starts with
/// the column.
pub(crate) fn belongs_to_payment(table: &'static str, name: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().name(name).from(table, "payment_id").to("payments", "id").take()
}

/// Inserts a line break before each column and constraint of a `CREATE TABLE` statement.
pub(crate) fn one_column_per_line(create_table: &str) -> String {
    let mut text = String::with_capacity(create_table.len() + 1024);
    let mut depth = 0_u32;
    let mut quote = None;
    let mut skip_space = false;
    for char in create_table.chars() {
        if std::mem::take(&mut skip_space) && char == ' ' {
            continue;
        }
        if let Some(open) = quote {
            quote = (char != open).then_some(open);
            text.push(char);
            continue;
        }
        match char {
            '\'' | '"' | '`' => quote = Some(char),
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let opens = char == '(' && depth == 1;
        let closes = char == ')' && depth == 0;
        if closes {
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        text.push(char);
        skip_space = opens || (char == ',' && depth == 1);
        if skip_space {
            text.push('\n');
            text.push_str(INDENT);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::one_column_per_line;

    #[test]
    fn lines_break_at_columns_only() {
        let sql =
            "CREATE TABLE `a,(b` ( `c` varchar(3) NOT NULL, CHECK (`c` IN ('x, (', 'y')) ) ENGINE=InnoDB";
        assert_eq!(
            one_column_per_line(sql),
            "CREATE TABLE `a,(b` (\n    `c` varchar(3) NOT NULL,\n    CHECK (`c` IN ('x, (', 'y'))\n) ENGINE=InnoDB",
        );
    }
}
