//! Derived values of a payment, and invalid payments.
#![allow(clippy::indexing_slicing, reason = "a panic fails the test")]

use std::cmp::Ordering;

use hermes_domain::ValidationCode;
use hermes_domain::institution::StudentIdRule;
use hermes_domain::ledger::{Command, Rules};
use hermes_domain::money::{Currency, FeeBearer, MAX_MINOR, Money};
use hermes_domain::payment::{
    BookingField, BookingRequest, CheckKind, NewBooking, Payment, PaymentError, PaymentFields, Status,
    ValidationStatus,
};
use hermes_test_support::MemoryLedger;
use hermes_test_support::builders::{booking, booking_in, correct, currency, new_name, rules};
use proptest::prelude::*;
use proptest::sample::select;

/// Books a payment under the default rules.
fn booked(amount: &str, code: &str) -> Payment {
    MemoryLedger::new().execute_one(Command::Book(booking_in("ana@example.org", amount, code)))
}

/// Returns the first payment with its checks after money arrived. The checks run with the next change.
fn corrected_after(ledger: &mut MemoryLedger, received: &str) -> Payment {
    ledger.receive(1, received);
    let version = ledger.payments[0].version;
    ledger.execute_one(correct(1, version, new_name("Anna")))
}

fn fields() -> PaymentFields {
    booked("1000", "USD").into_fields()
}

fn flags(payment: &Payment) -> Vec<CheckKind> {
    let flagged = payment.checks.iter().filter(|check| check.is_flagged());
    flagged.map(|check| check.kind).collect()
}

proptest! {
    #[test]
    fn the_final_amount_is_the_amount_and_the_fee(
        minor in 1..=MAX_MINOR,
        currency in select(Currency::all().collect::<Vec<_>>()),
        bearer in select(&[FeeBearer::Payer, FeeBearer::Institution][..]),
    ) {
        let rules = Rules { fee_bearer: bearer, ..Rules::clone(&rules()) };
        let booking = NewBooking {
            amount: Money::from_minor(minor, currency),
            ..booking("ana@example.org", "1")
        };
        let payment = MemoryLedger::with_rules(rules).execute_one(Command::Book(booking));
        prop_assert_eq!(payment.amount.minor() + payment.fee.amount.minor(), payment.final_amount().minor());
        let due = match bearer {
            FeeBearer::Payer => payment.final_amount(),
            FeeBearer::Institution => payment.amount,
        };
        prop_assert_eq!(payment.amount_due(), due);
        prop_assert_eq!(payment.amount_outstanding(), due);
        prop_assert_eq!(payment.status(), Status::Pending);
    }

    #[test]
    fn the_status_compares_the_amount_received_with_the_amount_due(due in 1..=MAX_MINOR, received in 0..=MAX_MINOR) {
        let money = |minor| Money::from_minor(minor, Currency::USD);
        for received in [received, 0, 1, due - 1, due, due + 1] {
            let expected = match (received, received.cmp(&due)) {
                (0, _) => Status::Pending,
                (_, Ordering::Less) => Status::Underpayment,
                (_, Ordering::Equal) => Status::Exact,
                (_, Ordering::Greater) => Status::Overpayment,
            };
            prop_assert_eq!(Status::from_amounts(money(due), money(received), money(received)), expected);
        }
    }
}

#[test]
fn the_amount_received_is_compared_with_the_final_amount() {
    for (received, status, outstanding, flagged) in [
        ("0", Status::Pending, "1030.00", false),
        ("0.01", Status::Underpayment, "1029.99", true),
        ("1000", Status::Underpayment, "30.00", true),
        ("1029.99", Status::Underpayment, "0.01", true),
        ("1030.00", Status::Exact, "0.00", false),
        ("1030.01", Status::Overpayment, "0.00", true),
    ] {
        let mut ledger = MemoryLedger::new();
        ledger.execute_one(Command::Book(booking("ana@example.org", "1000")));
        let payment = corrected_after(&mut ledger, received);
        assert_eq!(payment.status(), status, "{received}");
        assert_eq!(payment.amount_outstanding().to_string(), outstanding, "{received}");
        let expected = if flagged { vec![CheckKind::OverUnderPayment] } else { vec![] };
        assert_eq!(flags(&payment), expected, "{received}");
    }
}

#[test]
fn without_a_fee_for_the_payer_the_amount_alone_is_due() {
    let rules = Rules { fee_bearer: FeeBearer::Institution, ..Rules::clone(&rules()) };
    let mut ledger = MemoryLedger::with_rules(rules);
    ledger.execute_one(Command::Book(booking("ana@example.org", "1000")));
    let payment = corrected_after(&mut ledger, "1000");
    assert_eq!(payment.status(), Status::Exact);
    assert_eq!(flags(&payment), []);
    assert_eq!(payment.final_amount().to_string(), "1030.00");
}

#[test]
fn only_amounts_above_the_threshold_are_flagged() {
    for (amount, code, flagged) in [
        ("1000000.00", "USD", false),
        ("1000000.01", "USD", true),
        ("1000000", "JPY", false),
        ("1000001", "JPY", true),
        ("1000000.000", "KWD", false),
        ("1000000.001", "KWD", true),
    ] {
        let expected = if flagged { vec![CheckKind::AmountThreshold] } else { vec![] };
        assert_eq!(flags(&booked(amount, code)), expected, "{amount} {code}");
    }
}

