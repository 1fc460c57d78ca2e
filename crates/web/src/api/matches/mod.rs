//! `/api/matches`: the payments that statement lines can pay. One endpoint per file.

mod accept;
mod list;
mod reject;

pub use accept::accept_match;
pub use list::list_matches;
pub use reject::reject_match;

use hermes_domain::statement::MatchId;
use uuid::Uuid;

use crate::problem::{Problem, ProblemCode};

/// Parses the path parameter that identifies a match.
///
/// # Errors
/// 404 if the text is not the id of a match.
fn parse_match_id(path: &str) -> Result<MatchId, Problem> {
    let not_found = |_| Problem::new(ProblemCode::NotFound).with_detail("There is no such match.");
    Uuid::try_parse(path).map(MatchId).map_err(not_found)
}
