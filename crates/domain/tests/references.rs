//! References for people and for banks (ISO 11649, with the check digits of ISO 7064 MOD 97-10).
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use hermes_domain::payment::{PaymentKey, Reference, ReferenceError, check_creditor_reference};
use proptest::prelude::*;

/// The characters of a creditor reference.
const ALPHABET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// A creditor reference has at most 25 characters, seven of which are `RF`, the check digits and `REF`.
const MAX_NUMBER: i64 = 999_999_999_999_999_999;

fn reference(number: i64) -> Reference {
    Reference::new(number).unwrap()
}

/// Returns the text with another character at one index.
fn substituted(text: &str, position: usize, character: char) -> String {
    text.char_indices().map(|(index, old)| if index == position { character } else { old }).collect()
}

/// Creditor references with numbers of one to six digits.
fn creditor_references() -> Vec<String> {
    [1, 7, 12, 97, 98, 100, 512, 999, 1000, 4711, 98_765, 123_456, 999_999]
        .map(|number| reference(number).creditor_reference())
        .to_vec()
}

#[test]
fn creditor_references_have_the_check_digits_of_the_standard() {
    for (number, text) in [(1, "RF59REF001"), (999, "RF79REF999"), (1000, "RF14REF1000")] {
        assert_eq!(reference(number).creditor_reference(), text);
    }
    // The published example of ISO 11649.
    assert_eq!(check_creditor_reference("RF18 5390 0754 7034").unwrap(), "RF18539007547034");
}

proptest! {
    #[test]
    fn a_reference_parses_back(number in prop_oneof![1..2_000_i64, 1..=MAX_NUMBER]) {
        let reference = reference(number);
        prop_assert_eq!(Reference::parse(&reference.to_string()), Ok(reference));
        prop_assert_eq!(reference.number(), number);
        let stored = serde_json::to_string(&reference).unwrap();
        prop_assert_eq!(serde_json::from_str::<Reference>(&stored).unwrap(), reference);
    }

    #[test]
    fn a_creditor_reference_parses_in_lower_case_and_in_groups(number in prop_oneof![1..2_000_i64, 1..=MAX_NUMBER]) {
        let text = reference(number).creditor_reference();
        prop_assert!(text.len() <= 25);
        let grouped: String = text.chars().enumerate()
            .flat_map(|(index, character)| [(index % 4 == 0).then_some(' '), Some(character)])
            .flatten().collect();
        let (without_rf, with_tab) = (text[2..].to_owned(), text.replace("REF", "\tREF"));
        for typed in [text.clone(), text.to_lowercase(), grouped, without_rf, with_tab] {
            prop_assert_eq!(Reference::parse_creditor(&typed), Ok(reference(number)), "{}", typed);
            prop_assert_eq!(PaymentKey::parse(&typed), Some(PaymentKey::Reference(reference(number))));
        }
    }

    #[test]
    fn references_sort_by_number(a in 1..=MAX_NUMBER, b in 1..=MAX_NUMBER) {
        prop_assert_eq!(reference(a).cmp(&reference(b)), a.cmp(&b));
    }
}

#[test]
fn numbers_that_do_not_fit_a_creditor_reference_are_rejected() {
    for number in [i64::MIN, -1, 0, MAX_NUMBER + 1, i64::MAX] {
        assert_eq!(Reference::new(number), None, "{number}");
    }
}

#[test]
fn a_reference_has_one_spelling_apart_from_case() {
    assert_eq!(Reference::parse(" ref001 "), Ok(reference(1)));
    for text in [
        "",
        "REF",
        "REF1",
        "REF01",
        "REF0001",
        "REF01000",
        "REF000",
        "REF-01",
        "REF+01",
        "REF 001",
        "001",
        "XREF001",
        "REF001X",
        "REF٠٠١",
        "REF99999999999999999999",
    ] {
        assert_eq!(Reference::parse(text), Err(ReferenceError::Malformed), "{text}");
    }
}

/// ISO 7064 generates check digits from 02 to 98; 00, 01 and 99 leave the same remainders as 97, 98 and 02.
#[test]
fn check_digits_that_the_standard_never_generates_are_rejected() {
    let mut aliases = 0;
    for number in 1..=2_000 {
        let text = reference(number).creditor_reference();
        let alias = match &text[2..4] {
            "97" => "00",
            "98" => "01",
            "02" => "99",
            _ => continue,
        };
        aliases += 1;
        let mistyped = format!("RF{alias}{}", &text[4..]);
        assert_eq!(Reference::parse_creditor(&mistyped), Err(ReferenceError::CheckDigits), "{mistyped}");
    }
    assert!(aliases > 10);
}

#[test]
fn every_mistyped_character_is_detected() {
    for text in creditor_references() {
        for (index, old) in text.char_indices() {
            for new in ALPHABET.chars().filter(|new| *new != old) {
                let mistyped = substituted(&text, index, new);
                assert!(Reference::parse_creditor(&mistyped).is_err(), "{text} as {mistyped}");
            }
        }
    }
}

/// MOD 97-10 detects every wrong digit for a digit and letter for a letter, but not every letter for a digit.
///
/// A letter counts as two digits, which shifts the preceding number `p` by one more digit. The check misses a letter
/// of value `v` in place of the digit `d` if `90 p + v - d` is a multiple of 97. Such a text is still rejected because
/// only digits may follow `REF`.
#[test]
fn the_check_digits_alone_miss_some_letters_in_place_of_digits() {
    let mut missed = Vec::new();
    for text in creditor_references() {
        for (index, old) in text.char_indices().skip(4) {
            for new in ALPHABET.chars().filter(|new| *new != old) {
                let mistyped = substituted(&text, index, new);
                if check_creditor_reference(&mistyped).is_err() {
                    continue;
                }
                assert!(old.is_ascii_digit() && new.is_ascii_uppercase(), "{text} as {mistyped}");
                let before = text[4..index].chars().fold(0, |number, character| {
                    let value = character.to_digit(36).unwrap();
                    (number * if value < 10 { 10 } else { 100 } + value) % 97
                });
                let (letter, digit) = (new.to_digit(36).unwrap(), old.to_digit(36).unwrap());
                assert_eq!((90 * before + letter - digit) % 97, 0, "{text} as {mistyped}");
                missed.push(mistyped);
            }
        }
    }
    assert!(!missed.is_empty());
}

/// Holds for references of Hermes only: the letter B is 11, so `B1` and `1B` have the same digits elsewhere.
#[test]
fn every_transposition_of_adjacent_characters_is_detected() {
    for text in creditor_references() {
        for index in 1..text.len() {
            let mut swapped = text.clone().into_bytes();
            swapped.swap(index - 1, index);
            let swapped = String::from_utf8(swapped).unwrap();
            if swapped == text {
                continue;
            }
            assert!(Reference::parse_creditor(&swapped).is_err(), "{text} as {swapped}");
        }
    }
}

#[test]
fn other_texts_are_not_creditor_references() {
    for text in [
        "",
        "RF",
        "RF59",
        "R",
        "5REF001",
        "RF5REF001",
        "RFxxREF001",
        "IBAN",
        "RF59REF-001",
        "RF59REF00١",
        "RF590000000000000000000000000",
    ] {
        assert_eq!(Reference::parse_creditor(text), Err(ReferenceError::Malformed), "{text}");
    }
    // Without the RF, the check digits still protect the reference.
    assert_eq!(Reference::parse_creditor("58REF001"), Err(ReferenceError::CheckDigits));
    // A valid creditor reference, but not of Hermes.
    assert_eq!(Reference::parse_creditor("RF18539007547034"), Err(ReferenceError::Malformed));
}
