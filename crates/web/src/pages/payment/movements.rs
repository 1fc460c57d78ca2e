//! What arrived for a payment and what goes back to the payer, as the receipts tell.

use chrono::{DateTime, NaiveDate, Utc};
use hermes_domain::money::{Money, MoneyError};
use hermes_domain::payment::Payment;
use hermes_domain::ports::{ReceiptFilter, ReceiptReader, StoreError, reader_limits};
use hermes_domain::receipt::{Receipt, Refund, RefundState};

/// The version of a payment that nothing has changed.
const FIRST_VERSION: i64 = 1;

/// The movements of money of one payment, oldest first. The arrivals without the refunds are the amount received.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Movements {
    pub arrivals: Vec<Arrival>,
    pub refunds: Vec<Return>,
    /// Whether the cancellation of the payment made its money refunds. Otherwise, the money became credit.
    pub is_refunded: bool,
}

/// The part of a receipt that arrived for the payment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    /// The day from which the bank counts the money.
    pub on: NaiveDate,
    pub amount: Money,
}

/// Money of the payment that goes back to the payer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Return {
    pub amount: Money,
    /// When the money was sent; `None` while it is due.
    pub sent_at: Option<DateTime<Utc>>,
}

impl Movements {
    /// Reads the movements of a payment.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn read(reader: &dyn ReceiptReader, payment: &Payment) -> Result<Self, StoreError> {
        // An allocation changes its payment, so a payment at its first version has no receipt.
        if payment.version == FIRST_VERSION {
            return Ok(Self::default());
        }
        let filter = ReceiptFilter { payment: Some(payment.id), ..ReceiptFilter::default() };
        let receipts = reader.list_receipts(&filter, None, reader_limits::PAGE_MAX).await?;
        Ok(Self::of(payment, &receipts))
    }

    fn of(payment: &Payment, receipts: &[Receipt]) -> Self {
        let is_refunded = receipts.iter().any(|receipt| receipt.has_refund_of_cancellation(payment));
        let mut movements = Self { is_refunded, ..Self::default() };
        for receipt in receipts {
            let refunds: Vec<_> = receipt.refunds_of(payment.id).map(returned).collect();
            let allocated = receipt.allocations.iter().filter(|allocation| allocation.payment == payment.id);
            let amounts = allocated
                .map(|allocation| allocation.amount)
                .chain(refunds.iter().map(|refund| refund.amount));
            // The parts of a receipt are at most its amount, so the sum exists.
            if let Some(amount) = amounts.map(Ok).reduce(|sum, amount| sum?.checked_add(amount?))
                && let Ok(amount) = amount
            {
                movements.arrivals.push(Arrival { on: receipt.value_date, amount });
            }
            movements.refunds.extend(refunds);
        }
        movements.arrivals.sort_by_key(|arrival| arrival.on);
        // What is still due comes last.
        movements.refunds.sort_by_key(|refund| (refund.sent_at.is_none(), refund.sent_at));
        movements
    }

    /// Returns what has arrived in total, with what was sent back since.
    ///
    /// # Errors
    /// If the sum overflows, which the parts of receipts cannot.
    pub fn total(&self, payment: &Payment) -> Result<Money, MoneyError> {
        let refunded = self.refunds.iter().map(|refund| refund.amount);
        refunded.into_iter().try_fold(payment.amount_received, Money::checked_add)
    }

    /// Returns what a cancelled payment still holds: what is due to the payer, and what was never released.
    ///
    /// # Errors
    /// If the sum overflows, which the parts of receipts cannot.
    pub fn held(&self, payment: &Payment) -> Result<Money, MoneyError> {
        let due = self.refunds.iter().filter(|refund| refund.sent_at.is_none()).map(|refund| refund.amount);
        due.into_iter().try_fold(payment.amount_received, Money::checked_add)
    }
}

fn returned(refund: &Refund) -> Return {
    let sent_at = (refund.state == RefundState::Sent).then_some(refund.updated_at);
    Return { amount: refund.amount, sent_at }
}
