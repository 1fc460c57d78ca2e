//! The audit chain: as it was written it verifies, and whatever is done to its rows shows.

mod support;

use chrono::TimeDelta;
use hermes_domain::ledger::{AuditEntry, AuditHash, ChainBreak, ChainError, ChainVerifier, Command};
use hermes_domain::payment::PaymentId;
use hermes_test_support::MemoryLedger;
use hermes_test_support::builders::booking;
use proptest::prelude::*;
use proptest::sample::Index;
use uuid::Uuid;

use support::steps::{run, steps};

/// The fields of a row that somebody may have changed.
const FIELDS: usize = 11;

fn verify(rows: &[AuditEntry], ledger: &MemoryLedger) -> Result<(), ChainBreak> {
    let mut walk = ChainVerifier::default();
    for row in rows {
        walk.step(row)?;
    }
    walk.finish(ledger.head.audit_seq, ledger.head.audit_hash)
}

/// Changes one field to something else of its kind.
fn change(row: &mut AuditEntry, field: usize) {
    let other = |text: &Option<String>| match text.as_deref() {
        // None and the empty text are two things.
        None => Some(String::new()),
        Some("") => None,
        Some(text) => Some(format!("{text} ")),
    };
    match field {
        0 => row.seq += 1,
        1 => row.payment_id = PaymentId(Uuid::from_u128(row.payment_id.0.as_u128() ^ 1)),
        2 => row.action.push('X'),
        3 => row.actor.clear(),
        4 => row.reason = other(&row.reason),
        5 => row.old_value = other(&row.old_value),
        6 => row.new_value = other(&row.new_value),
        7 => row.user_agent = other(&row.user_agent),
        8 => row.ip_address = other(&row.ip_address),
        9 => row.created_at += TimeDelta::microseconds(1),
        _ => row.hash = AuditHash(row.hash.0.map(|byte| byte ^ 1)),
    }
}

/// Gives the rows from a place on the hashes that fit them, as somebody would who knows how they are made.
fn rehash(rows: &mut [AuditEntry], from: usize) {
    let (before, changed) = rows.split_at_mut(from);
    let mut last = before.last().map_or(AuditHash::GENESIS, |row| row.hash);
    for row in changed {
        row.hash = row.hash_after(last);
        last = row.hash;
    }
}

/// A ledger with at least two audit rows.
fn ledgers() -> impl Strategy<Value = (MemoryLedgerRows, Index)> {
    let enough = steps(8).prop_map(|history| MemoryLedgerRows(run(&history, |_| ())));
    (enough.prop_filter("two rows", |ledger| ledger.0.audit.len() >= 2), any::<Index>())
}

/// Prints little when a case fails.
struct MemoryLedgerRows(MemoryLedger);

impl std::fmt::Debug for MemoryLedgerRows {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:#?}", self.0.audit)
    }
}

