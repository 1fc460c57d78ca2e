//! Matching a transfer with payments: the criteria in a table of examples, and their properties.
#![allow(clippy::inconsistent_digit_grouping, reason = "the last two digits are cents")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic fails the test")]

use chrono::NaiveDate;
use hermes_domain::matching::{
    AutoPost, Certainty, CreditLine, Evidence, Finding, IndexedPayment, LineText, PaymentIndex, TextSource,
    find, find_splits,
};
use hermes_domain::money::{Currency, Money};
use hermes_domain::payment::{PaymentId, Reference};
use proptest::prelude::*;
use uuid::Uuid;

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

fn reference(number: i64) -> Reference {
    Reference::new(number).unwrap()
}

fn payment(number: i64, outstanding: Money, name: &str) -> IndexedPayment {
    IndexedPayment {
        id: PaymentId(Uuid::from_u128(number.unsigned_abs().into())),
        reference: reference(number),
        outstanding,
        is_cancelled: false,
        names: vec![name.to_owned()],
        booked_on: day(1),
    }
}

fn index(payments: impl IntoIterator<Item = IndexedPayment>) -> PaymentIndex {
    let mut index = PaymentIndex::default();
    payments.into_iter().for_each(|payment| index.insert(payment));
    index
}

/// Payments of one payer each: REF001 of 100.00, REF002 of 200.00, REF012 of 300.00, REF123 of 400.00, REF1234 of 500.00.
fn five_payments() -> PaymentIndex {
    index([
        payment(1, usd(100_00), "Ana Ruiz"),
        payment(2, usd(200_00), "Ben Smith"),
        payment(12, usd(300_00), "Cleo Wang"),
        payment(123, usd(400_00), "Dora Novak"),
        payment(1234, usd(500_00), "Emil Berg"),
    ])
}

fn line(amount: Money, pieces: &[&str]) -> CreditLine {
    let pieces = pieces.iter().map(|piece| (*piece).to_owned()).collect();
    CreditLine {
        amount,
        booking_date: day(20),
        texts: vec![LineText { source: TextSource::Text, pieces }],
        payer_name: None,
    }
}

fn from(name: &str, line: CreditLine) -> CreditLine {
    CreditLine { payer_name: Some(name.to_owned()), ..line }
}

/// Describes the proposals: the certainty and the parts in hundredths, with `?` if a person must decide.
fn described(finding: &Finding) -> Vec<String> {
    let described = finding.matches.iter().map(|proposal| {
        let parts = proposal.parts.iter().map(|part| format!("{}={}", part.reference, part.amount));
        let doubt = if proposal.is_doubtful { "?" } else { "" };
        format!("{}{doubt} {}", proposal.certainty.as_str(), parts.collect::<Vec<_>>().join(" "))
    });
    described.collect()
}

#[test]
fn references_are_found_in_texts_as_people_and_banks_write_them() {
    let index = five_payments();
    let cases: [(&[&str], &[&str]); 21] = [
        (&["RF59REF001"], &["creditor_reference REF001=100.00"]),
        (&["tuition rf59 ref0 01 thank you"], &["creditor_reference REF001=100.00"]),
        (&["59REF001"], &["creditor_reference REF001=100.00"]),
        (&["Invoice RF59-REF-001, 2026"], &["creditor_reference REF001=100.00"]),
        (&["my payment RF59RE", "F001"], &["creditor_reference REF001=100.00"]),
        (&["RF59REF001", "20261120"], &["creditor_reference REF001=100.00"]),
        (&["REF001"], &["reference REF001=100.00"]),
        (&["payment for ref001."], &["reference REF001=100.00"]),
        (&["school fee RE", "F001 autumn"], &["reference REF001=100.00"]),
        (&["REF001", "2026 autumn"], &["reference REF001=100.00"]),
        (&["no°REF001/x"], &["reference REF001=100.00"]),
        // A text with wrong check digits does not count as REF002, and 100.00 is not its amount.
        (&["RF59REF002"], &["repaired REF001=100.00"]),
        (&["RF58 REF001"], &["repaired REF001=100.00"]),
        (&["FR59REF001"], &["repaired REF001=100.00"]),
        (&["RF59RFE001"], &["repaired REF001=100.00"]),
        (&["REF0O1"], &["repaired REF001=100.00"]),
        (&["ERF001"], &["repaired REF001=100.00"]),
        // Not a reference: a part of a longer word or number, too far apart, or unknown.
        (&["XREF001 REF0010 REF-001 001"], &[]),
        (&["RFE0O1"], &[]),
        (&["REF999"], &[]),
        (&[""], &[]),
    ];
    for (pieces, expected) in cases {
        let finding = find(&line(usd(100_00), pieces), &index);
        assert_eq!(described(&finding), expected, "{pieces:?}: {finding:?}");
    }
}

