//! `audit_log`: every change, as one hash chain.

use sea_orm::entity::prelude::*;

/// One entry of the hash chain.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub struct Model {
    /// The number, from 1, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// The id of the changed payment, if the subject is a payment.
    pub payment_id: Option<Uuid>,
    /// The type of the changed object, such as `payment`.
    pub subject_type: String,
    /// The id of the changed object; of a payment, 32 hexadecimal digits.
    pub subject_id: String,
    /// The kind of change, such as `PAYMENT_BOOKED`.
    pub action: String,
    /// The actor: a staff member, an API key, the payer or the system.
    pub actor: String,
    /// The salt of the personal values, 16 bytes; absent once they are erased.
    #[sea_orm(column_type = "Binary(16)", nullable)]
    pub salt: Option<Vec<u8>>,
    /// The reason. Personal, as the next four columns: once erased, a value is its commitment in hexadecimal digits.
    pub reason: Option<String>,
    /// The payment before the change, as JSON.
    #[sea_orm(column_type = "Text", nullable)]
    pub old_value: Option<String>,
    /// The payment after the change, as JSON.
    #[sea_orm(column_type = "Text", nullable)]
    pub new_value: Option<String>,
    /// The user agent of the request.
    pub user_agent: Option<String>,
    /// The IP address of the request.
    pub ip_address: Option<String>,
    /// The time of the change.
    pub created_at: DateTimeUtc,
    /// SHA-256 of the previous row's hash and this row, 32 bytes.
    #[sea_orm(column_type = "Binary(32)")]
    pub hash: Vec<u8>,
    /// The changed payment.
    #[sea_orm(belongs_to, from = "payment_id", to = "id")]
    pub payment: BelongsTo<Option<super::payments::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}

// Declared here rather than in `payments`, so that the entities depend on each other in one direction only.
impl Related<Entity> for super::payments::Entity {
    fn to() -> RelationDef {
        <Entity as Related<super::payments::Entity>>::to().rev()
    }
}