proptest! {
    // Every case is a history of its own.
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_changed_row_is_named((ledger, place) in ledgers(), field in 0..FIELDS) {
        let mut rows = ledger.0.audit.clone();
        prop_assert_eq!(verify(&rows, &ledger.0), Ok(()));
        let place = place.index(rows.len());
        change(&mut rows[place], field);

        let found = verify(&rows, &ledger.0).unwrap_err();

        prop_assert_eq!(found.seq, i64::try_from(place).unwrap() + 1);
        let fault = if field == 0 { ChainError::Missing } else { ChainError::Changed };
        prop_assert_eq!(found.fault, fault);
    }

    #[test]
    fn a_changed_row_with_a_hash_that_fits_is_found_by_its_successor((ledger, place) in ledgers(), field in 1..FIELDS - 1) {
        let mut rows = ledger.0.audit.clone();
        let place = place.index(rows.len());
        change(&mut rows[place], field);
        rehash(&mut rows[..=place], place);

        let found = verify(&rows, &ledger.0).unwrap_err();

        let next = i64::try_from(place).unwrap() + 2;
        let expected = if place + 1 < rows.len() {
            ChainBreak { seq: next, fault: ChainError::Changed }
        } else {
            ChainBreak { seq: next - 1, fault: ChainError::NotTheHead }
        };
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_chain_that_was_made_anew_is_not_the_heads((ledger, place) in ledgers(), field in 1..FIELDS - 1) {
        let mut rows = ledger.0.audit.clone();
        let place = place.index(rows.len());
        change(&mut rows[place], field);
        rehash(&mut rows, place);

        prop_assert_eq!(verify(&rows, &ledger.0).unwrap_err().fault, ChainError::NotTheHead);
    }

    #[test]
    fn a_missing_row_is_named((ledger, place) in ledgers()) {
        let mut rows = ledger.0.audit.clone();
        let place = place.index(rows.len());
        rows.remove(place);

        let expected = ChainBreak { seq: i64::try_from(place).unwrap() + 1, fault: ChainError::Missing };
        prop_assert_eq!(verify(&rows, &ledger.0), Err(expected));
    }

    #[test]
    fn a_missing_row_shows_also_when_the_others_were_numbered_anew((ledger, place) in ledgers()) {
        let mut rows = ledger.0.audit.clone();
        let place = place.index(rows.len());
        rows.remove(place);
        for row in &mut rows[place..] {
            row.seq -= 1;
        }
        prop_assert!(verify(&rows, &ledger.0).is_err());
        rehash(&mut rows, place);
        prop_assert!(verify(&rows, &ledger.0).is_err());
    }

    #[test]
    fn swapped_rows_show((ledger, place) in ledgers(), numbered_anew in any::<bool>()) {
        let mut rows = ledger.0.audit.clone();
        let place = place.index(rows.len() - 1);
        rows.swap(place, place + 1);
        if numbered_anew {
            rows[place].seq -= 1;
            rows[place + 1].seq += 1;
        }
        let found = verify(&rows, &ledger.0).unwrap_err();
        prop_assert_eq!(found.seq, i64::try_from(place).unwrap() + 1);
    }

    #[test]
    fn an_inserted_row_shows((ledger, place) in ledgers(), rehashed in any::<bool>()) {
        let mut rows = ledger.0.audit.clone();
        let place = place.index(rows.len());
        rows.insert(place, rows[place].clone());
        for row in &mut rows[place + 1..] {
            row.seq += 1;
        }
        if rehashed {
            rehash(&mut rows, place);
        }
        prop_assert!(verify(&rows, &ledger.0).is_err());
    }

    #[test]
    fn a_row_that_was_added_at_the_end_is_not_the_heads((ledger, _) in ledgers()) {
        let mut rows = ledger.0.audit.clone();
        let mut forged = rows.last().unwrap().clone();
        forged.seq += 1;
        rows.push(forged);
        let last = rows.len() - 1;
        rehash(&mut rows, last);

        prop_assert_eq!(verify(&rows, &ledger.0).unwrap_err().fault, ChainError::NotTheHead);
    }

    /// A check of the newest rows begins at a row that was checked before.
    #[test]
    fn a_walk_goes_on_where_another_has_ended((ledger, place) in ledgers()) {
        let rows = &ledger.0.audit;
        let (known, new) = rows.split_at(place.index(rows.len()));
        let (seq, hash) = known.last().map_or((0, AuditHash::GENESIS), |row| (row.seq, row.hash));
        let mut walk = ChainVerifier::after(seq, hash);
        for row in new {
            prop_assert_eq!(walk.step(row), Ok(()));
        }
        prop_assert_eq!(walk.last_seq(), ledger.0.head.audit_seq);
        prop_assert_eq!(walk.finish(ledger.0.head.audit_seq, ledger.0.head.audit_hash), Ok(()));
    }
}

#[test]
fn a_walk_that_has_gone_past_the_head_is_not_the_heads() {
    let hash = AuditHash([7; 32]);
    assert_eq!(ChainVerifier::after(4, hash).finish(4, hash), Ok(()));
    let past = ChainBreak { seq: 5, fault: ChainError::NotTheHead };
    assert_eq!(ChainVerifier::after(5, hash).finish(4, hash), Err(past));
}

#[test]
fn every_field_counts_in_the_hash() {
    let mut ledger = MemoryLedger::new();
    ledger.execute_one(Command::Book(booking("ana@example.org", "1")));
    let row = ledger.audit[0].clone();
    for field in 0..FIELDS - 1 {
        let mut changed = row.clone();
        change(&mut changed, field);
        assert_ne!(changed.hash_after(AuditHash::GENESIS), row.hash, "field {field}");
    }
    assert_ne!(row.hash_after(row.hash), row.hash, "the hash before");
}

/// Texts that run into one another where they meet are told apart by their lengths.
#[test]
fn moving_a_letter_from_one_field_to_the_next_changes_the_hash() {
    let mut ledger = MemoryLedger::new();
    assert_eq!(verify(&[], &ledger), Ok(()));
    ledger.execute_one(Command::Book(booking("ana@example.org", "1")));
    let row = ledger.audit[0].clone();
    let mut moved = row.clone();
    let letter = moved.action.pop().unwrap();
    moved.actor.insert(0, letter);
    assert_ne!(moved.hash_after(AuditHash::GENESIS), row.hash_after(AuditHash::GENESIS));
}