#[test]
fn all_four_checks_can_flag_one_payment() {
    let mut ledger = MemoryLedger::new();
    for _ in 0..2 {
        ledger.execute_one(Command::Book(booking("nowhere", "2000000")));
    }
    let payment = corrected_after(&mut ledger, "5");
    let kinds: Vec<_> = payment.checks.iter().map(|check| check.kind).collect();
    assert_eq!(kinds, CheckKind::ALL);
    assert_eq!(flags(&payment), CheckKind::ALL);
    assert_eq!(payment.validation_status(), ValidationStatus::Flagged);
    assert_eq!(booked("1", "USD").validation_status(), ValidationStatus::Passed);
}

#[test]
fn amounts_with_wrong_sign_or_currency_are_rejected() {
    /// A setter of one amount, and the lowest valid value.
    type Change = (fn(&mut PaymentFields, Money), i64);
    let changes: [Change; 3] = [
        (|fields, money| fields.amount = money, 1),
        (|fields, money| fields.fee.amount = money, 0),
        (|fields, money| fields.amount_received = money, 0),
    ];
    for (change, lowest) in changes {
        let with = |minor, currency| {
            let mut fields = fields();
            change(&mut fields, Money::from_minor(minor, currency));
            Payment::new(fields).map(drop)
        };
        assert_eq!(with(lowest - 1, Currency::USD), Err(PaymentError::Sign));
        assert_eq!(with(lowest, Currency::USD), Ok(()));
        assert!(matches!(with(5, currency("EUR")), Err(PaymentError::Money(_))));
        assert!(matches!(with(i64::MAX, Currency::USD), Err(PaymentError::Money(_))));
    }
}

#[test]
fn a_serialised_payment_is_read_unchanged() {
    let expires_at = chrono::DateTime::from_timestamp(1_800_000_000, 0);
    let fields = PaymentFields { link_version: 3, link_expires_at: expires_at, ..fields() };
    let payment = Payment::new(fields).unwrap();
    let stored = serde_json::to_string(&payment).unwrap();
    assert_eq!(serde_json::from_str::<Payment>(&stored).unwrap(), payment);
    let broken = stored.replace("\"minor\":100000,", "\"minor\":-100000,");
    assert!(broken != stored && serde_json::from_str::<Payment>(&broken).is_err());
}

/// `İ` becomes two characters in lower case: an `i` and a combining dot.
#[test]
fn an_address_must_fit_in_lower_case_too() {
    let codes = |email: String| {
        let request = BookingRequest::from([
            (BookingField::Name, "Ana Ruiz".to_owned()),
            (BookingField::Email, email),
            (BookingField::Amount, "1".to_owned()),
        ]);
        let errors = NewBooking::parse(&request, &StudentIdRule::default()).err().unwrap_or_default();
        errors.into_iter().map(|error| (error.field, error.code)).collect::<Vec<_>>()
    };
    let max_chars = BookingField::Email.spec().max_chars;
    let too_long = [("email".to_owned(), ValidationCode::TooLong)];
    assert_eq!(codes("İ".repeat(max_chars / 2)), []);
    assert_eq!(codes("İ".repeat(max_chars / 2 + 1)), too_long);
    assert_eq!(codes("x".repeat(max_chars)), []);
    assert_eq!(codes("x".repeat(max_chars + 1)), too_long);
    assert_eq!(booking("ÄNNE@EXAMPLE.org", "1").details.email_key(), "änne@example.org");
}

#[test]
fn with_an_unknown_currency_the_errors_of_all_currencies_are_reported() {
    let errors = |amount: &str| {
        let request = BookingRequest::from([
            (BookingField::Name, "Ana Ruiz".to_owned()),
            (BookingField::Email, "ana@example.org".to_owned()),
            (BookingField::Amount, amount.to_owned()),
            (BookingField::CurrencyFrom, "DOLLARS".to_owned()),
        ]);
        let errors = NewBooking::parse(&request, &StudentIdRule::default()).unwrap_err();
        errors.into_iter().map(|error| (error.field, error.code)).collect::<Vec<_>>()
    };
    let unknown = ("currency_from".to_owned(), ValidationCode::UnknownCurrency);
    let with = |field: &str, code| vec![unknown.clone(), (field.to_owned(), code)];
    // An amount that is valid in some currency is not an error.
    for amount in ["1.234", "10000000000000"] {
        assert_eq!(errors(amount), std::slice::from_ref(&unknown), "{amount}");
    }
    assert_eq!(errors("0"), with("amount", ValidationCode::NotPositive));
    assert_eq!(errors("-1"), with("amount", ValidationCode::Negative));
    assert_eq!(errors(""), with("amount", ValidationCode::Required));
    assert_eq!(errors("1,5"), with("amount", ValidationCode::NotANumber));
    assert_eq!(errors("1e20"), with("amount", ValidationCode::TooLarge));
}
