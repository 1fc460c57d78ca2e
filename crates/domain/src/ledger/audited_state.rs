//! The comparison of a payment or a receipt with its last audit row.

use serde::Serialize;
use serde_json::{Map, Value};

use super::AuditEntry;

/// How an object differs from its last audit row. The messages contain no personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditMismatch {
    /// The object has no audit row.
    #[error("has no audit row")]
    NotAudited,
    /// The last audit row contains no readable state.
    #[error("audit row {seq} has no readable state")]
    StateUnknown {
        /// The number of the audit row.
        seq: i64,
    },
    /// The last audit row is erased. An erasure writes an audit row of its own, so the last row is never erased.
    #[error("audit row {seq}, its last one, is erased")]
    Erased {
        /// The number of the audit row.
        seq: i64,
    },
    /// Fields have other values than in the audit row.
    #[error("differs from audit row {seq} in {}", fields.join(", "))]
    Differs {
        /// The number of the audit row.
        seq: i64,
        /// The JSON paths of the fields, such as `details.name`.
        fields: Vec<String>,
    },
}

/// Compares a payment or a receipt with its last audit row.
///
/// The comparison covers the fields that the row has; the row lacks fields that were introduced later.
///
/// # Errors
/// Returns the mismatch if the two differ or cannot be compared.
pub fn verify_against_audit<State: Serialize>(
    current: &State,
    last: Option<&AuditEntry>,
) -> Result<(), AuditMismatch> {
    let last = last.ok_or(AuditMismatch::NotAudited)?;
    if last.is_erased() {
        return Err(AuditMismatch::Erased { seq: last.seq });
    }
    let audited = last.new_value.as_deref().and_then(|state| serde_json::from_str(state).ok());
    let audited: Map<String, Value> = audited.ok_or(AuditMismatch::StateUnknown { seq: last.seq })?;
    let current = serde_json::to_value(current).unwrap_or_default();
    let mut fields = Vec::new();
    collect_differences("", &audited, &current, &mut fields);
    if fields.is_empty() { Ok(()) } else { Err(AuditMismatch::Differs { seq: last.seq, fields }) }
}

fn collect_differences(
    prefix: &str,
    audited: &Map<String, Value>,
    current: &Value,
    fields: &mut Vec<String>,
) {
    for (field, value) in audited {
        match (value, current.get(field)) {
            (Value::Object(inner), Some(current @ Value::Object(_))) => {
                collect_differences(&format!("{prefix}{field}."), inner, current, fields);
            }
            (value, current) if current == Some(value) => {}
            _ => fields.push(format!("{prefix}{field}")),
        }
    }
}
