//! The audit chain: an intact chain verifies, and every manipulation of its rows is detected.

mod support;

use chrono::TimeDelta;
use hermes_domain::ledger::{
    AuditEntry, AuditHash, AuditSalt, ChainBreak, ChainError, ChainVerifier, Command,
};
use hermes_domain::payment::PaymentId;
use hermes_test_support::MemoryLedger;
use hermes_test_support::builders::booking;
use proptest::prelude::*;
use proptest::sample::Index;
use uuid::Uuid;

use support::steps::{run, steps};

/// The number of fields of a row.
const FIELDS: usize = 14;

fn verify(rows: &[AuditEntry], ledger: &MemoryLedger) -> Result<(), ChainBreak> {
    let mut verifier = ChainVerifier::default();
    for row in rows {
        verifier.verify_next(row)?;
    }
    verifier.finish(ledger.head.audit_seq, ledger.head.audit_hash)
}

/// Changes one field to another value of its type.
fn change(row: &mut AuditEntry, field: usize) {
    let other = |text: &Option<String>| match text.as_deref() {
        // An absent text differs from an empty one.
        None => Some(String::new()),
        Some("") => None,
        Some(text) => Some(format!("{text} ")),
    };
    match field {
        0 => row.seq += 1,
        1 => row.payment_id = row.payment_id.map(|id| PaymentId(Uuid::from_u128(id.0.as_u128() ^ 1))),
        2 => row.action.push('X'),
        3 => row.actor.clear(),
        4 => row.reason = other(&row.reason),
        5 => row.old_value = other(&row.old_value),
        6 => row.new_value = other(&row.new_value),
        7 => row.user_agent = other(&row.user_agent),
        8 => row.ip_address = other(&row.ip_address),
        9 => row.subject_type.push('X'),
        10 => row.subject_id.push('X'),
        11 => row.salt = Some(AuditSalt(row.salt.unwrap_or(AuditSalt([0; 16])).0.map(|byte| byte ^ 1))),
        12 => row.created_at += TimeDelta::microseconds(1),
        _ => row.hash = AuditHash(row.hash.0.map(|byte| byte ^ 1)),
    }
}

/// Recomputes the hashes of all rows from `from` on, as an attacker would.
fn rehash(rows: &mut [AuditEntry], from: usize) {
    let (before, changed) = rows.split_at_mut(from);
    let mut last = before.last().map_or(AuditHash::GENESIS, |row| row.hash);
    for row in changed {
        row.hash = row.hash_after(last);
        last = row.hash;
    }
}

/// Ledgers with at least two audit rows.
fn ledgers() -> impl Strategy<Value = (AuditedLedger, Index)> {
    let ledgers = steps(8).prop_map(|history| AuditedLedger(run(&history, |_| ())));
    (ledgers.prop_filter("two rows", |ledger| ledger.0.audit.len() >= 2), any::<Index>())
}

/// Prints only the audit rows when a case fails.
struct AuditedLedger(MemoryLedger);

impl std::fmt::Debug for AuditedLedger {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:#?}", self.0.audit)
    }
}

