//! Decisions about corrections.

mod support;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use hermes_domain::institution::StudentIdRule;
use hermes_domain::ledger::{Command, Effect, EventKind, PaymentOutcome, Rejection, Rules};
use hermes_domain::money::{BasisPoints, FeeBearer, FeeSchedule, TierBound, TierSpec};
use hermes_domain::payment::{
    BookingField, CorrectionRequest, Edit, NewBooking, PayerDetails, Payment, Status,
};
use hermes_domain::{FieldError, ValidationCode};
use hermes_test_support::MemoryLedger;
use hermes_test_support::builders::{
    book, booking, booking_in, correct, institution, money, new_name, rules, submission,
};

use support::commands::{assert_rejected, duplicate, ledger_with, new_amount, set};

#[test]
fn a_correction_creates_the_next_version() {
    let mut ledger = ledger_with("0");
    ledger.clock += TimeDelta::hours(1);
    let request = CorrectionRequest::from([
        (BookingField::Name, set("  Anna Ruiz ")),
        (BookingField::School, set("Porto International")),
        (BookingField::Amount, set("10000.01")),
    ]);

    let payment = ledger.execute_one(correct(1, 1, request));

    assert_eq!(payment.details.name, "Anna Ruiz");
    assert_eq!(payment.details.school.as_deref(), Some("Porto International"));
    assert_eq!(payment.details.email, "ana@example.org");
    assert_eq!(
        (payment.fee.rule.as_str(), payment.final_amount().to_string().as_str()),
        ("large", "10200.01")
    );
    assert_eq!((payment.version, payment.updated_at), (2, ledger.clock));
    assert!(payment.created_at < payment.updated_at);
    let row = &ledger.audit[1];
    assert_eq!(
        (row.action.as_str(), row.reason.as_deref()),
        ("PAYMENT_CORRECTED", Some("asked for by phone"))
    );
    assert!(row.old_value.as_ref().unwrap().contains("Ana Ruiz"));
    assert!(row.new_value.as_ref().unwrap().contains("Anna Ruiz"));
    assert_eq!(ledger.events[1].kind, EventKind::PaymentCorrected);
    assert_eq!(ledger.get(1), &payment);
}

#[test]
fn only_another_address_gets_another_link() {
    let mut ledger = ledger_with("0");
    let email = |address: &str| CorrectionRequest::from([(BookingField::Email, set(address))]);
    let before = ledger.get(1).link_version;
    for (version, request, renewals) in
        [(1, new_name("Anna Ruiz"), 0), (2, email("ANA@example.org"), 0), (3, email("anna@example.org"), 1)]
    {
        let payment = ledger.execute_one(correct(1, version, request));
        assert_eq!(payment.link_version, before + renewals, "{}", payment.details.email);
    }
}

#[test]
fn only_a_changed_amount_gets_the_current_fee() {
    let mut ledger = ledger_with("0");
    let tier = TierSpec {
        name: "current".to_owned(),
        bound: TierBound::Unbounded,
        rate: BasisPoints::new(1_000).unwrap(),
    };
    let fees = FeeSchedule::new(&[tier], &HashMap::new()).unwrap();
    ledger.set_rules(Rules { fees, fee_bearer: FeeBearer::Institution, ..Rules::clone(&rules()) });
    let fee =
        |payment: Payment| (payment.fee.amount.to_string(), payment.fee.rule.clone(), payment.amount_due());

    let renamed = ledger.execute_one(correct(1, 1, new_name("Anna")));
    assert_eq!(fee(renamed), ("30.00".to_owned(), "medium".to_owned(), money("1030", "USD")));
    let repriced = ledger.execute_one(correct(1, 2, new_amount("2000")));
    assert_eq!(fee(repriced), ("200.00".to_owned(), "current".to_owned(), money("2200", "USD")));
}

#[test]
fn a_corrected_payment_keeps_its_fee_bearer() {
    let mut ledger = ledger_with("1030");
    ledger.set_rules(Rules { fee_bearer: FeeBearer::Institution, ..Rules::clone(&rules()) });
    let payment = ledger.execute_one(correct(1, 2, new_name("Anna")));
    assert_eq!(payment.status(), Status::Exact);
    assert!(payment.checks.iter().all(|check| !check.is_flagged()), "{:?}", payment.checks);
}

#[test]
fn a_corrected_amount_is_in_the_currency_of_the_payment() {
    let mut ledger = MemoryLedger::new();
    ledger.execute_one(Command::Book(booking_in("ana@example.org", "1000", "JPY")));
    assert_eq!(ledger.execute_one(correct(1, 1, new_amount("2000"))).amount, money("2000", "JPY"));

    let (outcomes, _) = ledger.decide(&[submission(correct(1, 2, new_amount("2000.5")))]);
    let detail = "enter JPY amounts without decimals, like 1850000";
    let error = FieldError::new("amount", ValidationCode::TooManyDecimals, detail);
    assert_eq!(outcomes[0], Err(Rejection::Invalid(vec![error])));
}

#[test]
fn a_correction_to_the_current_values_writes_nothing() {
    let ledger = ledger_with("0");
    for request in [
        CorrectionRequest::default(),
        new_name(" Ana Ruiz "),
        new_amount("1000.0"),
        new_amount("1e3"),
        CorrectionRequest::from([(BookingField::School, Edit::Clear)]),
    ] {
        let (outcomes, changes) = ledger.decide(&[submission(correct(1, 1, request.clone()))]);
        let outcome = PaymentOutcome::try_from(outcomes[0].clone().unwrap()).unwrap();
        assert_eq!(outcome.effect, Effect::Unchanged, "{request:?}");
        assert_eq!(&outcome.payment, ledger.get(1));
        assert!(changes.is_empty(), "{request:?}");
        assert!(changes.audit.is_empty() && changes.events.is_empty() && changes.totals.is_empty());
    }
}

