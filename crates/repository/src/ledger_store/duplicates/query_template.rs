//! The SQL that finds the payments of many keys.

use hermes_domain::payment::DuplicateKey;
use sea_orm::{DbBackend, Value};

/// Returns the values of a key in the order of [`QueryTemplate::fields`].
pub(super) fn key_values(key: &DuplicateKey) -> Vec<Value> {
    let mut values: Vec<Value> = vec![key.email_key.as_str().into(), key.exclude_id.0.into()];
    values.extend(key.amount_minor.map(Value::from));
    values.extend(key.currency_from.map(Value::from));
    values.extend(key.school.as_deref().map(Value::from));
    values.extend(key.student_id.as_deref().map(Value::from));
    values.extend(key.created_from.map(Value::from));
    values
}

/// Which of [`OPTIONAL_FIELDS`] a key has. All keys of one duplicate rule have the same fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct QueryTemplate([bool; 5]);

/// A field of a key: its name, its typed parameter on MySQL, and the side of the comparison that names the payment.
struct Field {
    name: &'static str,
    mysql_parameter: &'static str,
    mysql_payment_side: &'static str,
    sqlite_payment_side: &'static str,
}

/// The fields of every key. Every database compares the e-mail address byte by byte, and the index starts with it.
const FIELDS: [Field; 2] = [
    Field::new("email_key", "CAST(? AS CHAR(1024)) COLLATE utf8mb4_bin", "p.email_key ="),
    Field::new("exclude_id", "CAST(? AS BINARY(16))", "p.id <>"),
];

/// Texts are compared as bytes, because the collation of the columns equates "Genève" and "GENEVE".
const OPTIONAL_FIELDS: [Field; 5] = [
    Field::new("amount", "CAST(? AS SIGNED)", "p.amount ="),
    Field::bytes("currency_from", "CAST(p.currency_from AS BINARY) =", "p.currency_from ="),
    Field::bytes("school", "CAST(COALESCE(p.school, '') AS BINARY) =", "COALESCE(p.school, '') ="),
    Field::bytes(
        "student_id",
        "CAST(COALESCE(p.student_id, '') AS BINARY) =",
        "COALESCE(p.student_id, '') =",
    ),
    Field::new("created_from", "CAST(? AS DATETIME(6))", "p.created_at >="),
];

impl From<&DuplicateKey> for QueryTemplate {
    fn from(key: &DuplicateKey) -> Self {
        Self([
            key.amount_minor.is_some(),
            key.currency_from.is_some(),
            key.school.is_some(),
            key.student_id.is_some(),
            key.created_from.is_some(),
        ])
    }
}

impl QueryTemplate {
    fn fields(self) -> Vec<&'static Field> {
        let optional = OPTIONAL_FIELDS.iter().zip(self.0).filter(|(_, is_present)| *is_present);
        FIELDS.iter().chain(optional.map(|(field, _)| field)).collect()
    }

    /// Returns the statement for a number of keys.
    ///
    /// A single key gets its own statement, because a table of keys costs a server more than the lookup itself.
    pub(super) fn sql(self, backend: DbBackend, keys: usize) -> String {
        let mysql = backend == DbBackend::MySql;
        if keys == 1 { self.sql_for_one(mysql) } else { self.sql_for_many(mysql, keys) }
    }

    fn sql_for_one(self, mysql: bool) -> String {
        let condition = |field: &&Field| format!("{} {}", field.payment_side(mysql), field.parameter(mysql));
        let conditions = self.fields().iter().map(condition).collect::<Vec<_>>();
        format!("SELECT 0 AS key_index, ({}) AS reference", latest(&conditions))
    }

    /// Makes a table of the keys, and selects for each key the first payment along the index.
    fn sql_for_many(self, mysql: bool, keys: usize) -> String {
        let fields = self.fields();
        let parameter = |field: &&Field| format!("{} AS {}", field.parameter(mysql), field.name);
        let parameters = fields.iter().map(parameter).collect::<Vec<_>>().join(", ");
        let condition = |field: &&Field| format!("{} k.{}", field.payment_side(mysql), field.name);
        let conditions = fields.iter().map(condition).collect::<Vec<_>>();
        let table = (0..keys)
            .map(|index| format!("SELECT {index} AS key_index, {parameters}"))
            .collect::<Vec<_>>()
            .join(" UNION ALL ");
        format!("SELECT k.key_index, ({}) AS reference FROM ({table}) k", latest(&conditions))
    }
}

impl Field {
    const fn new(name: &'static str, mysql_parameter: &'static str, payment_side: &'static str) -> Self {
        Self { name, mysql_parameter, mysql_payment_side: payment_side, sqlite_payment_side: payment_side }
    }

    const fn bytes(
        name: &'static str,
        mysql_payment_side: &'static str,
        sqlite_payment_side: &'static str,
    ) -> Self {
        Self { name, mysql_parameter: "CAST(? AS BINARY)", mysql_payment_side, sqlite_payment_side }
    }

    const fn parameter(&self, mysql: bool) -> &'static str {
        if mysql { self.mysql_parameter } else { "?" }
    }

    const fn payment_side(&self, mysql: bool) -> &'static str {
        if mysql { self.mysql_payment_side } else { self.sqlite_payment_side }
    }
}

/// Returns a subquery for the latest live payment that meets all conditions.
///
/// The ORDER BY names the e-mail address although it is the same for all payments of a key. Only then does MySQL recognise
/// the order of the index; otherwise it sorts all payments of a payer.
fn latest(conditions: &[String]) -> String {
    format!(
        "SELECT p.reference FROM payments p WHERE {} AND p.status <> 'CANCELLED' \
         ORDER BY p.email_key DESC, p.created_at DESC, p.id DESC LIMIT 1",
        conditions.join(" AND ")
    )
}