#[test]
fn a_cut_number_is_read_as_the_payment_with_the_exact_amount() {
    let index = five_payments();
    for (amount, expected) in [(400_00, "reference REF123=400.00"), (500_00, "reference REF1234=500.00")] {
        assert_eq!(described(&find(&line(usd(amount), &["REF123", "4"]), &index)), [expected]);
    }
}

#[test]
fn a_space_at_the_end_of_a_piece_ends_a_reference_without_check_digits() {
    let index = five_payments();
    for (pieces, expected) in [
        (["Tuition REF123 ", "4 students"], "reference REF123=7.00"),
        (["Tuition REF123", "4 students"], "reference REF1234=7.00"),
    ] {
        assert_eq!(described(&find(&line(usd(7_00), &pieces), &index)), [expected], "{pieces:?}");
    }
}

#[test]
fn an_exact_reference_matches_any_amount_and_the_evidence_says_so() {
    let index = five_payments();
    for (amount, sentence) in [
        (99_99, "the amount is below the outstanding 100.00 USD of REF001"),
        (100_00, "the amount equals the outstanding 100.00 USD of REF001"),
        (100_01, "the amount is above the outstanding 100.00 USD of REF001"),
    ] {
        let finding = find(&from("RUIZ ANA", line(usd(amount), &["RF59REF001"])), &index);
        let proposal = finding.to_post(AutoPost::Reference).unwrap();
        let sentences: Vec<String> = proposal.evidence.iter().map(Evidence::to_string).collect();
        assert_eq!(
            sentences,
            [
                "the text contains RF59REF001, and its check digits are right",
                sentence,
                "the payer has the name in the booking of REF001",
                "REF001 was booked on 2026-11-01, 19 days before the transfer",
            ]
        );
        assert_eq!(proposal.parts.iter().map(|part| part.amount).collect::<Vec<_>>(), [usd(amount)]);
    }
}

#[test]
fn a_reference_without_check_digits_waits_if_another_payment_fits_better() {
    let index = five_payments();
    // REF002 with the amount of REF001: the payer may have mistyped REF001.
    let finding = find(&line(usd(100_00), &["REF002"]), &index);
    assert_eq!(described(&finding), ["reference? REF002=100.00", "repaired REF001=100.00"]);
    assert_eq!(finding.to_post(AutoPost::Repaired), None);
    // No payment fits better: an under-payment.
    let finding = find(&line(usd(150_00), &["REF002"]), &index);
    assert!(finding.to_post(AutoPost::Reference).is_some());
}

#[test]
fn a_repaired_reference_needs_the_exact_amount_and_the_setting() {
    let index = five_payments();
    let exact = find(&line(usd(100_00), &["RF59REF007"]), &index);
    assert_eq!(exact.to_post(AutoPost::Reference), None);
    assert!(exact.to_post(AutoPost::Repaired).is_some());
    assert_eq!(exact.to_post(AutoPost::Off), None);
    assert_eq!(described(&find(&line(usd(99_00), &["RF59REF007"]), &index)), Vec::<String>::new());
    // Two payments of the same amount are one typing error apart.
    let twins = self::index([payment(1, usd(5), "Ana Ruiz"), payment(2, usd(5), "Ben Smith")]);
    let finding = find(&line(usd(5), &["REF003"]), &twins);
    assert_eq!(described(&finding), ["repaired REF001=0.05", "repaired REF002=0.05"]);
    assert_eq!(finding.to_post(AutoPost::Repaired), None);
}

#[test]
fn several_references_pay_several_payments_if_the_sum_is_exact() {
    let index = five_payments();
    let merged = find(&line(usd(600_00), &["RF59REF001 REF002, RF13REF012 ref012"]), &index);
    assert_eq!(described(&merged), ["reference REF001=100.00 REF002=200.00 REF012=300.00"]);
    assert!(merged.to_post(AutoPost::Reference).is_some());
    let inexact = find(&line(usd(250_00), &["REF001 REF002"]), &index);
    assert_eq!(described(&inexact), ["reference? REF001=100.00 REF002=150.00"]);
    let one_of_two = find(&line(usd(200_00), &["REF001 REF002"]), &index);
    assert_eq!(described(&one_of_two), ["reference? REF001=100.00 REF002=100.00", "reference REF002=200.00"]);
    assert_eq!(one_of_two.to_post(AutoPost::Repaired), None);
}

