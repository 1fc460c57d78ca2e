//! Receipts and refunds on the wire. Amounts are decimal strings in the currency of the receipt.

use data_encoding::HEXLOWER;
use hermes_domain::money::Money;
use hermes_domain::ports::RefundOfReceipt;
use hermes_domain::receipt::{Allocation, Receipt, ReceiptSource, ReceiptStatus, Refund, RefundState};
use serde::Serialize;
use utoipa::ToSchema;

use super::Rfc3339;
use super::values::{as_text, schemas, string_enum};

/// Money that arrived, and where it is.
///
/// `amount` = `allocated` + `credit` + `refunds_reserved` + `refunded` + `surplus_written_off`. A reversed receipt has only
/// zeros on the right.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Receipt)]
pub struct ReceiptBody<'a> {
    /// The number.
    #[schema(example = "RCT-2026-000001", pattern = "^RCT-[0-9]{4}-[0-9]{6,}$")]
    pub number: String,
    /// The amount that arrived.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "35700.00")]
    pub amount: Money,
    /// The currency (ISO 4217).
    #[schema(example = "USD", pattern = "^[A-Z]{3}$")]
    pub currency: &'static str,
    /// The day from which the bank counts the money.
    #[schema(value_type = chrono::NaiveDate, example = "2026-11-30")]
    pub value_date: String,
    /// The way in which the money arrived.
    #[schema(value_type = ReceiptSourceName, example = "bank_transfer")]
    pub source: &'static str,
    /// The identity of the statement line that the receipt books.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub statement_line: Option<String>,
    /// The id of the transfer at the bank.
    #[schema(example = "2026113000417")]
    pub bank_id: Option<&'a str>,
    /// The payer's name and the text of the transfer.
    #[schema(example = "Ana Ruiz REF001")]
    pub payer_text: Option<&'a str>,
    /// The payer's account.
    #[schema(example = "DE02120300000000202051")]
    pub payer_account: Option<&'a str>,
    /// A note of the staff.
    #[schema(example = "counted by two")]
    pub note: Option<&'a str>,
    /// The status.
    #[schema(value_type = ReceiptStatusName, example = "SETTLED")]
    pub status: &'static str,
    /// The part applied to payments.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "35700.00")]
    pub allocated: Money,
    /// The part that is neither allocated, refunded, reserved for a refund nor written off.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "0.00")]
    pub credit: Money,
    /// The part of the credit that is due for refunds.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "0.00")]
    pub refunds_due: Money,
    /// The part reserved for refunds that are requested or approved.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "0.00")]
    pub refunds_reserved: Money,
    /// The part sent back.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "0.00")]
    pub refunded: Money,
    /// The surplus written off.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "0.00")]
    pub surplus_written_off: Money,
    /// The parts applied to payments.
    pub allocations: Vec<AllocationBody>,
    /// The refunds.
    pub refunds: Vec<RefundBody<'a>>,
    /// The version, from 1. The ETag of the receipt is derived from the version.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// The time of the reversal.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub reversed_at: Option<Rfc3339>,
    /// The time of recording.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Rfc3339,
    /// The time of the last change.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub updated_at: Rfc3339,
}

/// The part of a receipt applied to one payment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Allocation)]
pub struct AllocationBody {
    /// The number of the allocation within the receipt.
    #[schema(example = 1, minimum = 1)]
    pub id: i64,
    /// The reference of the payment.
    #[schema(example = "REF001", pattern = "^REF[0-9]{3,18}$")]
    pub reference: String,
    /// The ID of the payment.
    #[schema(value_type = uuid::Uuid)]
    pub booking_id: String,
    /// The amount.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "35700.00")]
    pub amount: Money,
    /// The time of the allocation.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Rfc3339,
}

