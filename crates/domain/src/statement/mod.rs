//! Imported bank statements: the import of a file, its lines and their matches.
//!
//! The ledger records the money of a line as a receipt. This module describes the rows beside the ledger, which say how
//! far an import is and what it proposes.

mod import;
mod line;
mod stored_match;

pub use import::{ImportCounts, ImportId, ImportState, ImportWork, NewImport, StatementImport};
pub use line::{BankLine, Direction, LineBatch, LineState, LineTexts, StoredLine};
pub use stored_match::{MatchId, MatchState, NewMatch, StoredMatch, StoredPart};
