//! Receipts and their rows: allocations and refunds are rows of their own.

use hermes_domain::money::{Currency, Money};
use hermes_domain::payment::{PaymentId, Reference};
use hermes_domain::ports::StoreError;
use hermes_domain::receipt::{
    Allocation, Receipt, ReceiptDetails, ReceiptFields, ReceiptNumber, Refund, RefundNumber, StatementLineId,
};
use sea_orm::ActiveValue::Set;

use super::{corrupt, digest};
use crate::entity::{allocations, receipts, refunds};

/// A receipt as stored: its row, and the rows of its allocations and refunds in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReceipt {
    /// The row of the receipt.
    pub row: receipts::Model,
    /// The rows of its allocations.
    pub allocations: Vec<allocations::Model>,
    /// The rows of its refunds.
    pub refunds: Vec<refunds::Model>,
}

impl TryFrom<StoredReceipt> for Receipt {
    type Error = StoreError;

    /// Converts the rows and verifies the derived columns.
    fn try_from(stored: StoredReceipt) -> Result<Self, StoreError> {
        let StoredReceipt { row, allocations, refunds } = stored;
        let invalid = |column| corrupt("receipt", &row.number, column);
        let currency: Currency = row.currency.parse().map_err(|_| invalid("currency"))?;
        let money = |minor| Money::from_minor(minor, currency);
        let line = row.statement_line.as_deref();
        let line = line.map(|bytes| digest(bytes, "receipt", &row.number, "statement_line"));
        let fields = ReceiptFields {
            number: ReceiptNumber::parse(&row.number).map_err(|_| invalid("number"))?,
            amount: money(row.amount),
            value_date: row.value_date,
            source: row.source.parse().map_err(|_| invalid("source"))?,
            statement_line: line.transpose()?.map(StatementLineId),
            details: ReceiptDetails {
                bank_id: row.bank_id.clone(),
                payer_text: row.payer_text.clone(),
                payer_account: row.payer_account.clone(),
                note: row.note.clone(),
            },
            allocations: allocations
                .into_iter()
                .map(|part| allocation(part, currency))
                .collect::<Result<_, _>>()?,
            allocations_made: row.allocations_made,
            refunds: refunds.into_iter().map(Refund::try_from).collect::<Result<_, _>>()?,
            surplus_written_off: money(row.surplus_written_off),
            reversed_at: row.reversed_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        let receipt = Self::new(fields).map_err(|_| invalid("amount"))?;
        match mismatch(&row, &receipt) {
            Some(column) => Err(invalid(column)),
            None => Ok(receipt),
        }
    }
}

/// Returns the derived column that disagrees with the receipt.
fn mismatch(row: &receipts::Model, receipt: &Receipt) -> Option<&'static str> {
    let agreements = [
        ("seq", row.seq == receipt.number.sequence()),
        ("allocated", row.allocated == receipt.allocated().minor()),
        ("credit", row.credit == receipt.credit().minor()),
        ("refunds_reserved", row.refunds_reserved == receipt.refunds_reserved().minor()),
        ("refunded", row.refunded == receipt.refunded().minor()),
        ("refunds_due", row.refunds_due == receipt.refunds_due().minor()),
        ("status", row.status == receipt.status().as_str()),
    ];
    agreements.into_iter().find(|(_, agrees)| !agrees).map(|(column, _)| column)
}

impl From<&Receipt> for receipts::ActiveModel {
    fn from(receipt: &Receipt) -> Self {
        let details = &receipt.details;
        Self {
            seq: Set(receipt.number.sequence()),
            number: Set(receipt.number.to_string()),
            currency: Set(receipt.amount.currency().code().to_owned()),
            amount: Set(receipt.amount.minor()),
            value_date: Set(receipt.value_date),
            source: Set(receipt.source.as_str().to_owned()),
            statement_line: Set(receipt.statement_line.map(|line| line.0.to_vec())),
            bank_id: Set(details.bank_id.clone()),
            payer_text: Set(details.payer_text.clone()),
            payer_account: Set(details.payer_account.clone()),
            note: Set(details.note.clone()),
            allocations_made: Set(receipt.allocations_made),
            status: Set(receipt.status().as_str().to_owned()),
            reversed_at: Set(receipt.reversed_at),
            version: Set(receipt.version),
            created_at: Set(receipt.created_at),
            updated_at: Set(receipt.updated_at),
            allocated: Set(receipt.allocated().minor()),
            credit: Set(receipt.credit().minor()),
            refunds_reserved: Set(receipt.refunds_reserved().minor()),
            refunded: Set(receipt.refunded().minor()),
            surplus_written_off: Set(receipt.surplus_written_off.minor()),
            refunds_due: Set(receipt.refunds_due().minor()),
        }
    }
}

