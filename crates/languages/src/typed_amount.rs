//! An amount as a payer typed it: with the marks of the page's language, of another language, or of a bank.
//!
//! A text with one reading becomes a plain decimal number. A text with two readings, such as `35.000` on an English page,
//! is never guessed: the payer chooses.

use hermes_domain::money::Currency;

use crate::Language;

/// The longest text that is read, in characters.
const MAX_CHARS: usize = 64;
/// The digits of a group.
const GROUP_DIGITS: usize = 3;

/// What a typed amount means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypedAmount {
    /// A plain decimal number with a point, such as `35000.50`. It may still have too many decimals.
    Decimal(String),
    /// The readings to choose from, one or two, each as the language writes it.
    Unclear(Vec<String>),
    /// The text is not a number, or names another currency.
    NotANumber,
}

/// Reads an amount of a currency that was typed on a page in a language.
pub fn read(typed: &str, currency: Currency, language: Language) -> TypedAmount {
    if typed.chars().count() > MAX_CHARS {
        return TypedAmount::NotANumber;
    }
    let typed: String = typed.trim().chars().map(half_width).collect();
    let number = without_currency(&typed, currency);
    let number: String = number.chars().filter(|character| !is_spacing(*character)).collect();
    let (sign, digits) = match number.strip_prefix(['-', '−']) {
        Some(digits) => ("-", digits),
        None => ("", number.as_str()),
    };
    match read_digits(digits, currency, language) {
        TypedAmount::Decimal(decimal) => TypedAmount::Decimal(format!("{sign}{decimal}")),
        other => other,
    }
}

/// Returns the ASCII form of a full-width character, which East Asian keyboards write.
fn half_width(character: char) -> char {
    /// The distance of a full-width form (Unicode block U+FF00) from its ASCII character.
    const DISTANCE: u32 = 0xFEE0;
    match character {
        '！'..='～' => char::from_u32(u32::from(character) - DISTANCE).unwrap_or(character),
        '￥' => '¥',
        _ => character,
    }
}

/// Removes the code or the sign of the currency before or after the number.
fn without_currency(text: &str, currency: Currency) -> &str {
    let sign = match currency.code() {
        "USD" | "CAD" | "AUD" | "MXN" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "JPY" | "CNY" => "¥",
        _ => "",
    };
    let code = currency.code();
    let is_code = |part: Option<&str>| part.is_some_and(|part| part.eq_ignore_ascii_case(code));
    let end = text.len().saturating_sub(code.len());
    let bare = if is_code(text.get(..code.len())) {
        text.get(code.len()..).unwrap_or_default()
    } else if is_code(text.get(end..)) {
        text.get(..end).unwrap_or_default()
    } else {
        text
    };
    let bare = bare.trim();
    if sign.is_empty() { bare } else { bare.trim_start_matches(sign).trim_end_matches(sign).trim() }
}

/// Returns whether a character only separates groups, in every language.
fn is_spacing(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\'' | '’' | '_')
}

fn read_digits(text: &str, currency: Currency, language: Language) -> TypedAmount {
    let is_mark = |character: char| matches!(character, '.' | ',');
    let has_digits = text.chars().any(|character| character.is_ascii_digit());
    if !has_digits || !text.chars().all(|character| character.is_ascii_digit() || is_mark(character)) {
        return TypedAmount::NotANumber;
    }
    let Some(last) = text.rfind(is_mark) else { return TypedAmount::Decimal(text.to_owned()) };
    let (whole, rest) = text.split_at(last);
    let (mark, fraction) = rest.split_at(1);
    let first_mark = whole.chars().find(|character| is_mark(*character));
    match first_mark {
        // Both marks: the last is the decimal mark.
        Some(group) if !mark.starts_with(group) => decimal(without_groups(whole, group), fraction),
        // The same mark several times separates groups.
        Some(group) => without_groups(text, group).map_or(TypedAmount::NotANumber, TypedAmount::Decimal),
        None => read_one_mark(whole, mark, fraction, currency, language),
    }
}

/// Reads a number with a single mark, which may be a decimal mark or separate thousands.
fn read_one_mark(
    whole: &str,
    mark: &str,
    fraction: &str,
    currency: Currency,
    language: Language,
) -> TypedAmount {
    let decimals = usize::try_from(currency.decimals()).unwrap_or_default();
    let is_decimal_mark = *language.texts().number_decimal() == *mark;
    let may_group = fraction.len() == GROUP_DIGITS
        && (1..=GROUP_DIGITS).contains(&whole.len())
        && !whole.starts_with('0');
    if !may_group {
        return decimal(Some(whole.to_owned()), fraction);
    }
    match (is_decimal_mark, decimals == GROUP_DIGITS) {
        (true, true) => decimal(Some(whole.to_owned()), fraction),
        (false, _) => TypedAmount::Decimal(format!("{whole}{fraction}")),
        (true, false) => {
            let mut readings = vec![language.grouped(&format!("{whole}{fraction}"))];
            // Without the zeros, the number may have few enough decimals.
            let short = fraction.trim_end_matches('0');
            if short.len() <= decimals {
                let point = if decimals == 0 { "" } else { "." };
                readings.push(language.grouped(&format!("{whole}{point}{short:0<decimals$}")));
            }
            TypedAmount::Unclear(readings)
        }
    }
}

