//! Matching: which payments a transfer pays, and the evidence for it.
//!
//! [`find`] compares one credit line with the payments of a [`PaymentIndex`]. The criteria, from the most to the least
//! certain:
//!
//! 1. a creditor reference whose check digits are right ([`Certainty::CreditorReference`]);
//! 2. `REFnnn` in the text ([`Certainty::Reference`]);
//! 3. a reference with one mistyped character or two exchanged ones, and the exact amount ([`Certainty::Repaired`]);
//! 4. the exact amount, the payer's name and a plausible date ([`Certainty::AmountAndName`]).
//!
//! A criterion is used only if no earlier one found a payment. One transfer can pay up to [`MAX_PARTS`] payments.
//! [`find_splits`] searches for several transfers that pay one payment together. A payment in another currency never
//! matches. Everything here is a proposal; [`Finding::to_post`] decides which proposal needs no person.

mod combination;
mod evidence;
mod find;
mod line;
mod mention;
mod name;
mod payment_index;
mod proposal;
mod repair;
mod split;

pub use evidence::{Certainty, Evidence};
pub use find::{find, mentioned_references};
pub use line::{CreditLine, LineText, TextSource};
pub use payment_index::{IndexedPayment, PaymentIndex};
pub use proposal::{AutoPost, Finding, Match, MatchedPart, UnknownAutoPost};
pub use split::find_splits;

/// The most payments that one transfer pays, and the most transfers that pay one payment.
pub const MAX_PARTS: usize = 5;
/// The most proposals for one line.
pub const MAX_PROPOSALS: usize = 5;
