//! Receipts: money that arrived, and where it is.
//!
//! A receipt is allocated to payments. Its other parts are credit, refunds that are reserved or sent, and a surplus written
//! off. The parts of a receipt always add up to its amount, because [`Receipt::new`] derives the credit from the others.

mod details;
mod new_receipt;
mod number;
mod refund;
mod state;
mod status;

pub use details::{
    BANK_ID_MAX_CHARS, NOTE_MAX_CHARS, PAYER_ACCOUNT_MAX_CHARS, PAYER_TEXT_MAX_CHARS, ReceiptDetails,
};
pub use new_receipt::{NewReceipt, ReceiptRequest};
pub use number::{NumberError, ReceiptNumber, RefundNumber, YEARS};
pub use refund::{Refund, RefundState, RefundStep};
pub use state::{Allocation, Receipt, ReceiptError, ReceiptFields, StatementLineId};
pub use status::{ReceiptSource, ReceiptStatus};