fn allocation(row: allocations::Model, currency: Currency) -> Result<Allocation, StoreError> {
    let reference = Reference::parse(&row.reference);
    let reference = reference.map_err(|_| corrupt("allocation of receipt", row.receipt_seq, "reference"))?;
    Ok(Allocation {
        id: row.id,
        payment: PaymentId(row.payment_id),
        reference,
        amount: Money::from_minor(row.amount, currency),
        created_at: row.created_at,
    })
}

/// An allocation with its receipt, ready to be inserted.
#[derive(Clone, Copy)]
pub(crate) struct AllocationRow<'a> {
    receipt: &'a Receipt,
    allocation: &'a Allocation,
}

impl<'a> AllocationRow<'a> {
    /// Returns the allocation rows of all `receipts`.
    pub(crate) fn from_receipts(receipts: &'a [Receipt]) -> Vec<Self> {
        let allocations = |receipt: &'a Receipt| {
            receipt.allocations.iter().map(move |allocation| Self { receipt, allocation })
        };
        receipts.iter().flat_map(allocations).collect()
    }
}

impl From<&AllocationRow<'_>> for allocations::ActiveModel {
    fn from(row: &AllocationRow<'_>) -> Self {
        Self {
            receipt_seq: Set(row.receipt.number.sequence()),
            id: Set(row.allocation.id),
            payment_id: Set(row.allocation.payment.0),
            reference: Set(row.allocation.reference.to_string()),
            amount: Set(row.allocation.amount.minor()),
            created_at: Set(row.allocation.created_at),
        }
    }
}

impl TryFrom<refunds::Model> for Refund {
    type Error = StoreError;

    fn try_from(row: refunds::Model) -> Result<Self, StoreError> {
        let invalid = |column| corrupt("refund", &row.number, column);
        let currency: Currency = row.currency.parse().map_err(|_| invalid("currency"))?;
        let reference = row.reference.as_deref().map(Reference::parse).transpose();
        let reference = reference.map_err(|_| invalid("reference"))?;
        Ok(Self {
            number: RefundNumber::parse(&row.number).map_err(|_| invalid("number"))?,
            amount: Money::from_minor(row.amount, currency),
            state: row.state.parse().map_err(|_| invalid("state"))?,
            payment: row.payment_id.map(PaymentId).zip(reference),
            payee_account: row.payee_account.clone(),
            requested_by: row.requested_by.clone(),
            approved_by: row.approved_by.clone(),
            bank_id: row.bank_id.clone(),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// A refund with its receipt, ready to be written.
#[derive(Clone, Copy)]
pub(crate) struct RefundRow<'a> {
    receipt: &'a Receipt,
    pub(crate) refund: &'a Refund,
}

impl<'a> RefundRow<'a> {
    /// Returns the refund rows of all `receipts`.
    pub(crate) fn from_receipts(receipts: &'a [Receipt]) -> Vec<Self> {
        let refunds =
            |receipt: &'a Receipt| receipt.refunds.iter().map(move |refund| Self { receipt, refund });
        receipts.iter().flat_map(refunds).collect()
    }
}

impl From<&RefundRow<'_>> for refunds::ActiveModel {
    fn from(row: &RefundRow<'_>) -> Self {
        let refund = row.refund;
        Self {
            seq: Set(refund.number.sequence()),
            number: Set(refund.number.to_string()),
            receipt_seq: Set(row.receipt.number.sequence()),
            currency: Set(refund.amount.currency().code().to_owned()),
            amount: Set(refund.amount.minor()),
            state: Set(refund.state.as_str().to_owned()),
            payment_id: Set(refund.payment.map(|(id, _)| id.0)),
            reference: Set(refund.payment.map(|(_, reference)| reference.to_string())),
            payee_account: Set(refund.payee_account.clone()),
            requested_by: Set(refund.requested_by.clone()),
            approved_by: Set(refund.approved_by.clone()),
            bank_id: Set(refund.bank_id.clone()),
            version: Set(refund.version),
            created_at: Set(refund.created_at),
            updated_at: Set(refund.updated_at),
        }
    }
}