/// Money of a receipt that is sent back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Refund)]
pub struct RefundBody<'a> {
    /// The number, which the text of the transfer should contain.
    #[schema(example = "RFD-2026-000001", pattern = "^RFD-[0-9]{4}-[0-9]{6,}$")]
    pub number: String,
    /// The receipt whose money is sent back.
    #[schema(example = "RCT-2026-000001", pattern = "^RCT-[0-9]{4}-[0-9]{6,}$")]
    pub receipt: String,
    /// The reference of the payment whose cancellation or excess is refunded.
    #[schema(example = "REF001")]
    pub reference: Option<String>,
    /// The amount.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "100.00")]
    pub amount: Money,
    /// The currency (ISO 4217).
    #[schema(example = "USD", pattern = "^[A-Z]{3}$")]
    pub currency: &'static str,
    /// The state.
    #[schema(value_type = RefundStateName, example = "REQUESTED")]
    pub state: &'static str,
    /// The account that receives the money.
    #[schema(example = "DE02120300000000202051")]
    pub payee_account: Option<&'a str>,
    /// The actor that requested the refund.
    #[schema(example = "key:0123456789 cashier")]
    pub requested_by: Option<&'a str>,
    /// The actor that approved the refund.
    #[schema(example = "key:9876543210 finance")]
    pub approved_by: Option<&'a str>,
    /// The id of the transfer at the bank.
    #[schema(example = "2026120200001")]
    pub bank_id: Option<&'a str>,
    /// The version, from 1. The ETag of the refund is derived from the version.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// The time of creation.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Rfc3339,
    /// The time of the last change.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub updated_at: Rfc3339,
}

schemas! {
    /// The schema of the source of a receipt.
    ReceiptSourceName as "ReceiptSource" = string_enum(ReceiptSource::ALL.map(ReceiptSource::as_str));
    /// The schema of the status of a receipt.
    ReceiptStatusName as "ReceiptStatus" = string_enum(ReceiptStatus::ALL.map(ReceiptStatus::as_str));
    /// The schema of the state of a refund.
    RefundStateName as "RefundState" = string_enum(RefundState::ALL.map(RefundState::as_str));
}

impl<'a> From<&'a Receipt> for ReceiptBody<'a> {
    fn from(receipt: &'a Receipt) -> Self {
        let details = &receipt.details;
        let refund = |refund| RefundBody::new(receipt.number.to_string(), refund);
        Self {
            number: receipt.number.to_string(),
            amount: receipt.amount,
            currency: receipt.amount.currency().code(),
            value_date: receipt.value_date.to_string(),
            source: receipt.source.as_str(),
            statement_line: receipt.statement_line.map(|line| HEXLOWER.encode(&line.0)),
            bank_id: details.bank_id.as_deref(),
            payer_text: details.payer_text.as_deref(),
            payer_account: details.payer_account.as_deref(),
            note: details.note.as_deref(),
            status: receipt.status().as_str(),
            allocated: receipt.allocated(),
            credit: receipt.credit(),
            refunds_due: receipt.refunds_due(),
            refunds_reserved: receipt.refunds_reserved(),
            refunded: receipt.refunded(),
            surplus_written_off: receipt.surplus_written_off,
            allocations: receipt.allocations.iter().map(AllocationBody::from).collect(),
            refunds: receipt.refunds.iter().map(refund).collect(),
            version: receipt.version,
            reversed_at: receipt.reversed_at.map(Rfc3339),
            created_at: Rfc3339(receipt.created_at),
            updated_at: Rfc3339(receipt.updated_at),
        }
    }
}

impl From<&Allocation> for AllocationBody {
    fn from(allocation: &Allocation) -> Self {
        Self {
            id: allocation.id,
            reference: allocation.reference.to_string(),
            booking_id: allocation.payment.to_string(),
            amount: allocation.amount,
            created_at: Rfc3339(allocation.created_at),
        }
    }
}

impl<'a> RefundBody<'a> {
    /// Creates the body of a refund and the number of its receipt.
    pub fn new(receipt: String, refund: &'a Refund) -> Self {
        Self {
            number: refund.number.to_string(),
            receipt,
            reference: refund.payment.map(|(_, reference)| reference.to_string()),
            amount: refund.amount,
            currency: refund.amount.currency().code(),
            state: refund.state.as_str(),
            payee_account: refund.payee_account.as_deref(),
            requested_by: refund.requested_by.as_deref(),
            approved_by: refund.approved_by.as_deref(),
            bank_id: refund.bank_id.as_deref(),
            version: refund.version,
            created_at: Rfc3339(refund.created_at),
            updated_at: Rfc3339(refund.updated_at),
        }
    }
}

impl<'a> From<&'a RefundOfReceipt> for RefundBody<'a> {
    fn from(found: &'a RefundOfReceipt) -> Self {
        Self::new(found.receipt.to_string(), &found.refund)
    }
}
