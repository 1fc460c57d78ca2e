//! One payment in the dashboard's table.

use hermes_domain::payment::{Check, Payment};

use crate::pages::{AmountView, FormattedTime};

/// One payment.
pub(super) struct Row<'a> {
    pub payment: &'a Payment,
    pub booked: FormattedTime,
    pub amount: AmountView,
    pub fee: AmountView,
    pub final_amount: AmountView,
    pub received: AmountView,
    pub status: &'static str,
    pub validation_status: &'static str,
    pub flags: Vec<&'a Check>,
    /// What the checks without a flag say.
    pub passed: Vec<&'a str>,
}

impl<'a> From<&'a Payment> for Row<'a> {
    fn from(payment: &'a Payment) -> Self {
        let (flags, passed): (Vec<_>, Vec<_>) = payment.checks.iter().partition(|check| check.is_flagged());
        Self {
            payment,
            booked: payment.created_at.into(),
            amount: payment.amount.into(),
            fee: payment.fee.amount.into(),
            final_amount: payment.final_amount().into(),
            received: payment.amount_received.into(),
            status: payment.status().as_str(),
            validation_status: payment.validation_status().as_str(),
            flags,
            passed: passed.into_iter().map(|check| &*check.message).collect(),
        }
    }
}