#[test]
fn every_field_but_the_currency_and_the_language_can_be_corrected_alone() {
    let details = PayerDetails::from_texts(|field| Some(field.spec().example.to_owned()));
    for field in BookingField::ALL {
        let mut ledger = MemoryLedger::new();
        let booking = NewBooking { details: details.clone(), ..booking("ana@example.org", "1") };
        ledger.execute_one(Command::Book(booking));
        let corrected = correct(1, 1, CorrectionRequest::from([(field, set("25"))]));
        let frozen = match field {
            BookingField::CurrencyFrom => {
                Some("the currency cannot be corrected; cancel the payment and book it again")
            }
            BookingField::Language => Some("the language cannot be corrected"),
            _ => None,
        };
        if let Some(detail) = frozen {
            let error = FieldError::new(field.spec().name, ValidationCode::Frozen, detail);
            assert_rejected(&ledger, corrected, &Rejection::Invalid(vec![error]));
            continue;
        }
        let payment = ledger.execute_one(corrected);
        for other in BookingField::ALL {
            let expected = details.text(other).map(|text| if other == field { "25" } else { text });
            assert_eq!(payment.details.text(other), expected, "{other:?} after a correction of {field:?}");
        }
        let amount = if field == BookingField::Amount { "25" } else { "1" };
        assert_eq!(payment.amount, money(amount, "USD"), "{field:?}");
    }
}

#[test]
fn only_optional_texts_can_be_cleared() {
    let mut ledger = ledger_with("0");
    let school = |edit| CorrectionRequest::from([(BookingField::School, edit)]);
    ledger.execute_one(correct(1, 1, school(set("Porto International"))));
    assert_eq!(ledger.execute_one(correct(1, 2, school(Edit::Clear))).details.school, None);

    let everything = CorrectionRequest::from([
        (BookingField::Name, Edit::Clear),
        (BookingField::Email, set(" ")),
        (BookingField::Amount, Edit::Clear),
    ]);
    let required = |field, detail| FieldError::new(field, ValidationCode::Required, detail);
    let errors = vec![
        required("name", "enter your full name"),
        required("email", "enter your e-mail address"),
        required("amount", "enter the amount"),
    ];
    assert_rejected(&ledger, correct(1, 3, everything), &Rejection::Invalid(errors));
}

#[test]
fn a_corrected_address_is_checked_again() {
    let mut ledger = ledger_with("0");
    ledger.execute_one(book("bob@example.org", "1"));
    let email = |text: &str| CorrectionRequest::from([(BookingField::Email, set(text))]);

    let own = ledger.execute_one(correct(1, 1, email("Ana@example.org")));
    assert_eq!(duplicate(&own), None, "a payment is not its own duplicate");
    let bobs = ledger.execute_one(correct(1, 2, email("bob@example.org")));
    assert_eq!(duplicate(&bobs), Some("the payer already has the live payment REF002"));
    let invalid = ledger.execute_one(correct(1, 3, email("nowhere")));
    assert!(invalid.checks[0].is_flagged() && duplicate(&invalid).is_none());
}

#[test]
fn only_the_amount_is_frozen_once_money_was_received() {
    let mut ledger = ledger_with("10");
    let frozen = FieldError::new(
        "amount",
        ValidationCode::Frozen,
        "the amount can be corrected only while no money has been received",
    );
    assert_rejected(&ledger, correct(1, 2, new_amount("999")), &Rejection::Invalid(vec![frozen.clone()]));

    let mut with_another_error = new_amount("999");
    with_another_error.insert(BookingField::Name, Edit::Clear);
    let required = FieldError::new("name", ValidationCode::Required, "enter your full name");
    assert_rejected(&ledger, correct(1, 2, with_another_error), &Rejection::Invalid(vec![required, frozen]));

    let mut with_same_amount = new_amount("1000");
    with_same_amount.insert(BookingField::Name, set("Anna"));
    let payment = ledger.execute_one(correct(1, 2, with_same_amount));
    assert_eq!((payment.details.name.as_str(), payment.version), ("Anna", 3));
}

#[test]
fn an_id_with_the_pattern_of_the_institution_may_look_like_a_card_number() {
    let id = "4111111111111111";
    let correct_id = |ledger: &mut MemoryLedger, version, id: &str| {
        let request = CorrectionRequest::from([(BookingField::StudentId, set(id))]);
        ledger.execute(&[submission(correct(1, version, request))]).remove(0)
    };
    let mut ledger = ledger_with("0");
    assert!(matches!(correct_id(&mut ledger, 1, id), Err(Rejection::Invalid(_))));
    let mut institution = institution();
    institution.student_id = StudentIdRule::new("Account", "[0-9]{16}", "", false).unwrap();
    ledger.set_rules(Rules { institution: Arc::new(institution), ..Rules::clone(&rules()) });
    let corrected = correct_id(&mut ledger, 1, id).unwrap().payment;
    assert_eq!(corrected.details.student_id.as_deref(), Some(id));
    // A correction of another field reads the id again.
    assert_eq!(ledger.execute_one(correct(1, 2, new_name("Ana Luz"))).details.name, "Ana Luz");
    assert!(matches!(correct_id(&mut ledger, 3, "4111 1111 1111 1111"), Err(Rejection::Invalid(_))));
}
