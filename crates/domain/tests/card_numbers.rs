//! Card numbers are rejected in every spelling; ids and other numbers are accepted.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use fastrand::Rng;
use hermes_domain::{ValidationCode, mask_card_numbers, parse_text};
use proptest::prelude::*;
use proptest::sample::select;

/// The ids of each kind that a test draws.
const IDS: u32 = 100_000;

/// A prefix and the length of each range of a card network, apart from the table of the implementation.
const ISSUERS: &[(&str, &str, usize)] = &[
    ("Visa", "4", 16),
    ("Visa", "4", 19),
    ("Mastercard", "51", 16),
    ("Mastercard", "55", 16),
    ("Mastercard", "2221", 16),
    ("Mastercard", "2720", 16),
    ("American Express", "34", 15),
    ("American Express", "37", 15),
    ("Diners Club", "300", 14),
    ("Diners Club", "305", 14),
    ("Diners Club", "3095", 14),
    ("Diners Club", "36", 14),
    ("Diners Club", "38", 14),
    ("Diners Club", "39", 14),
    ("JCB", "3528", 16),
    ("JCB", "3589", 16),
    ("Discover", "6011", 16),
    ("Discover", "644", 16),
    ("Discover", "649", 16),
    ("Discover", "65", 16),
    ("UnionPay", "62", 16),
    ("UnionPay", "62", 17),
    ("UnionPay", "62", 18),
    ("UnionPay", "62", 19),
    ("Maestro", "5018", 16),
    ("Maestro", "5020", 18),
    ("Maestro", "5038", 19),
    ("Maestro", "5893", 16),
    ("Maestro", "6304", 19),
    ("Maestro", "6759", 18),
    ("Maestro", "6761", 16),
    ("Maestro", "6763", 19),
    ("Mir", "2200", 16),
    ("Mir", "2204", 16),
    ("RuPay", "508", 16),
    ("RuPay", "60", 16),
    ("RuPay", "81", 16),
    ("RuPay", "82", 16),
    ("Troy", "9792", 16),
    ("Verve", "506", 16),
    ("Verve", "6500", 16),
];

/// The separators between the groups of a number.
const SEPARATORS: &[&str] = &[
    " ", "  ", "\u{A0}", "\u{2009}", "\u{202F}", "\u{3000}", "-", " - ", "\u{2010}", "\u{2011}", "–", "—",
    "−", "－", ".", ". ", "_", "/", " / ", "⁄", "·", ",", ", ",
];

/// The zeros of decimal digits: ASCII, Arabic, Persian, Devanagari, Bengali, Thai, full width, mathematical bold, Adlam.
const ZEROS: &[char] = &['0', '٠', '۰', '०', '০', '๐', '０', '𝟎', '𞥐'];

/// The texts around a number.
const SENTENCES: &[(&str, &str)] = &[
    ("", ""),
    ("card ", " exp"),
    ("Visa:", "."),
    ("(", ")"),
    ("for Ana 7 ", " 12/27 123"),
    ("№", "x"),
    ("卡", "号"),
];

/// Returns a number with a valid check digit (Luhn) from all its other digits.
fn with_check_digit(mut digits: String) -> String {
    let mut sum = 0;
    for (index, digit) in digits.chars().rev().enumerate() {
        let value = digit.to_digit(10).unwrap() * if index % 2 == 0 { 2 } else { 1 };
        sum += value / 10 + value % 10;
    }
    digits.push(char::from_digit((10 - sum % 10) % 10, 10).unwrap());
    digits
}

/// Splits a number into groups of the lengths, which repeat.
fn groups<'a>(number: &'a str, lengths: &[usize]) -> Vec<&'a str> {
    let mut rest = number;
    let mut groups = Vec::new();
    for length in lengths.iter().cycle() {
        let (group, tail) = rest.split_at((*length).min(rest.len()));
        groups.push(group);
        rest = tail;
        if rest.is_empty() {
            break;
        }
    }
    groups
}

/// Returns the ways to print a number of a length.
fn groupings(length: usize) -> Vec<Vec<usize>> {
    let mut groupings = vec![vec![length], vec![1]];
    match length {
        14 => groupings.extend([vec![4, 6, 4], vec![2], vec![7], vec![4]]),
        15 => groupings.extend([vec![4, 6, 5], vec![3], vec![5], vec![4]]),
        16 => groupings.extend([vec![2], vec![4], vec![8]]),
        17 => groupings.push(vec![4]),
        18 => groupings.extend([vec![2], vec![3], vec![4], vec![6], vec![9]]),
        _ => groupings.extend([vec![4], vec![6, 13]]),
    }
    groupings
}

fn is_rejected(text: &str) -> bool {
    match parse_text("student_id", text, 500) {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.code, ValidationCode::CardNumber, "{text:?}: {}", error.detail);
            true
        }
    }
}

/// Returns how many ids are rejected, of [`IDS`] random ones.
fn rejected(mut id: impl FnMut(&mut Rng) -> String) -> u32 {
    let mut random = Rng::with_seed(1);
    (0..IDS).map(|_| u32::from(is_rejected(&id(&mut random)))).sum()
}