#[test]
fn a_transfer_with_more_than_five_references_waits() {
    let index = index((1..=6).map(|number| payment(number, usd(1), "Ana Ruiz")));
    let finding = find(&line(usd(6), &["REF001 REF002 REF003 REF004 REF005 REF006"]), &index);
    assert_eq!(finding.matches, []);
    assert_eq!(finding.hints, [Evidence::TooManyPayments { payments: 6 }]);
}

#[test]
fn other_currencies_and_cancelled_payments_never_match() {
    let euro = Money::from_minor(100_00, "EUR".parse().unwrap());
    let cancelled = IndexedPayment { is_cancelled: true, ..payment(2, usd(0), "Ana Ruiz") };
    let index = index([payment(1, euro, "Ana Ruiz"), cancelled, payment(3, usd(100_00), "Ana Ruiz")]);
    for (text, hint) in
        [("RF59REF001", "REF001 is in EUR, the transfer is not"), ("REF002", "REF002 is cancelled")]
    {
        let finding = find(&from("Ana Ruiz", line(usd(100_00), &[text])), &index);
        assert_eq!(finding.to_post(AutoPost::Repaired), None, "{text}");
        assert!(finding.matches.iter().all(|proposal| proposal.parts[0].reference == reference(3)), "{text}");
        assert_eq!(finding.hints.iter().map(Evidence::to_string).collect::<Vec<_>>(), [hint]);
    }
}

#[test]
fn a_text_that_also_names_a_payment_which_cannot_be_paid_waits_unless_the_amount_is_exact() {
    let euro = Money::from_minor(200_00, "EUR".parse().unwrap());
    let cancelled = IndexedPayment { is_cancelled: true, ..payment(3, usd(0), "Cleo Wang") };
    let index = index([
        payment(1, usd(100_00), "Ana Ruiz"),
        payment(2, euro, "Ben Smith"),
        cancelled,
        payment(4, usd(50_00), "Dora Novak"),
    ]);
    for (text, amount, expected) in [
        ("REF001 REF002", 300_00, "reference? REF001=300.00"),
        ("RF59REF001 REF003", 300_00, "creditor_reference? REF001=300.00"),
        ("REF001 REF003", 99_99, "reference? REF001=99.99"),
        ("REF001 REF003", 100_00, "reference REF001=100.00"),
        ("REF001 REF004 REF003", 150_00, "reference REF001=100.00 REF004=50.00"),
        ("REF001 REF004 REF003", 150_01, "reference? REF001=100.00 REF004=50.01"),
        // Text and structured reference name only the payment.
        ("REF001", 300_00, "reference REF001=300.00"),
    ] {
        let finding = find(&line(usd(amount), &[text]), &index);
        assert_eq!(described(&finding), [expected], "{text} {amount}");
    }
}

#[test]
fn the_name_the_amount_and_the_date_are_the_last_criterion_and_never_posted() {
    let later = IndexedPayment { booked_on: day(21), ..payment(3, usd(70), "Ana Ruiz") };
    let index = index([payment(1, usd(30), "Ana Ruiz"), payment(2, usd(40), "Ana Maria Ruiz"), later]);
    for (name, amount, expected) in [
        ("RUIZ ANA", 30, vec!["amount_and_name REF001=0.30"]),
        ("RUIZ ANA", 70, vec!["amount_and_name REF001=0.30 REF002=0.40"]),
        ("RUIZ ANA", 31, vec![]),
        ("MS ANA RUIZ", 30, vec!["amount_and_name REF001=0.30"]),
        // With a title, the name is no part of Ana Maria Ruiz.
        ("MS ANA RUIZ", 70, vec![]),
        ("Ana Lopez", 30, vec![]),
    ] {
        let finding = find(&from(name, line(usd(amount), &["tuition"])), &index);
        assert_eq!(described(&finding), expected, "{name} {amount}");
        assert_eq!(finding.to_post(AutoPost::Repaired), None);
    }
}

#[test]
fn several_transfers_of_a_payer_are_proposed_for_one_payment() {
    let index = index([payment(1, usd(100), "Ana Ruiz"), payment(2, usd(100), "Ben Smith")]);
    let lines = [
        (60, "Ana Ruiz"),
        (7, "RUIZ ANA"),
        (40, "RUIZ ANA"),
        (50, "Ben Smith"),
        (50, "Ben Smith"),
        (50, "Ben Smith"),
    ];
    let lines = lines.map(|(amount, name)| from(name, line(usd(amount), &[])));
    let found = find_splits(&lines, &index);
    let amounts: Vec<_> = found
        .iter()
        .map(|(line, split)| (*line, split.parts[0].reference.number(), split.parts[0].amount))
        .collect();
    // Ben's transfers can be chosen in three ways.
    assert_eq!(amounts, [(0, 1, usd(60)), (2, 1, usd(40))]);
    assert!(found.iter().all(|(_, split)| split.certainty == Certainty::AmountAndName));
    assert_eq!(
        found[0].1.evidence[0].to_string(),
        "2 transfers of this payer add up to the outstanding 1.00 USD of REF001"
    );
}

