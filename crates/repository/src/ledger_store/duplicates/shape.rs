//! The statement that asks for the payments of many keys.

use hermes_domain::payment::DuplicateKey;
use sea_orm::{DbBackend, Value};

/// The values of a key, in the order of [`QueryTemplate::fields`].
pub(super) fn values_of(key: &DuplicateKey) -> Vec<Value> {
    let mut values: Vec<Value> = vec![key.email_key.as_str().into(), key.exclude_id.0.into()];
    values.extend(key.amount_minor.map(Value::from));
    values.extend(key.currency_from.map(Value::from));
    values.extend(key.school.as_deref().map(Value::from));
    values.extend(key.student_id.as_deref().map(Value::from));
    values.extend(key.created_from.map(Value::from));
    values
}

/// Which of its optional fields a key has. All keys of one rule are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct QueryTemplate {
    amount: bool,
    currency: bool,
    school: bool,
    student: bool,
    window: bool,
}

/// One field of a key: its name, how its parameter is typed on MySQL, and what of a payment it is compared with.
struct Field {
    name: &'static str,
    mysql_parameter: &'static str,
    mysql_left: &'static str,
    sqlite_left: &'static str,
}

/// The address; its column is compared byte by byte on every database, and is the start of the index.
const EMAIL: Field = Field {
    name: "email_key",
    mysql_parameter: "CAST(? AS CHAR(1024)) COLLATE utf8mb4_bin",
    mysql_left: "p.email_key =",
    sqlite_left: "p.email_key =",
};
const OTHER: Field = Field {
    name: "exclude_id",
    mysql_parameter: "CAST(? AS BINARY(16))",
    mysql_left: "p.id <>",
    sqlite_left: "p.id <>",
};
const AMOUNT: Field = Field {
    name: "amount",
    mysql_parameter: "CAST(? AS SIGNED)",
    mysql_left: "p.amount =",
    sqlite_left: "p.amount =",
};
const CURRENCY: Field = Field {
    name: "currency_from",
    mysql_parameter: "CAST(? AS BINARY)",
    mysql_left: "CAST(p.currency_from AS BINARY) =",
    sqlite_left: "p.currency_from =",
};
/// As bytes, because the column's collation would take "Genève" for "GENEVE".
const SCHOOL: Field = Field {
    name: "school",
    mysql_parameter: "CAST(? AS BINARY)",
    mysql_left: "CAST(COALESCE(p.school, '') AS BINARY) =",
    sqlite_left: "COALESCE(p.school, '') =",
};
const STUDENT: Field = Field {
    name: "student_id",
    mysql_parameter: "CAST(? AS BINARY)",
    mysql_left: "CAST(COALESCE(p.student_id, '') AS BINARY) =",
    sqlite_left: "COALESCE(p.student_id, '') =",
};
const WINDOW: Field = Field {
    name: "created_from",
    mysql_parameter: "CAST(? AS DATETIME(6))",
    mysql_left: "p.created_at >=",
    sqlite_left: "p.created_at >=",
};

impl QueryTemplate {
    pub(super) fn of(key: &DuplicateKey) -> Self {
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

    /// A lone key is asked for by itself: a table of keys costs a server more than the look-up.
    pub(super) fn sql(self, backend: DbBackend, keys: usize) -> String {
        let mysql = backend == DbBackend::MySql;
        if keys == 1 { self.sql_of_one(mysql) } else { self.sql_of_many(mysql, keys) }
    }

    fn sql_of_one(self, mysql: bool) -> String {
        let condition = |field: &&Field| format!("{} {}", field.left(mysql), field.parameter(mysql));
        let conditions = self.fields().iter().map(condition).collect::<Vec<_>>();
        format!("SELECT 0 AS place, ({}) AS reference", latest(&conditions))
    }

    /// The keys as a table of their own, and for each the first payment along the index.
    fn sql_of_many(self, mysql: bool, keys: usize) -> String {
        let fields = self.fields();
        let parameter = |field: &&Field| format!("{} AS {}", field.parameter(mysql), field.name);
        let parameters = fields.iter().map(parameter).collect::<Vec<_>>().join(", ");
        let condition = |field: &&Field| format!("{} k.{}", field.left(mysql), field.name);
        let conditions = fields.iter().map(condition).collect::<Vec<_>>();
        let table = (0..keys)
            .map(|place| format!("SELECT {place} AS place, {parameters}"))
            .collect::<Vec<_>>()
            .join(" UNION ALL ");
        format!("SELECT k.place, ({}) AS reference FROM ({table}) k", latest(&conditions))
    }
}

impl Field {
    const fn parameter(&self, mysql: bool) -> &'static str {
        if mysql { self.mysql_parameter } else { "?" }
    }

    /// The payment's side of the comparison.
    const fn left(&self, mysql: bool) -> &'static str {
        if mysql { self.mysql_left } else { self.sqlite_left }
    }
}

/// The latest live payment that fulfils conditions.
///
/// The address is the same for all payments of a key, and still part of their order: only then does MySQL see that
/// the order is the index's, and not sort all payments of a payer for the first of them.
fn latest(conditions: &[String]) -> String {
    format!(
        "SELECT p.reference FROM payments p WHERE {} AND p.status <> 'CANCELLED' \
         ORDER BY p.email_key DESC, p.created_at DESC, p.id DESC LIMIT 1",
        conditions.join(" AND ")
    )
}
