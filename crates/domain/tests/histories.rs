//! What holds after every step of any history of a ledger.
#![expect(clippy::unwrap_used, reason = "what should be there and is not fails the test")]

mod support;

use std::collections::HashMap;

use hermes_domain::ledger::{ChainBreak, ChainVerifier, Command, Totals};
use hermes_domain::money::Currency;
use hermes_domain::payment::{CheckKind, Payment};
use hermes_test_support::MemoryLedger;
use hermes_test_support::builders::{booking, submission};
use proptest::prelude::*;

use support::steps::{run, steps};

/// The most steps of a history.
const STEPS_MAX: usize = 14;

/// The sums, counted anew, from nothing but what is stored of each payment.
fn counted(payments: &[Payment]) -> HashMap<Currency, Totals> {
    let mut sums = HashMap::new();
    for payment in payments {
        let currency = payment.amount.currency();
        let sum: &mut Totals = sums.entry(currency).or_insert(Totals::empty(currency));
        let flagged = payment.checks.iter().any(|check| check.is_flagged());
        let cancelled = payment.cancelled_at.is_some();
        let due = payment.amount.minor() + payment.fee.amount.minor();
        let received = payment.amount_received.minor();
        sum.payments += 1;
        sum.flagged += i64::from(flagged);
        sum.passed += i64::from(!flagged);
        sum.cancelled += i64::from(cancelled);
        sum.above_threshold +=
            i64::from(payment.amount.minor() > 1_000_000 * 10_i64.pow(currency.decimals()));
        sum.received_minor += received;
        if !cancelled && received < due {
            sum.outstanding_minor += due - received;
        }
    }
    sums
}

fn verified(ledger: &MemoryLedger) -> Result<(), ChainBreak> {
    let mut walk = ChainVerifier::default();
    for row in &ledger.audit {
        walk.step(row)?;
    }
    walk.finish(ledger.head.audit_seq, ledger.head.audit_hash)
}

fn assert_sound(ledger: &MemoryLedger) {
    let payments = &ledger.payments;
    assert_eq!(ledger.totals, counted(payments));
    assert_eq!(verified(ledger), Ok(()));

    let references: Vec<_> = payments.iter().map(|payment| payment.reference.number()).collect();
    assert_eq!(references, (1..ledger.head.next_reference).collect::<Vec<_>>());
    let events: Vec<_> = ledger.events.iter().map(|event| event.seq).collect();
    assert_eq!(events, (1..=ledger.head.event_seq).collect::<Vec<_>>());

    assert!(payments.is_sorted_by(|a, b| a.id < b.id), "identifiers sort as payments were booked");
    assert!(payments.is_sorted_by_key(|payment| payment.created_at));
    assert!(ledger.audit.is_sorted_by_key(|row| row.created_at));

    for payment in payments {
        let rows: Vec<_> = ledger.audit.iter().filter(|row| row.payment_id == payment.id).collect();
        let events = ledger.events.iter().filter(|event| event.payment_id == payment.id);
        assert_eq!(i64::try_from(rows.len()).unwrap(), payment.version);
        assert_eq!(i64::try_from(events.count()).unwrap(), payment.version);
        let last = rows.last().unwrap();
        assert_eq!(last.new_value.as_ref().unwrap(), &serde_json::to_string(payment).unwrap());
        assert_eq!(last.created_at, payment.updated_at);
        assert_eq!(payment.amount.checked_add(payment.fee.amount), Ok(payment.final_amount()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_ledger_is_sound_after_every_step(history in steps(STEPS_MAX)) {
        run(&history, assert_sound);
    }

    /// The rows of one payment tell its story without a gap: each begins where the one before ended.
    #[test]
    fn the_audit_rows_of_a_payment_follow_one_another(history in steps(STEPS_MAX)) {
        let ledger = run(&history, |_| ());
        for payment in &ledger.payments {
            let mut before: Option<&String> = None;
            for row in ledger.audit.iter().filter(|row| row.payment_id == payment.id) {
                prop_assert_eq!(row.old_value.as_ref(), before);
                before = row.new_value.as_ref();
            }
        }
    }

    /// Booked last and all at once: each payer's first live payment is no duplicate, every further one is.
    #[test]
    fn in_one_batch_exactly_the_first_payment_of_a_payer_is_no_duplicate(
        history in steps(STEPS_MAX),
        payers in proptest::collection::vec(0..4_u8, 1..12),
    ) {
        let mut ledger = run(&history, |_| ());
        let live = |ledger: &MemoryLedger, email: &str| {
            let theirs = |payment: &&Payment| payment.cancelled_at.is_none() && payment.details.email == email;
            ledger.payments.iter().filter(theirs).count()
        };
        let emails: Vec<_> = payers.iter().map(|payer| format!("last{payer}@example.org")).collect();
        let batch: Vec<_> = emails.iter()
            .map(|email| submission(Command::Book(booking(email, "1"))))
            .collect();
        let answers = ledger.execute(&batch);
        for (place, (answer, email)) in answers.iter().zip(&emails).enumerate() {
            let check = &answer.as_ref().unwrap().payment.checks[1];
            prop_assert_eq!(check.kind, CheckKind::DuplicatedPayment);
            prop_assert_eq!(check.is_flagged(), emails[..place].contains(email));
        }
        for email in &emails {
            prop_assert_eq!(live(&ledger, email), emails.iter().filter(|other| *other == email).count());
        }
    }

    /// The same facts and commands give the same answers; only identifiers and tokens are random.
    #[test]
    fn a_history_repeats_itself(history in steps(STEPS_MAX)) {
        let [one, other] = [(); 2].map(|()| run(&history, |_| ()));
        prop_assert_eq!(one.head, other.head);
        prop_assert_eq!(one.payments, other.payments);
        prop_assert_eq!(one.audit, other.audit);
    }
}
