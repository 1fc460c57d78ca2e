//! References for people and for banks (ISO 11649, with the check digits of ISO 7064 MOD 97-10).
#![expect(clippy::unwrap_used, reason = "a reference that is not read fails the test")]

use hermes_domain::payment::{PaymentKey, Reference, ReferenceError, check_creditor_reference};
use proptest::prelude::*;

/// What a creditor reference is made of.
const ALPHABET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// A creditor reference has at most 25 characters, seven of which are `RF`, the check digits and `REF`.
const NUMBER_MAX: i64 = 999_999_999_999_999_999;

fn reference(number: i64) -> Reference {
    Reference::new(number).unwrap()
}

/// The text with another character in one place.
fn substituted(text: &str, place: usize, character: char) -> String {
    text.char_indices().map(|(index, old)| if index == place { character } else { old }).collect()
}

/// References of one to six digits, as banks carry them.
fn creditor_references() -> Vec<String> {
    [1, 7, 12, 97, 98, 100, 512, 999, 1000, 4711, 98_765, 123_456, 999_999]
        .map(|number| reference(number).creditor_reference())
        .to_vec()
}

#[test]
fn the_creditor_references_are_those_of_the_standard() {
    for (number, text) in [(1, "RF59REF001"), (999, "RF79REF999"), (1000, "RF14REF1000")] {
        assert_eq!(reference(number).creditor_reference(), text);
    }
    // The example that banks publish for ISO 11649.
    assert_eq!(check_creditor_reference("RF18 5390 0754 7034").unwrap(), "RF18539007547034");
}

proptest! {
    #[test]
    fn a_reference_is_read_back(number in prop_oneof![1..2_000_i64, 1..=NUMBER_MAX]) {
        let reference = reference(number);
        prop_assert_eq!(Reference::parse(&reference.to_string()), Ok(reference));
        prop_assert_eq!(reference.number(), number);
        let stored = serde_json::to_string(&reference).unwrap();
        prop_assert_eq!(serde_json::from_str::<Reference>(&stored).unwrap(), reference);
    }

    #[test]
    fn a_creditor_reference_is_read_back_as_people_type_it(number in prop_oneof![1..2_000_i64, 1..=NUMBER_MAX]) {
        let text = reference(number).creditor_reference();
        prop_assert!(text.len() <= 25);
        let grouped: String = text.chars().enumerate()
            .flat_map(|(index, character)| [(index % 4 == 0).then_some(' '), Some(character)])
            .flatten().collect();
        for typed in [text.clone(), text.to_lowercase(), grouped] {
            prop_assert_eq!(Reference::parse_creditor(&typed), Ok(reference(number)), "{}", typed);
            prop_assert_eq!(PaymentKey::parse(&typed), Some(PaymentKey::Reference(reference(number))));
        }
    }

    #[test]
    fn references_sort_as_they_count(a in 1..=NUMBER_MAX, b in 1..=NUMBER_MAX) {
        prop_assert_eq!(reference(a).cmp(&reference(b)), a.cmp(&b));
    }
}

#[test]
fn there_are_no_references_beyond_what_banks_carry() {
    for number in [i64::MIN, -1, 0, NUMBER_MAX + 1, i64::MAX] {
        assert_eq!(Reference::new(number), None, "{number}");
    }
}

#[test]
fn a_payment_has_one_spelling_besides_case() {
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

/// ISO 7064 makes check digits from 02 to 98; 00, 01 and 99 leave the same remainders as 97, 98 and 02.
#[test]
fn check_digits_have_one_spelling_too() {
    let mut seen = 0;
    for number in 1..=2_000 {
        let text = reference(number).creditor_reference();
        let alias = match &text[2..4] {
            "97" => "00",
            "98" => "01",
            "02" => "99",
            _ => continue,
        };
        seen += 1;
        let mistyped = format!("RF{alias}{}", &text[4..]);
        assert_eq!(Reference::parse_creditor(&mistyped), Err(ReferenceError::CheckDigits), "{mistyped}");
    }
    assert!(seen > 10);
}

/// Every digit or letter in the place of every other one, in every place.
#[test]
fn every_mistyped_character_is_detected() {
    for text in creditor_references() {
        for (place, old) in text.char_indices() {
            for new in ALPHABET.chars().filter(|new| *new != old) {
                let mistyped = substituted(&text, place, new);
                assert!(Reference::parse_creditor(&mistyped).is_err(), "{text} as {mistyped}");
            }
        }
    }
}

/// The check digits alone would not do: MOD 97-10 finds every digit in place of a digit and every letter in
/// place of a letter, but not every letter in place of a digit. A letter takes two digits, so what stands before
/// it moves by one place, and that can make up for the difference. `p`, read as a number, stands before, and
/// the letter has the value `v`: the mistake is not seen when `90 p + v - d` is a multiple of 97.
///
/// That such a text is no reference of ours is what detects it: behind `REF` there are digits only.
#[test]
fn the_check_digits_alone_miss_some_letters_in_the_place_of_digits() {
    let mut missed = Vec::new();
    for text in creditor_references() {
        for (place, old) in text.char_indices().skip(4) {
            for new in ALPHABET.chars().filter(|new| *new != old) {
                let mistyped = substituted(&text, place, new);
                if check_creditor_reference(&mistyped).is_err() {
                    continue;
                }
                assert!(old.is_ascii_digit() && new.is_ascii_uppercase(), "{text} as {mistyped}");
                let before = text[4..place].chars().fold(0, |number, character| {
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

/// Two neighbours that have changed places, all of the reference's. (Some references of others hide one: the
/// letter B is 11, so `B1` and `1B` are the same digits, as are `M2` and `2M`, and `X3` and `3X`.)
#[test]
fn every_transposition_of_neighbours_is_detected() {
    for text in creditor_references() {
        for place in 1..text.len() {
            let mut swapped = text.clone().into_bytes();
            swapped.swap(place - 1, place);
            let swapped = String::from_utf8(swapped).unwrap();
            if swapped == text {
                continue;
            }
            assert!(Reference::parse_creditor(&swapped).is_err(), "{text} as {swapped}");
        }
    }
}

#[test]
fn what_is_not_a_creditor_reference_is_refused() {
    for text in [
        "",
        "RF",
        "RF59",
        "R",
        "59REF001",
        "RF5REF001",
        "RFxxREF001",
        "IBAN",
        "RF59REF-001",
        "RF59REF00١",
        "RF590000000000000000000000000",
    ] {
        assert_eq!(Reference::parse_creditor(text), Err(ReferenceError::Malformed), "{text}");
    }
    // Sound, but not one of ours.
    assert_eq!(Reference::parse_creditor("RF18539007547034"), Err(ReferenceError::Malformed));
}