proptest! {
    // Each case runs a whole history.
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_changed_row_is_reported((ledger, index) in ledgers(), field in 0..FIELDS) {
        let mut rows = ledger.0.audit.clone();
        prop_assert_eq!(verify(&rows, &ledger.0), Ok(()));
        let index = index.index(rows.len());
        change(&mut rows[index], field);

        let found = verify(&rows, &ledger.0).unwrap_err();

        prop_assert_eq!(found.seq, i64::try_from(index).unwrap() + 1);
        let error = if field == 0 { ChainError::Missing } else { ChainError::Changed };
        prop_assert_eq!(found.error, error);
    }

    #[test]
    fn a_changed_row_with_a_recomputed_hash_breaks_the_next_row((ledger, index) in ledgers(), field in 1..FIELDS - 1) {
        let mut rows = ledger.0.audit.clone();
        let index = index.index(rows.len());
        change(&mut rows[index], field);
        rehash(&mut rows[..=index], index);

        let found = verify(&rows, &ledger.0).unwrap_err();

        let next = i64::try_from(index).unwrap() + 2;
        let expected = if index + 1 < rows.len() {
            ChainBreak { seq: next, error: ChainError::Changed }
        } else {
            ChainBreak { seq: next - 1, error: ChainError::NotTheHead }
        };
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_chain_recomputed_from_a_changed_row_differs_from_the_head((ledger, index) in ledgers(), field in 1..FIELDS - 1) {
        let mut rows = ledger.0.audit.clone();
        let index = index.index(rows.len());
        change(&mut rows[index], field);
        rehash(&mut rows, index);

        prop_assert_eq!(verify(&rows, &ledger.0).unwrap_err().error, ChainError::NotTheHead);
    }

    #[test]
    fn a_missing_row_is_reported((ledger, index) in ledgers()) {
        let mut rows = ledger.0.audit.clone();
        let index = index.index(rows.len());
        rows.remove(index);

        let expected = ChainBreak { seq: i64::try_from(index).unwrap() + 1, error: ChainError::Missing };
        prop_assert_eq!(verify(&rows, &ledger.0), Err(expected));
    }

    #[test]
    fn a_missing_row_is_detected_after_renumbering((ledger, index) in ledgers()) {
        let mut rows = ledger.0.audit.clone();
        let index = index.index(rows.len());
        rows.remove(index);
        for row in &mut rows[index..] {
            row.seq -= 1;
        }
        prop_assert!(verify(&rows, &ledger.0).is_err());
        rehash(&mut rows, index);
        prop_assert!(verify(&rows, &ledger.0).is_err());
    }

    #[test]
    fn swapped_rows_are_detected((ledger, index) in ledgers(), renumbered in any::<bool>()) {
        let mut rows = ledger.0.audit.clone();
        let index = index.index(rows.len() - 1);
        rows.swap(index, index + 1);
        if renumbered {
            rows[index].seq -= 1;
            rows[index + 1].seq += 1;
        }
        let found = verify(&rows, &ledger.0).unwrap_err();
        prop_assert_eq!(found.seq, i64::try_from(index).unwrap() + 1);
    }

    #[test]
    fn an_inserted_row_is_detected((ledger, index) in ledgers(), rehashed in any::<bool>()) {
        let mut rows = ledger.0.audit.clone();
        let index = index.index(rows.len());
        rows.insert(index, rows[index].clone());
        for row in &mut rows[index + 1..] {
            row.seq += 1;
        }
        if rehashed {
            rehash(&mut rows, index);
        }
        prop_assert!(verify(&rows, &ledger.0).is_err());
    }

    #[test]
    fn a_row_appended_to_the_chain_differs_from_the_head((ledger, _) in ledgers()) {
        let mut rows = ledger.0.audit.clone();
        let mut forged = rows.last().unwrap().clone();
        forged.seq += 1;
        rows.push(forged);
        let last = rows.len() - 1;
        rehash(&mut rows, last);

        prop_assert_eq!(verify(&rows, &ledger.0).unwrap_err().error, ChainError::NotTheHead);
    }

    #[test]
    fn an_erased_row_retains_its_hash_and_needs_a_record((ledger, index) in ledgers()) {
        let mut rows = ledger.0.audit.clone();
        let index = index.index(rows.len());
        let was_erased = rows[index].is_erased();
        rows[index].erase();

        let recorded = was_erased || rows[index + 1..].iter().any(|row| {
            row.action == "PAYMENT_ERASED" && row.subject_id == rows[index].subject_id
        });
        let seq = rows[index].seq;
        let expected = if recorded { Ok(()) } else { Err(ChainBreak { seq, error: ChainError::ErasedWithoutRecord }) };
        prop_assert_eq!(verify(&rows, &ledger.0), expected);
    }

    #[test]
    fn a_value_in_an_erased_row_cannot_be_replaced((ledger, index) in ledgers(), field in 4..9_usize) {
        let mut rows = ledger.0.audit.clone();
        let index = index.index(rows.len());
        rows[index].erase();
        change(&mut rows[index], field);

        let found = verify(&rows, &ledger.0).unwrap_err();

        prop_assert_eq!(found, ChainBreak { seq: rows[index].seq, error: ChainError::Changed });
    }

    #[test]
    fn verification_can_resume_after_a_verified_row((ledger, index) in ledgers()) {
        let rows = &ledger.0.audit;
        let (verified, new) = rows.split_at(index.index(rows.len()));
        let (seq, hash) = verified.last().map_or((0, AuditHash::GENESIS), |row| (row.seq, row.hash));
        let mut verifier = ChainVerifier::after(seq, hash);
        for row in new {
            prop_assert_eq!(verifier.verify_next(row), Ok(()));
        }
        prop_assert_eq!(verifier.last_seq(), ledger.0.head.audit_seq);
        prop_assert_eq!(verifier.finish(ledger.0.head.audit_seq, ledger.0.head.audit_hash), Ok(()));
    }
}

#[test]
fn a_chain_longer_than_the_head_differs_from_the_head() {
    let hash = AuditHash([7; 32]);
    assert_eq!(ChainVerifier::after(4, hash).finish(4, hash), Ok(()));
    let past = ChainBreak { seq: 5, error: ChainError::NotTheHead };
    assert_eq!(ChainVerifier::after(5, hash).finish(4, hash), Err(past));
}

#[test]
fn every_field_is_part_of_the_hash() {
    let mut ledger = MemoryLedger::new();
    ledger.execute_one(Command::Book(booking("ana@example.org", "1")));
    let row = ledger.audit[0].clone();
    for field in 0..FIELDS - 1 {
        let mut changed = row.clone();
        change(&mut changed, field);
        assert_ne!(changed.hash_after(AuditHash::GENESIS), row.hash, "field {field}");
    }
    assert_ne!(row.hash_after(row.hash), row.hash, "the previous hash");
}

#[test]
fn moving_a_letter_between_adjacent_fields_changes_the_hash() {
    let mut ledger = MemoryLedger::new();
    assert_eq!(verify(&[], &ledger), Ok(()));
    ledger.execute_one(Command::Book(booking("ana@example.org", "1")));
    let row = ledger.audit[0].clone();
    let mut moved = row.clone();
    let letter = moved.action.pop().unwrap();
    moved.actor.insert(0, letter);
    assert_ne!(moved.hash_after(AuditHash::GENESIS), row.hash_after(AuditHash::GENESIS));
}