fn digits(random: &mut Rng, count: usize) -> String {
    (0..count).map(|_| random.digit(10)).collect()
}

#[test]
fn no_south_african_id_is_rejected() {
    let count = rejected(|random| {
        // Birth date, sequence number, citizenship, a constant and the check digit.
        let (year, month, day) = (random.u32(0..100), random.u32(1..13), random.u32(1..29));
        let (sequence, citizenship) = (random.u32(0..10_000), random.u32(0..2));
        with_check_digit(format!("{year:02}{month:02}{day:02}{sequence:04}{citizenship}8"))
    });
    assert_eq!(count, 0);
}

#[test]
fn no_imei_is_rejected() {
    // The bodies that assign the numbers.
    let bodies = ["01", "35", "44", "45", "49", "86", "91", "98", "99"];
    let count = rejected(|random| {
        let body = random.choice(bodies).unwrap();
        with_check_digit(format!("{body}{}", digits(random, 12)))
    });
    assert_eq!(count, 0);
}

#[test]
fn no_id_that_starts_with_a_year_is_rejected() {
    let count = rejected(|random| {
        let (year, length) = (random.u32(1950..2100), random.usize(9..=15));
        format!("{year}{}", digits(random, length))
    });
    assert_eq!(count, 0);
}

#[test]
fn at_most_one_random_id_in_a_hundred_is_rejected() {
    let count = rejected(|random| {
        let length = random.usize(13..=19);
        digits(random, length)
    });
    assert!((1..=IDS / 100).contains(&count), "{count} of {IDS}");
}

#[test]
fn every_spelling_of_every_issuer_is_rejected() {
    for (network, prefix, length) in ISSUERS {
        let filler = "7319".chars().cycle().take(length - 1 - prefix.len());
        let number = with_check_digit(prefix.chars().chain(filler).collect());
        for lengths in groupings(*length) {
            for separator in SEPARATORS {
                let text = groups(&number, &lengths).join(separator);
                assert!(is_rejected(&text), "{network}: {text}");
            }
        }
        for zero in ZEROS {
            let digit = |digit: char| char::from_u32(u32::from(*zero) + digit.to_digit(10).unwrap()).unwrap();
            let text: String = number.chars().map(digit).collect();
            assert!(is_rejected(&text), "{network}: {text}");
        }
        for (before, after) in SENTENCES {
            let text = format!("{before}{}{after}", groups(&number, &[4]).join(" "));
            assert!(is_rejected(&text), "{network}: {text}");
        }
    }
}

proptest! {
    #[test]
    fn every_number_of_every_issuer_is_rejected(
        (_, prefix, length) in select(ISSUERS),
        filler in "[0-9]{18}",
        separator in select(SEPARATORS),
        (before, after) in select(SENTENCES),
    ) {
        let number = with_check_digit(format!("{prefix}{}", &filler[..length - 1 - prefix.len()]));
        for lengths in groupings(length) {
            let text = format!("{before}{}{after}", groups(&number, &lengths).join(separator));
            prop_assert!(is_rejected(&text), "{}", text);
        }
    }
}

#[test]
fn other_texts_with_many_digits_are_accepted() {
    for text in [
        // A wrong check digit, no issuer, and more digits than a card number.
        "4111111111111112",
        "0000000000000000",
        "411111111111111112345",
        "12 High Street, 4055-123 Porto",
        "+351 912 345 678",
        "+34 612 345 678",
        "2026-11-22 12:00",
        "35-209900-176148-1",
        // Fractions.
        "0.4111111111111111",
        "0,4111111111111111 of the fee",
        // IBANs and creditor references whose digits contain a card number.
        "PT50 0002 0123 1234 5678 9015 4",
        "DE89411111111111111111",
        "refund to DE89 4111 1111 1111 1111 11, please",
        "RF56 4111 1111 1111 1111",
        // E-mail addresses that contain more than the number.
        "ana.4111111111111111@example.org",
        "ana@4111111111111111.example.org",
    ] {
        assert!(!is_rejected(text), "{text}");
    }
}

#[test]
fn numbers_next_to_other_numbers_are_rejected() {
    for text in [
        "41 11 11 11 11 11 11 11 12 27",
        "4111 1111 1111 1111 123",
        "4111111111111111 12/27 123",
        "12/27.4111111111111111",
        "1.4111 1111 1111 1111",
        "4111111111111111.50",
        "4111111111111111@example.org",
        "\"4111 1111 1111 1111\"@example.org",
        "IBAN 4111 1111 1111 1111",
    ] {
        assert!(is_rejected(text), "{text}");
    }
}

#[test]
fn the_error_says_what_to_do_with_another_kind_of_number() {
    let error = parse_text("student_id", "4111111111111111", 64).unwrap_err();
    assert!(error.detail.contains("contact the finance office"), "{}", error.detail);
    assert!(!is_rejected("411111111111"));
}

#[test]
fn a_machine_text_is_masked() {
    assert_eq!(mask_card_numbers("Bot/4111-1111-1111-1111 (x; 2)"), "Bot/****-****-****-**** (x; 2)");
    let text = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    assert_eq!(mask_card_numbers(text), text);
}
