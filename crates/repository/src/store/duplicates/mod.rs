//! The latest live payment of the same payer, for many payers with one statement.

use std::collections::HashMap;

use hermes_domain::payment::{DuplicateKey, Reference};
use hermes_domain::ports::StoreError;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement, Value};

use crate::error::statement_error;
use crate::padding::padded;

/// The most keys of one statement; SQLite takes 500.
const KEYS_MAX: usize = 256;

/// Finds the latest live payment for each key that has one.
pub(super) async fn find(
    transaction: &DatabaseTransaction,
    keys: &[DuplicateKey],
) -> Result<HashMap<DuplicateKey, Reference>, StoreError> {
    let mut by_shape: HashMap<Shape, Vec<&DuplicateKey>> = HashMap::new();
    for key in keys {
        by_shape.entry(Shape::of(key)).or_default().push(key);
    }
    let mut found = HashMap::new();
    for (shape, keys) in by_shape {
        for keys in keys.chunks(KEYS_MAX) {
            found.extend(find_alike(transaction, shape, keys).await?);
        }
    }
    Ok(found)
}

async fn find_alike(
    transaction: &DatabaseTransaction,
    shape: Shape,
    keys: &[&DuplicateKey],
) -> Result<Vec<(DuplicateKey, Reference)>, StoreError> {
    let backend = transaction.get_database_backend();
    let keys: Vec<&DuplicateKey> = padded(keys).copied().collect();
    let sql = shape.sql(backend, keys.len());
    let values = keys.iter().flat_map(|key| values_of(key));
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let rows = transaction.query_all_raw(statement).await.map_err(statement_error)?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let place: i64 = row.try_get_by_index(0).map_err(statement_error)?;
        let reference: Option<String> = row.try_get_by_index(1).map_err(statement_error)?;
        let key = usize::try_from(place).ok().and_then(|place| keys.get(place));
        if let (Some(key), Some(reference)) = (key, reference) {
            let reference = Reference::parse(&reference)
                .map_err(|_| StoreError::Corrupt("payment: reference".to_owned()))?;
            found.push(((*key).clone(), reference));
        }
    }
    Ok(found)
}

/// The values of a key, in the order of [`Shape::fields`].
fn values_of(key: &DuplicateKey) -> Vec<Value> {
    let mut values: Vec<Value> = vec![key.email_key.as_str().into(), key.other_than.0.into()];
    values.extend(key.amount_minor.map(Value::from));
    values.extend(key.currency_from.map(Value::from));
    values.extend(key.school.as_deref().map(Value::from));
    values.extend(key.student_id.as_deref().map(Value::from));
    values.extend(key.created_from.map(Value::from));
    values
}

/// Which of its optional fields a key has. All keys of one rule are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Shape {
    amount: bool,
    currency: bool,
    school: bool,
    student: bool,
    window: bool,
}

/// One field of a key: its name, how its parameter is typed on MySQL, and what a payment must fulfil.
struct Field {
    name: &'static str,
    mysql_parameter: &'static str,
    mysql_condition: &'static str,
    sqlite_condition: &'static str,
}

/// The address; its column is compared byte by byte on every database, and is the start of the index.
const EMAIL: Field = Field {
    name: "email_key",
    mysql_parameter: "CAST(? AS CHAR(1024)) COLLATE utf8mb4_bin",
    mysql_condition: "p.email_key = k.email_key",
    sqlite_condition: "p.email_key = k.email_key",
};
const OTHER: Field = Field {
    name: "other_than",
    mysql_parameter: "CAST(? AS BINARY(16))",
    mysql_condition: "p.id <> k.other_than",
    sqlite_condition: "p.id <> k.other_than",
};
const AMOUNT: Field = Field {
    name: "amount",
    mysql_parameter: "CAST(? AS SIGNED)",
    mysql_condition: "p.amount = k.amount",
    sqlite_condition: "p.amount = k.amount",
};
const CURRENCY: Field = Field {
    name: "currency_from",
    mysql_parameter: "CAST(? AS BINARY)",
    mysql_condition: "CAST(p.currency_from AS BINARY) = k.currency_from",
    sqlite_condition: "p.currency_from = k.currency_from",
};
/// As bytes, because the column's collation would take "Genève" for "GENEVE".
const SCHOOL: Field = Field {
    name: "school",
    mysql_parameter: "CAST(? AS BINARY)",
    mysql_condition: "CAST(COALESCE(p.school, '') AS BINARY) = k.school",
    sqlite_condition: "COALESCE(p.school, '') = k.school",
};
const STUDENT: Field = Field {
    name: "student_id",
    mysql_parameter: "CAST(? AS BINARY)",
    mysql_condition: "CAST(COALESCE(p.student_id, '') AS BINARY) = k.student_id",
    sqlite_condition: "COALESCE(p.student_id, '') = k.student_id",
};
const WINDOW: Field = Field {
    name: "created_from",
    mysql_parameter: "CAST(? AS DATETIME(6))",
    mysql_condition: "p.created_at >= k.created_from",
    sqlite_condition: "p.created_at >= k.created_from",
};

impl Shape {
    fn of(key: &DuplicateKey) -> Self {
        Self {
            amount: key.amount_minor.is_some(),
            currency: key.currency_from.is_some(),
            school: key.school.is_some(),
            student: key.student_id.is_some(),
            window: key.created_from.is_some(),
        }
    }

    fn fields(self) -> Vec<&'static Field> {
        let optional = [
            (self.amount, &AMOUNT),
            (self.currency, &CURRENCY),
            (self.school, &SCHOOL),
            (self.student, &STUDENT),
            (self.window, &WINDOW),
        ];
        let present = optional.into_iter().filter(|(present, _)| *present);
        [&EMAIL, &OTHER].into_iter().chain(present.map(|(_, field)| field)).collect()
    }

    /// The keys as a table of their own, and for each the first payment along the index.
    fn sql(self, backend: DbBackend, keys: usize) -> String {
        let fields = self.fields();
        let mysql = backend == DbBackend::MySql;
        let parameter = |field: &&Field| {
            let parameter = if mysql { field.mysql_parameter } else { "?" };
            format!("{parameter} AS {}", field.name)
        };
        let condition = |field: &&Field| {
            if mysql { field.mysql_condition } else { field.sqlite_condition }
        };
        let parameters = fields.iter().map(parameter).collect::<Vec<_>>().join(", ");
        let conditions = fields.iter().map(condition).collect::<Vec<_>>().join(" AND ");
        let table = (0..keys)
            .map(|place| format!("SELECT {place} AS place, {parameters}"))
            .collect::<Vec<_>>()
            .join(" UNION ALL ");
        format!(
            "SELECT k.place, (SELECT p.reference FROM payments p WHERE {conditions} AND p.status <> 'CANCELLED' \
             ORDER BY p.created_at DESC, p.id DESC LIMIT 1) AS reference FROM ({table}) k"
        )
    }
}