fn decimal(whole: Option<String>, fraction: &str) -> TypedAmount {
    match whole {
        Some(whole) if !whole.is_empty() && !fraction.is_empty() => {
            TypedAmount::Decimal(format!("{whole}.{fraction}"))
        }
        _ => TypedAmount::NotANumber,
    }
}

/// Removes the marks between groups of three digits; `None` if the digits are grouped in another way.
fn without_groups(text: &str, mark: char) -> Option<String> {
    let mut groups = text.split(mark);
    let first = groups.next().filter(|first| (1..=GROUP_DIGITS).contains(&first.len()))?;
    let is_group =
        |group: &str| group.len() == GROUP_DIGITS && group.bytes().all(|byte| byte.is_ascii_digit());
    groups
        .all(is_group)
        .then(|| text.replace(mark, ""))
        .filter(|_| first.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_in(code: &str, typed: &str, currency: &str) -> TypedAmount {
        read(typed, currency.parse().unwrap(), Language::find(code).unwrap())
    }

    #[track_caller]
    fn assert_decimal(code: &str, currency: &str, cases: &[(&str, &str)]) {
        for (typed, expected) in cases {
            let expected = TypedAmount::Decimal((*expected).to_owned());
            assert_eq!(read_in(code, typed, currency), expected, "{typed} in {code}");
        }
    }

    #[test]
    fn numbers_with_the_marks_of_the_language_are_read() {
        assert_decimal(
            "en",
            "USD",
            &[("35000", "35000"), ("35,000.50", "35000.50"), ("1,000", "1000"), ("0.5", "0.5")],
        );
        assert_decimal(
            "es",
            "EUR",
            &[("35.000,50", "35000.50"), ("35.000", "35000"), ("0,5", "0.5"), ("1.000.000", "1000000")],
        );
    }

    #[test]
    fn a_number_of_another_language_is_read_if_it_has_one_reading() {
        assert_decimal(
            "en",
            "EUR",
            &[("35.000,50", "35000.50"), ("35000,50", "35000.50"), ("1.000.000", "1000000")],
        );
        assert_decimal("es", "USD", &[("35,000.50", "35000.50"), ("35000.50", "35000.50"), ("12.5", "12.5")]);
        assert_decimal(
            "en",
            "CHF",
            &[("35'000.50", "35000.50"), ("35 000", "35000"), ("35\u{a0}000,5", "35000.5")],
        );
    }

    #[test]
    fn the_own_currency_may_be_typed_and_another_may_not() {
        assert_decimal(
            "en",
            "EUR",
            &[("€ 35", "35"), ("35 eur", "35"), ("EUR35.50", "35.50"), ("-5 €", "-5")],
        );
        assert_decimal("en", "JPY", &[("￥１２，５００", "12500"), ("１２", "12"), ("ＪＰＹ　５", "5")]);
        for typed in ["35 USD", "$35", "", "EUR", "abc", "1e3", "12-3", "."] {
            assert_eq!(read_in("en", typed, "EUR"), TypedAmount::NotANumber, "{typed}");
        }
    }

    #[test]
    fn two_readings_are_not_guessed() {
        let unclear = |readings: &[&str]| {
            TypedAmount::Unclear(readings.iter().map(|text| (*text).to_owned()).collect())
        };
        assert_eq!(read_in("en", "35.000", "USD"), unclear(&["35,000", "35.00"]));
        assert_eq!(read_in("es", "35,000", "EUR"), unclear(&["35.000", "35,00"]));
        assert_eq!(read_in("en", "35.125", "USD"), unclear(&["35,125"]));
        assert_eq!(read_in("en", "35.000", "JPY"), unclear(&["35,000", "35"]));
        // Three decimals are exact in Kuwaiti dinars.
        assert_decimal("en", "KWD", &[("35.125", "35.125"), ("35,125", "35125")]);
        assert_decimal("es", "KWD", &[("35.125", "35125"), ("35,125", "35.125")]);
    }

    #[test]
    fn groups_of_other_sizes_are_not_a_number() {
        for typed in ["1,00,000", "1.0.0", ",5", "5,", "1234,567.00", "1,2345.00", "1.000,000.00"] {
            assert_eq!(read_in("en", typed, "USD"), TypedAmount::NotANumber, "{typed}");
        }
    }
}
