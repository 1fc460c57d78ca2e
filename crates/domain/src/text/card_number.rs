//! Payment card numbers in texts (PCI DSS 4.0, requirement 3: card numbers that nobody needs are never stored).
//!
//! A card number is a sequence of digit groups as printed on cards, with a valid check digit, a prefix that a card
//! network has assigned, and the length of that network. The prefix separates card numbers from most ids: one in ten
//! ids has a valid check digit, one in two hundred is also in a network's range.

use std::ops::{Range, RangeInclusive};

use iban::Iban;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::GeneralCategory;

use super::characters::category;
use crate::payment::{check_creditor_reference, is_valid_email};

/// The fewest and the most digits of a card number.
const DIGITS: RangeInclusive<usize> = 13..=19;
/// The most separators between two groups of a number, as in `4111 - 1111`.
const MAX_SEPARATORS: usize = 3;

/// The ranges of the card networks: the first four digits, and the lengths of a number.
///
/// Sources: ISO/IEC 7812 and the networks' published issuer ranges.
const ISSUERS: &[(RangeInclusive<u16>, &[usize])] = &[
    // Visa
    (4000..=4999, &[16, 19]),
    // Mastercard
    (5100..=5599, &[16]),
    (2221..=2720, &[16]),
    // American Express
    (3400..=3499, &[15]),
    (3700..=3799, &[15]),
    // Diners Club
    (3000..=3059, &[14]),
    (3095..=3095, &[14]),
    (3600..=3699, &[14]),
    (3800..=3999, &[14]),
    // JCB
    (3528..=3589, &[16]),
    // Discover; 6011 is below
    (6440..=6599, &[16]),
    // UnionPay
    (6200..=6299, &[16, 17, 18, 19]),
    // Maestro
    (5018..=5018, &[16, 18, 19]),
    (5020..=5020, &[16, 18, 19]),
    (5038..=5038, &[16, 18, 19]),
    (5893..=5893, &[16, 18, 19]),
    (6304..=6304, &[16, 18, 19]),
    (6759..=6759, &[16, 18, 19]),
    (6761..=6763, &[16, 18, 19]),
    // Mir
    (2200..=2204, &[16]),
    // RuPay, with Discover's 6011
    (5080..=5089, &[16]),
    (6000..=6099, &[16]),
    (8100..=8299, &[16]),
    // Troy
    (9792..=9792, &[16]),
    // Verve; 6500 is above
    (5060..=5069, &[16]),
];

/// Returns whether a text contains a card number, in any script's digits and with any usual separators.
///
/// An IBAN, a creditor reference (ISO 11649) and an e-mail address are not searched, because their digits can look like
/// a card number. An e-mail address whose whole local part is a card number is rejected nevertheless.
pub(super) fn contains_card_number(text: &str) -> bool {
    let local_part = text.rsplit_once('@').filter(|_| is_valid_email(text)).map(|(local, _)| local);
    let characters = plain_characters(local_part.unwrap_or(text));
    let is_whole_number = || characters.iter().all(|character| *character == '"' || is_of_number(*character));
    if local_part.is_some() && !is_whole_number() || is_bank_reference(&characters) {
        return false;
    }
    !find_card_numbers(&characters).is_empty()
}

/// Replaces the digits of card numbers by `*`; for texts from machines, which cannot be rejected.
///
/// A text with a card number is returned in Unicode Normalization Form KC; other texts do not change.
pub fn mask_card_numbers(text: &str) -> String {
    let mut characters = plain_characters(text);
    let found = find_card_numbers(&characters);
    if found.is_empty() {
        return text.to_owned();
    }
    for (index, character) in characters.iter_mut().enumerate() {
        if character.is_ascii_digit() && found.iter().any(|range| range.contains(&index)) {
            *character = '*';
        }
    }
    characters.into_iter().collect()
}

/// Returns the characters of a text without differences of style (NFKC), with ASCII digits for those of every script.
fn plain_characters(text: &str) -> Vec<char> {
    ComposingNormalizerBorrowed::new_nfkc().normalize(text).chars().map(to_ascii_digit).collect()
}

/// Replaces a decimal digit of any script by the ASCII digit of the same value.
fn to_ascii_digit(character: char) -> char {
    let is_digit = |code| char::from_u32(code).is_some_and(|c| category(c) == GeneralCategory::DecimalNumber);
    let code = u32::from(character);
    if character.is_ascii() || !is_digit(code) {
        return character;
    }
    // Digits are encoded in contiguous ranges of ten, from zero to nine (Unicode Standard, section 4.6).
    let digits_below = (1..=code).take_while(|distance| is_digit(code - distance)).count();
    u32::try_from(digits_below % 10).ok().and_then(|value| char::from_digit(value, 10)).unwrap_or(character)
}

