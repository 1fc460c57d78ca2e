//! Erasure of personal data.

use hermes_domain::ledger::{
    ChainBreak, ChainError, ChainVerifier, Command, Erasure, ErasureScope, Rejection, Submission,
    verify_against_audit,
};
use hermes_domain::payment::{PayerDetails, Payment, PaymentKey};
use hermes_domain::ports::{PaymentReader, StoreError};

use crate::ledger::TestLedger;
use crate::{batches, bookings, on_each_database, updates};

on_each_database! {
    async fn an_erasure_replaces_the_personal_values_and_the_chain_remains(ledger: &TestLedger) {
        let booking = batches::with_claim(Command::Book(bookings::with_everything()), 7, 1);
        let booked = batches::execute(ledger, std::slice::from_ref(&booking)).await.remove(0).unwrap().payment;
        let other = batches::book_one(ledger, bookings::number(1)).await;
        batches::execute(ledger, &[updates::cancellation(&booked)]).await;
        let totals = ledger.reader.totals().await.unwrap().value;

        let erased = batches::execute(ledger, &[erasure(&booked)]).await.remove(0).unwrap().payment;

        assert_eq!(ledger.reader.find(&PaymentKey::Id(booked.id)).await.unwrap().as_ref(), Some(&erased));
        assert_eq!(erased.details, PayerDetails::default());
        assert_eq!((erased.amount, erased.link_version), (booked.amount, booked.link_version + 1));
        assert_eq!(ledger.reader.find(&PaymentKey::Id(other.id)).await.unwrap(), Some(other));
        assert_eq!(ledger.reader.totals().await.unwrap().value, totals);
        let rows = ledger.reader.audit_of(booked.id, 0, 10).await.unwrap();
        let is_erased: Vec<_> = rows.iter().map(|row| row.is_erased()).collect();
        assert_eq!(is_erased, [true, true, false]);
        for row in &rows[..2] {
            let values = [&row.reason, &row.old_value, &row.new_value, &row.user_agent, &row.ip_address];
            assert!(values.into_iter().flatten().all(|value| value.len() == 64), "{row:?}");
        }
        verify_against_audit(&erased, rows.last()).unwrap();
        verify_chain(ledger).await.unwrap();

        let retried = batches::execute_rejected(ledger, &booking).await;
        assert!(matches!(retried, Rejection::KeyReused { payment: Some(payment) } if payment.details == PayerDetails::default()));
    }

    async fn payments_are_found_by_an_address_that_was_corrected(ledger: &TestLedger) {
        let booked = batches::book(
            ledger,
            vec![bookings::from_email("Ana_1@Example.org"), bookings::from_email("anax1@example.org")],
        )
        .await;
        batches::execute(ledger, &[updates::correction(&booked[0])]).await;
        let find = async |email| ledger.reader.payments_with_past_email(email).await.unwrap();
        assert_eq!(find("ANA_1@example.org").await, [booked[0].id]);
        assert!(find("na_1@example.org").await.is_empty());

        batches::execute(ledger, &[erasure(&booked[0])]).await;
        assert!(find("ana_1@example.org").await.is_empty());
    }

    async fn an_address_with_another_accent_is_another_address(ledger: &TestLedger) {
        let booked = batches::book(ledger, vec![bookings::from_email("José@Example.org")]).await;
        batches::execute(ledger, &[updates::correction(&booked[0])]).await;
        let find = async |email| ledger.reader.payments_with_past_email(email).await.unwrap();
        assert_eq!(find("josé@example.org").await, [booked[0].id]);
        for other in ["josè@example.org", "jose@example.org"] {
            assert!(find(other).await.is_empty(), "{other}");
        }
    }

    async fn an_unreadable_record_of_an_erasure_is_an_error(ledger: &TestLedger) {
        let booked = batches::book_one(ledger, bookings::number(1)).await;
        batches::execute(ledger, &[erasure(&booked)]).await;
        assert_eq!(ledger.reader.recorded_erasures().await.unwrap().len(), 1);
        ledger.tamper("DROP TRIGGER audit_log_no_update").await;
        ledger.tamper("UPDATE audit_log SET new_value = '{}' WHERE seq = 2").await;
        let error = ledger.reader.recorded_erasures().await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
    }

    async fn a_row_that_is_erased_without_the_ledger_is_detected(ledger: &TestLedger) {
        let booked = batches::book_one(ledger, bookings::number(1)).await;
        let mut row = ledger.reader.audit_of(booked.id, 0, 1).await.unwrap().remove(0);
        row.erase();
        let text = |value: &Option<String>| value.clone().unwrap();
        ledger
            .tamper(&format!(
                "UPDATE audit_log SET salt = NULL, new_value = '{}', user_agent = '{}', ip_address = '{}'",
                text(&row.new_value),
                text(&row.user_agent),
                text(&row.ip_address),
            ))
            .await;
        let expected = ChainBreak { seq: 1, error: ChainError::ErasedWithoutRecord };
        assert_eq!(verify_chain(ledger).await, Err(expected));
    }
}

fn erasure(payment: &Payment) -> Submission {
    let target = PaymentKey::Id(payment.id);
    batches::submission(Command::Erase(Erasure::new(target, ErasureScope::Payment)))
}

pub async fn verify_chain(ledger: &TestLedger) -> Result<(), ChainBreak> {
    let head = ledger.reader.head().await.unwrap();
    let chain = ledger.reader.verify_chain_chunk(ChainVerifier::default(), i64::MAX).await.unwrap()?;
    chain.finish(head.audit_seq, head.audit_hash)
}
