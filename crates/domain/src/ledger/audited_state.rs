//! A payment held against what the audit log last said of it.

use serde_json::{Map, Value};

use super::AuditEntry;
use crate::payment::Payment;

/// How a payment is not what the audit log last said of it; without a payer's data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditMismatch {
    /// The log does not know the payment.
    #[error("has no audit row")]
    NotAudited,
    /// The last audit row of the payment holds no state.
    #[error("audit row {seq} does not say what it was")]
    StateUnknown {
        /// The row.
        seq: i64,
    },
    /// Fields have other values.
    #[error("differs from audit row {seq} in {}", fields.join(", "))]
    Differs {
        /// The row.
        seq: i64,
        /// The fields, in the words of the log.
        fields: Vec<String>,
    },
}

/// Compares a payment with its last audit row.
///
/// Every field that the row has is compared; one that came to be after the row was written is in none of its words.
///
/// # Errors
/// [`AuditMismatch`], when they are not the same.
pub fn verify_against_audit(payment: &Payment, last: Option<&AuditEntry>) -> Result<(), AuditMismatch> {
    let last = last.ok_or(AuditMismatch::NotAudited)?;
    let audited = last.new_value.as_deref().and_then(fields_of);
    let audited = audited.ok_or(AuditMismatch::StateUnknown { seq: last.seq })?;
    let current = serde_json::to_value(payment).unwrap_or_default();
    let mut fields = Vec::new();
    compare("", &audited, &current, &mut fields);
    if fields.is_empty() { Ok(()) } else { Err(AuditMismatch::Differs { seq: last.seq, fields }) }
}

/// Collects the names of fields that differ, those inside others behind a dot.
fn compare(prefix: &str, audited: &Map<String, Value>, current: &Value, fields: &mut Vec<String>) {
    for (field, value) in audited {
        match (value, current.get(field)) {
            (Value::Object(inner), Some(current @ Value::Object(_))) => {
                compare(&format!("{prefix}{field}."), inner, current, fields);
            }
            (value, current) if current == Some(value) => {}
            _ => fields.push(format!("{prefix}{field}")),
        }
    }
}

fn fields_of(state: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(state).ok()
}
