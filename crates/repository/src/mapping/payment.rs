//! From the columns of a payment to the payment: the one place where this is done, whoever reads.

use hermes_domain::money::{BasisPoints, Currency, Fee, FeeBearer, Money};
use hermes_domain::payment::{
    PageToken, PayerDetails, Payment, PaymentFields, PaymentId, Reference, Status, ValidationStatus,
};
use hermes_domain::ports::StoreError;
use sea_orm::prelude::Uuid;

use super::corrupt::corrupt;
use super::payment_columns::PaymentColumns;
use super::validation::StoredChecks;

/// A payment that has been read but for its checks, which are rows of their own.
pub(crate) struct PaymentWithoutChecks {
    facts: PaymentFields,
    derived: DerivedColumns,
}

impl TryFrom<PaymentColumns<'_>> for PaymentWithoutChecks {
    type Error = StoreError;

    fn try_from(row: PaymentColumns<'_>) -> Result<Self, StoreError> {
        let wrong = |column| corrupt("payment", row.reference, column);
        let currency: Currency = row.currency_from.parse().map_err(|_| wrong("currency_from"))?;
        let reference = Reference::parse(row.reference).map_err(|_| wrong("reference"))?;
        let rate = u16::try_from(row.fee_rate_bps).ok().and_then(BasisPoints::new);
        let rate = rate.ok_or_else(|| wrong("fee_rate_bps"))?;
        let fee_bearer = read_bearer(row.fee_bearer).ok_or_else(|| wrong("fee_bearer"))?;
        let money = |minor| Money::from_minor(minor, currency);
        let facts = PaymentFields {
            id: PaymentId(row.id),
            reference,
            page_token: PageToken(row.page_token),
            details: PayerDetails {
                name: row.name.to_owned(),
                email: row.email.to_owned(),
                school: row.school.map(str::to_owned),
                student_id: row.student_id.map(str::to_owned),
                sender_full_name: row.sender_full_name.map(str::to_owned),
                country_from: row.country_from.map(str::to_owned),
                sender_address: row.sender_address.map(str::to_owned),
            },
            amount: money(row.amount),
            fee: Fee { amount: money(row.fee_amount), rate, rule: row.fee_rule.to_owned() },
            fee_bearer,
            amount_received: money(row.amount_received),
            cancelled_at: row.cancelled_at,
            checks: Vec::new(),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        let derived = DerivedColumns {
            final_amount: row.final_amount,
            status: Status::ALL.into_iter().find(|status| status.as_str() == row.status),
            validation_status: ValidationStatus::ALL
                .into_iter()
                .find(|status| status.as_str() == row.validation_status),
        };
        Ok(Self { facts, derived })
    }
}

impl PaymentWithoutChecks {
    /// Which payment it is.
    pub(crate) const fn id(&self) -> Uuid {
        self.facts.id.0
    }

    /// Puts the checks to the rest, and holds what is stored twice against each other.
    pub(crate) fn with(self, checks: StoredChecks) -> Result<Payment, StoreError> {
        let Self { facts, derived } = self;
        let reference = facts.reference;
        let wrong = |column| corrupt("payment", reference, column);
        let checks = checks.in_order().ok_or_else(|| wrong("validation_results"))?;
        let payment = Payment::new(PaymentFields { checks, ..facts }).map_err(|_| wrong("amount"))?;
        match derived.mismatch(&payment) {
            Some(column) => Err(wrong(column)),
            None => Ok(payment),
        }
    }
}

/// The columns that follow from others: they are there to be searched by, and must agree.
struct DerivedColumns {
    final_amount: i64,
    status: Option<Status>,
    validation_status: Option<ValidationStatus>,
}

impl DerivedColumns {
    fn mismatch(&self, payment: &Payment) -> Option<&'static str> {
        if self.final_amount != payment.final_amount().minor() {
            Some("final_amount")
        } else if self.status != Some(payment.status()) {
            Some("status")
        } else if self.validation_status != Some(payment.validation_status()) {
            Some("validation_status")
        } else {
            None
        }
    }
}

fn read_bearer(code: &str) -> Option<FeeBearer> {
    [FeeBearer::Payer, FeeBearer::Institution]
        .into_iter()
        .find(|bearer| super::payment_row::bearer_code(*bearer) == code)
}