/// Returns the positions of all card numbers.
fn find_card_numbers(characters: &[char]) -> Vec<Range<usize>> {
    let groups = digit_groups(characters);
    // A run is a sequence of groups with only separators between them.
    let is_end_of_run = |left: &Range<usize>, right: &Range<usize>| are_separate(characters, left, right);
    let runs = groups.chunk_by(|left, right| !is_end_of_run(left, right));
    let searched = runs.filter(|run| !is_run_of_bank_reference(characters, run));
    searched
        .flat_map(|run| (0..run.len()).filter_map(|first| card_number_at(characters, run, first)))
        .collect()
}

/// Returns the positions of the digit groups: the longest sequences of digits.
fn digit_groups(characters: &[char]) -> Vec<Range<usize>> {
    let mut end = 0;
    let chunks = characters.chunk_by(|left, right| left.is_ascii_digit() == right.is_ascii_digit());
    let positions = chunks.map(|chunk| {
        end += chunk.len();
        (end - chunk.len()..end, chunk.first().is_some_and(char::is_ascii_digit))
    });
    positions.filter(|(_, are_digits)| *are_digits).map(|(range, _)| range).collect()
}

/// Returns whether two adjacent groups belong to different numbers.
fn are_separate(characters: &[char], left: &Range<usize>, right: &Range<usize>) -> bool {
    let between = characters.get(left.end..right.start).unwrap_or_default();
    between.len() > MAX_SEPARATORS || !between.iter().all(|character| is_separator(*character))
}

fn is_separator(character: char) -> bool {
    // Minus signs and the slashes of fractions have no category of their own.
    let is_symbol = matches!(character, '.' | ',' | '_' | '/' | '·' | '•' | '‧' | '−' | '⁄' | '∕');
    let category = || category(character);
    is_symbol
        || character.is_whitespace()
        || matches!(category(), GeneralCategory::DashPunctuation | GeneralCategory::Format)
}

fn is_of_number(character: char) -> bool {
    character.is_ascii_digit() || is_separator(character)
}

/// Returns the longest card number that starts at a group of a run.
fn card_number_at(characters: &[char], run: &[Range<usize>], first: usize) -> Option<Range<usize>> {
    let groups = run.get(first..)?;
    let mut digits = String::new();
    let mut lengths = Vec::new();
    let mut found = None;
    for group in groups {
        digits.extend(characters.get(group.clone())?);
        lengths.push(group.len());
        if digits.len() > *DIGITS.end() {
            break;
        }
        let is_fraction = lengths.len() == 1 && first == 1 && is_fraction(characters, run);
        if !is_fraction && is_printed_pattern(&lengths) && is_card_number(&digits) {
            found = Some(groups.first()?.start..group.end);
        }
    }
    found
}

/// Returns whether the second group of a run is the fraction of a decimal number, as in `0.4111111111111111`.
///
/// Only the first number of a run can have a fraction: in `12/27.4111111111111111`, the point ends a date.
fn is_fraction(characters: &[char], run: &[Range<usize>]) -> bool {
    let [whole, fraction, ..] = run else { return false };
    matches!(characters.get(whole.end..fraction.start), Some(['.' | ',']))
}

/// Returns whether the digits of a card are printed in groups of these lengths.
fn is_printed_pattern(lengths: &[usize]) -> bool {
    match lengths {
        // American Express, Diners Club, Maestro.
        [4, 6, 4 | 5] | [6, 13] => true,
        // Equal groups; after groups of four, the last group may be shorter.
        [first, others @ .., last] => {
            others.iter().all(|length| length == first) && (last == first || *first == 4 && last < first)
        }
        lengths => lengths.len() == 1,
    }
}

/// Checks the length, the issuer range and the check digit (Luhn algorithm) of a card number (ISO/IEC 7812).
fn is_card_number(digits: &str) -> bool {
    let Some(prefix) = digits.get(..4).and_then(|prefix| prefix.parse().ok()) else { return false };
    let is_issued = |(range, lengths): &(RangeInclusive<u16>, &[usize])| {
        range.contains(&prefix) && lengths.contains(&digits.len())
    };
    if !DIGITS.contains(&digits.len()) || !ISSUERS.iter().any(is_issued) {
        return false;
    }
    let values = digits.chars().rev().filter_map(|digit| digit.to_digit(10));
    let sum: u32 = values
        .enumerate()
        .map(|(index, digit)| match (index % 2, digit * 2) {
            (0, _) => digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Returns whether a run and the two letters before it are an IBAN or a creditor reference.
fn is_run_of_bank_reference(characters: &[char], run: &[Range<usize>]) -> bool {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return false };
    let start = first.start.checked_sub(2);
    start.and_then(|start| characters.get(start..last.end)).is_some_and(is_bank_reference)
}

/// Returns whether a text is an IBAN (ISO 13616) or a creditor reference (ISO 11649), with or without separators.
fn is_bank_reference(characters: &[char]) -> bool {
    let compact: String = characters.iter().filter(|character| !is_separator(**character)).collect();
    let compact = compact.to_ascii_uppercase();
    compact.parse::<Iban>().is_ok() || check_creditor_reference(&compact).is_ok()
}
