//! From a payment to its row.

use hermes_domain::money::FeeBearer;
use hermes_domain::payment::Payment;
use sea_orm::ActiveValue::Set;

use crate::entity::payments;

impl From<&Payment> for payments::ActiveModel {
    fn from(payment: &Payment) -> Self {
        let details = &payment.details;
        Self {
            id: Set(payment.id.0),
            reference: Set(payment.reference.to_string()),
            page_token: Set(payment.page_token.0),
            name: Set(details.name.clone()),
            email: Set(details.email.clone()),
            email_key: Set(details.email_key()),
            school: Set(details.school.clone()),
            student_id: Set(details.student_id.clone()),
            sender_full_name: Set(details.sender_full_name.clone()),
            country_from: Set(details.country_from.clone()),
            sender_address: Set(details.sender_address.clone()),
            currency_from: Set(payment.amount.currency().code().to_owned()),
            amount: Set(payment.amount.minor()),
            amount_received: Set(payment.amount_received.minor()),
            fee_amount: Set(payment.fee.amount.minor()),
            final_amount: Set(payment.final_amount().minor()),
            fee_rate_bps: Set(i32::from(payment.fee.rate.get())),
            fee_rule: Set(payment.fee.rule.clone()),
            fee_bearer: Set(bearer_code(payment.fee_bearer).to_owned()),
            status: Set(payment.status().as_str().to_owned()),
            validation_status: Set(payment.validation_status().as_str().to_owned()),
            cancelled_at: Set(payment.cancelled_at),
            version: Set(payment.version),
            created_at: Set(payment.created_at),
            updated_at: Set(payment.updated_at),
        }
    }
}

/// The word of the column.
pub(super) const fn bearer_code(bearer: FeeBearer) -> &'static str {
    match bearer {
        FeeBearer::Payer => "PAYER",
        FeeBearer::Institution => "INSTITUTION",
    }
}