#[test]
fn an_allocation_reduces_the_amount_outstanding_to_zero_at_most() {
    let mut index = index([payment(1, usd(100), "Ana Ruiz")]);
    index.allocate(reference(1), usd(30));
    assert_eq!(index.get(reference(1)).unwrap().outstanding, usd(70));
    index.allocate(reference(1), usd(90));
    assert_eq!(index.get(reference(1)).unwrap().outstanding, usd(0));
    let again = find(&line(usd(100), &["RF59REF001"]), &index);
    let sentence = again.matches[0].evidence[1].to_string();
    assert_eq!(sentence, "REF001 has nothing outstanding, so the amount is an excess");
}

/// A text, cut into pieces of `width` characters.
fn cut(text: &str, width: usize) -> Vec<String> {
    text.as_bytes().chunks(width).map(|piece| String::from_utf8(piece.to_vec()).unwrap()).collect()
}

/// The edits of a typing error: the character at a position replaced, or exchanged with the next one.
fn mistyped(text: &str, position: usize, edit: Option<u8>) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let position = position % (bytes.len() - 1);
    match edit {
        Some(byte) => bytes[position] = byte,
        None => bytes.swap(position, position + 1),
    }
    String::from_utf8(bytes).unwrap()
}

proptest! {
    #[test]
    fn an_unchanged_creditor_reference_is_found_wherever_the_bank_cuts_the_text(
        number in 1..100_000_i64, width in 1..40_usize, before in "[a-zA-Z .,]{0,40}", after in "( [a-zA-Z .,]{0,40})?",
    ) {
        let text = format!("{before} {}{after}", reference(number).creditor_reference());
        let line = CreditLine {
            texts: vec![LineText { source: TextSource::Text, pieces: cut(&text, width) }],
            ..line(usd(7), &[])
        };
        let finding = find(&line, &index([payment(number, usd(9), "Ana Ruiz")]));
        let proposal = finding.to_post(AutoPost::Reference);
        prop_assert!(proposal.is_some_and(|proposal| proposal.certainty == Certainty::CreditorReference), "{:?}", finding);
    }

    #[test]
    fn a_typing_error_never_posts_another_payment(
        number in 1..200_i64, position in 0..20_usize, byte in "[0-9A-Z]", is_substitution: bool, has_check_digits: bool,
    ) {
        // Every number exists, and every payment has another amount.
        let index = index((1..200).map(|number| payment(number, usd(1_000 + number), "Ana Ruiz")));
        let meant = reference(number);
        let text = if has_check_digits { meant.creditor_reference() } else { meant.to_string() };
        let written = mistyped(&text, position, is_substitution.then_some(byte.as_bytes()[0]));
        let finding = find(&line(usd(1_000 + number), &[&written]), &index);
        prop_assert!(finding.matches.iter().any(|proposal| proposal.parts[0].reference == meant), "{}: {:?}", written, finding);
        if let Some(proposal) = finding.to_post(AutoPost::Repaired) {
            prop_assert_eq!(proposal.parts[0].reference, meant, "{}", written);
        }
    }

    #[test]
    fn the_parts_of_every_proposal_add_up_to_the_line(
        amounts in prop::collection::vec(1..6_i64, 1..8), amount in 1..20_i64, named in prop::collection::vec(1..8_i64, 0..4),
    ) {
        let payments = (1..).zip(&amounts).map(|(number, amount)| payment(number, usd(*amount), "Ana Ruiz"));
        let text = named.iter().map(|number| reference(*number).to_string()).collect::<Vec<_>>().join(" ");
        let finding = find(&from("Ana Ruiz", line(usd(amount), &[&text])), &index(payments));
        for proposal in &finding.matches {
            prop_assert_eq!(proposal.parts.iter().map(|part| part.amount.minor()).sum::<i64>(), amount);
            prop_assert!(proposal.parts.iter().all(|part| part.amount.minor() > 0));
            prop_assert!((1..=5).contains(&proposal.parts.len()));
        }
    }

    #[test]
    fn any_text_is_searched_without_a_panic(text in "\\PC{0,60}", ascii in "[REF0-9 ]{0,60}") {
        find(&line(usd(100_00), &[&text, &ascii]), &five_payments());
    }
}
