//! Reading what the ledger holds.
//!
//! **Round trips** on a server: the head, one payment with its checks, and audit rows take one, because one
//! statement is a snapshot of its own. A page takes five (BEGIN, head, rows, checks, COMMIT), one more when it
//! is not the first, and one more when it has no filter and others stand between its payments all the same; the
//! sums, and one payment together with the head, take four. Sessions of the reading pool are read-only and
//! REPEATABLE READ, which makes the snapshot at the first SELECT of a transaction: the head's.

mod audit;
mod audited;
mod filter;
mod keyset;
mod list;
mod pattern;
mod payments;

pub use audited::{AuditBounds, AuditedPayment};
pub use payments::SqlPaymentReader;
