//! `validation_results`: the results of the validation checks of each payment.

use sea_orm::entity::prelude::*;

/// One check of one payment.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "validation_results")]
pub struct Model {
    /// The id of the payment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub payment_id: Uuid,
    /// `INVALID_EMAIL`, `DUPLICATED_PAYMENT`, `AMOUNT_THRESHOLD` or `OVER_UNDER_PAYMENT`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub check_type: String,
    /// `PASSED` or `FLAGGED`.
    pub check_result: String,
    /// The explanation for people.
    pub check_message: String,
    /// When the check last ran.
    pub created_at: DateTimeUtc,
    /// The payment.
    #[sea_orm(belongs_to, from = "payment_id", to = "id")]
    pub payment: BelongsTo<super::payments::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

// Declared here rather than in `payments`, so that the entities depend on each other in one direction only.
impl Related<Entity> for super::payments::Entity {
    fn to() -> RelationDef {
        <Entity as Related<super::payments::Entity>>::to().rev()
    }
}
