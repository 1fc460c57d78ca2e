//! What is read is what was written.

use hermes_domain::payment::{PaymentKey, Status};
use hermes_domain::ports::{Page, PaymentFilter, PaymentReader};

use crate::ledger::TestLedger;
use crate::{lane, on_each_database, payers};

on_each_database! {
    async fn a_booked_payment_comes_back_exactly(ledger: &TestLedger) {
        let booked = lane::book(ledger, vec![payers::of("Ana@Example.org"), payers::with_everything()]).await;
        assert_eq!(booked[1].status(), Status::Underpayment);
        assert_eq!(booked[1].created_at.timestamp_subsec_micros(), 123_456);

        for payment in &booked {
            for key in [PaymentKey::Id(payment.id), PaymentKey::Reference(payment.reference)] {
                assert_eq!(ledger.reader.find(&key).await.unwrap().as_ref(), Some(payment));
            }
        }
        let list = ledger.reader.list(&PaymentFilter::default(), Page::First, 10).await.unwrap();
        assert_eq!(list.value.payments, [booked[1].clone(), booked[0].clone()]);
        assert_eq!(list.value.payments[0].page_token, booked[1].page_token);
    }

    async fn a_whole_second_and_a_millisecond_stay_what_they_are(ledger: &TestLedger) {
        let first = lane::book_one(ledger, payers::number(1)).await;
        for micros in ["000000", "001000", "999999"] {
            let instant = format!("2026-11-22T12:00:00.{micros}Z").parse().unwrap();
            let stored = rewritten(ledger, &first, instant).await;
            assert_eq!(stored.created_at, instant);
        }
    }

    async fn what_is_not_there_is_none(ledger: &TestLedger) {
        let key = PaymentKey::parse("REF001").unwrap();
        assert_eq!(ledger.reader.find(&key).await.unwrap(), None);
        let list = ledger.reader.list(&PaymentFilter::default(), Page::First, 10).await.unwrap();
        assert!(list.value.payments.is_empty() && !list.value.has_next && !list.value.has_prev);
    }

    async fn the_head_is_the_last_batchs(ledger: &TestLedger) {
        let (transaction, changes) = lane::written(ledger, vec![payers::number(1), payers::number(2)]).await;
        transaction.commit().await.unwrap();
        let head = ledger.reader.head().await.unwrap();
        assert_eq!(head, changes.head);
        assert_eq!((head.seq, head.next_reference, head.audit_seq, head.event_seq), (1, 3, 2, 2));
    }

    async fn the_outbox_has_the_events_of_the_batch(ledger: &TestLedger) {
        use hermes_repository::entity::outbox;
        use sea_orm::{EntityTrait, QueryOrder};
        let (transaction, changes) = lane::written(ledger, vec![payers::number(1), payers::number(2)]).await;
        transaction.commit().await.unwrap();
        let rows = outbox::Entity::find()
            .order_by_asc(outbox::Column::Seq)
            .all(ledger.database.reader_pool())
            .await
            .unwrap();
        let expected: Vec<_> = changes
            .events
            .iter()
            .map(|event| outbox::Model {
                seq: event.seq,
                batch_token: changes.head.token.0,
                event_type: event.kind.as_str().to_owned(),
                payment_id: event.payment_id.0,
                payload: event.payload.clone(),
                created_at: event.occurred_at,
            })
            .collect();
        assert_eq!(rows, expected);
    }

    async fn a_row_that_makes_no_sense_is_named_without_its_payer(ledger: &TestLedger) {
        let payment = lane::book_one(ledger, payers::of("secret@example.org")).await;
        for (change, column) in [
            ("payments SET status = 'EXACT'", "status"),
            ("payments SET validation_status = 'FLAGGED'", "validation_status"),
            ("payments SET currency_from = 'XXX'", "currency_from"),
            (
                "payments SET fee_amount = fee_amount + 1, final_amount = final_amount + 1, amount_received = 7",
                "status",
            ),
            (
                "validation_results SET check_type = 'NOVELTY' WHERE check_type = 'INVALID_EMAIL'",
                "validation_results",
            ),
        ] {
            ledger.tamper(&format!("UPDATE {change}")).await;
            let found = ledger.reader.find(&PaymentKey::Id(payment.id)).await.unwrap_err();
            let listed = ledger.reader.list(&PaymentFilter::default(), Page::First, 10).await.unwrap_err();
            for error in [found, listed] {
                let expected = format!("stored data is not valid: payment REF001: {column}");
                assert_eq!(error.to_string(), expected, "{change}");
            }
            let undo = "UPDATE payments SET status = 'PENDING', validation_status = 'PASSED', currency_from = 'USD', \
                        fee_amount = 2500, final_amount = 52500, amount_received = 0";
            ledger.tamper(undo).await;
        }
    }
}

/// On SQLite alone a column may hold what is not of its type.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_of_another_type_is_named_by_its_column() {
    let ledger = TestLedger::on_sqlite().await;
    let payment = lane::book_one(&ledger, payers::number(1)).await;
    for (change, row) in [
        ("validation_results SET check_message = x'ff'", "checks of payment"),
        ("payments SET version = 'many'", "payment"),
    ] {
        ledger.tamper(&format!("UPDATE {change}")).await;
        let error = ledger.reader.list(&PaymentFilter::default(), Page::First, 10).await.unwrap_err();
        let column = change.split(' ').nth(2).unwrap();
        assert_eq!(error.to_string(), format!("stored data is not valid: {row} {}: {column}", payment.id));
    }
}

/// The payment as it is read after its time was set to another.
async fn rewritten(
    ledger: &TestLedger,
    payment: &hermes_domain::payment::Payment,
    instant: chrono::DateTime<chrono::Utc>,
) -> hermes_domain::payment::Payment {
    use hermes_repository::entity::payments;
    use sea_orm::{ActiveValue::Set, EntityTrait};
    let outsider = ledger.outsider().await;
    payments::Entity::update_many()
        .set(payments::ActiveModel { created_at: Set(instant), ..Default::default() })
        .exec(&outsider)
        .await
        .unwrap();
    let key = PaymentKey::Id(payment.id);
    ledger.reader.find(&key).await.unwrap().unwrap()
}
