//! The filters of the list.

use chrono::TimeDelta;
use hermes_domain::money::{Currency, Money};
use hermes_domain::payment::{NewBooking, Status, ValidationStatus};
use hermes_domain::ports::{Page, PaymentFilter, PaymentReader};

use crate::ledger::TestLedger;
use crate::{batches, bookings, on_each_database, updates};

on_each_database! {
    async fn every_filter_selects_its_payments(ledger: &TestLedger) {
        let booked = batches::book(ledger, people()).await;
        let later = batches::book_one(ledger, bookings::from_email("late@example.org")).await;
        batches::execute(ledger, &[updates::cancellation(&booked[2])]).await;
        let paid = "UPDATE payments SET amount_received = final_amount + 1, status = 'OVERPAYMENT' \
                    WHERE reference = 'REF001'";
        ledger.tamper(paid).await;
        let from = booked[0].created_at;
        for (filter, expected) in [
            (PaymentFilter::default(), &[1, 2, 3, 4][..]),
            (PaymentFilter { status: Some(Status::Pending), ..none() }, &[2, 4]),
            (PaymentFilter { status: Some(Status::Overpayment), ..none() }, &[1]),
            (PaymentFilter { status: Some(Status::Cancelled), ..none() }, &[3]),
            (PaymentFilter { validation_status: Some(ValidationStatus::Flagged), ..none() }, &[1]),
            (email("BO@Example.ORG"), &[2]),
            (email("bo@example"), &[]),
            (school("ÉCOLE DE l'Été"), &[1]),
            (school("école de l'été"), &[1]),
            (school("ecole de l'ete"), &[]),
            (school("École"), &[]),
            (PaymentFilter { reference: Some(" ref002 ".to_owned()), ..none() }, &[2]),
            (PaymentFilter { reference: Some("REF00".to_owned()), ..none() }, &[]),
            (PaymentFilter { created_from: Some(from + TimeDelta::microseconds(1)), ..none() }, &[4]),
            (PaymentFilter { created_to: Some(later.created_at), ..none() }, &[1, 2, 3]),
            (PaymentFilter { created_from: Some(from), created_to: Some(from), ..none() }, &[]),
            (PaymentFilter { status: Some(Status::Pending), ..email("bo@example.org") }, &[2]),
            (PaymentFilter { status: Some(Status::Exact), ..email("bo@example.org") }, &[]),
        ] {
            let found = numbers(ledger, &filter).await;
            assert_eq!(found, expected, "{filter:?}");
        }
    }

    async fn text_is_found_anywhere_without_regard_to_case_and_wildcards_are_literal(ledger: &TestLedger) {
        batches::book(ledger, people()).await;
        for (text, expected) in [
            ("ref00", &[1, 2, 3][..]),
            ("REF003", &[3]),
            ("zoë o'brien", &[1]),
            ("ZOË", &[1]),
            ("zoe@", &[1]),
            ("Example.ORG", &[1, 2, 3]),
            ("DE L'ÉTÉ", &[1]),
            ("s-42", &[2]),
            ("S-42/Ä", &[2]),
            ("s-42/ä", &[2]),
            ("100%", &[3]),
            ("0%_s", &[3]),
            ("1_0", &[]),
            ("a\\b", &[3]),
            ("a!b", &[2]),
            ("'; DROP", &[]),
            ("🎓", &[2]),
            ("🏫", &[]),
            ("absent", &[]),
        ] {
            let filter = PaymentFilter { text: Some(text.to_owned()), ..none() };
            assert_eq!(numbers(ledger, &filter).await, expected, "{text}");
        }
    }
}

/// Three bookings with texts that are hard to search. The amount of the first is flagged.
fn people() -> Vec<NewBooking> {
    let mut zoe = bookings::from_email("Zoe@example.org");
    zoe.details.name = "Zoë O'Brien".to_owned();
    zoe.details.school = Some("École de l'Été".to_owned());
    zoe.amount = Money::from_minor(100_000_001, Currency::USD);
    let mut bo = bookings::from_email("bo@Example.org");
    bo.details.name = "Bo 🎓 a!b".to_owned();
    bo.details.student_id = Some("S-42/Ä".to_owned());
    let mut eve = bookings::from_email("eve@example.org");
    eve.details.name = "Eve a\\b".to_owned();
    eve.details.school = Some("100%_sure".to_owned());
    vec![zoe, bo, eve]
}

fn none() -> PaymentFilter {
    PaymentFilter::default()
}

fn email(email: &str) -> PaymentFilter {
    PaymentFilter { email: Some(email.to_owned()), ..none() }
}

fn school(school: &str) -> PaymentFilter {
    PaymentFilter { school: Some(school.to_owned()), ..none() }
}

async fn numbers(ledger: &TestLedger, filter: &PaymentFilter) -> Vec<i64> {
    let list = ledger.reader.list(filter, Page::First, 100).await.unwrap();
    let mut numbers: Vec<i64> =
        list.value.payments.iter().map(|payment| payment.reference.number()).collect();
    numbers.reverse();
    numbers
}
