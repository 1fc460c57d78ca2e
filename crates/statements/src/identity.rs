//! The identity of a line, by which an import recognizes a line that it has already booked.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::item::Direction;
use crate::{Account, Problem};

/// The identity of a line: the same line has the same identity in every file.
///
/// SHA-256 over the account, the amount, the direction, and either the bank's id or, without one, the booking date and
/// the texts; then the ordinal among equal lines of the file. The amount belongs to it because some banks give a
/// transfer and its charges the same id. The ordinal belongs to it because two equal lines of one statement are two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineIdentity([u8; 32]);

impl LineIdentity {
    /// Returns the 32 bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The most lines of one statement. The ordinals of this many lines take about 18 MiB.
pub(crate) const MAX_STATEMENT_LINES: usize = 500_000;

/// The source of an identity.
pub(crate) enum IdentitySource<'a> {
    /// An id that the bank never uses twice (`AcctSvcrRef` of camt).
    BankId(&'a str),
    /// An id that may be used again on another day (MT940, CSV, and the ids of payers and other banks in camt).
    DailyId(&'a str),
    /// Texts, for a line without an id.
    Content(Vec<Cow<'a, str>>),
}

/// The facts of a line that belong to its identity.
pub(crate) struct IdentityFacts<'a> {
    pub(crate) account: &'a Account,
    pub(crate) minor: i64,
    pub(crate) direction: Direction,
    pub(crate) currency: &'static str,
    pub(crate) booking_date: NaiveDate,
    pub(crate) source: IdentitySource<'a>,
}

/// Counts the equal lines of a statement.
#[derive(Default)]
pub(crate) struct Ordinals {
    counts: HashMap<u64, u32>,
    lines: usize,
}

impl Ordinals {
    /// Begins a statement that does not continue its predecessor.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Returns the identity of the next line.
    ///
    /// # Errors
    /// Returns an error if the statement has too many lines.
    pub(crate) fn identify(&mut self, facts: &IdentityFacts<'_>) -> Result<LineIdentity, Problem> {
        self.lines += 1;
        if self.lines > MAX_STATEMENT_LINES {
            return Err(Problem::TooManyLines {
                limit: u64::try_from(MAX_STATEMENT_LINES).unwrap_or(u64::MAX),
            });
        }
        let content = digest(facts);
        let key = content.first_chunk().copied().map_or(0, u64::from_be_bytes);
        let count = self.counts.entry(key).or_default();
        *count += 1;
        let mut digest = Sha256::new_with_prefix(content);
        digest.update(count.to_be_bytes());
        Ok(LineIdentity(digest.finalize().into()))
    }
}

fn digest(facts: &IdentityFacts<'_>) -> [u8; 32] {
    let mut digest = Sha256::new();
    let mut field = |text: &str| {
        digest.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(text);
    };
    field("hermes statement line 1");
    field(&facts.account.number);
    field(facts.currency);
    field(&facts.minor.to_string());
    field(if facts.direction == Direction::Credit { "credit" } else { "debit" });
    match &facts.source {
        IdentitySource::BankId(id) => ["id", id].map(&mut field),
        IdentitySource::DailyId(id) => {
            field(&facts.booking_date.to_string());
            ["id of the day", id].map(&mut field)
        }
        IdentitySource::Content(texts) => {
            texts.iter().for_each(|text| field(text));
            ["content", &facts.booking_date.to_string()].map(&mut field)
        }
    };
    digest.finalize().into()
}
