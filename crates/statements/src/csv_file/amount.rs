//! Amounts of CSV files, with a sign and with groups of digits.

use hermes_domain::money::{Currency, Money};

use crate::Problem;
use crate::amount::parse_amount;
use crate::csv_profile::ProfileFields;
use crate::error::shown;

/// Parses an amount with an optional sign on either side.
pub(super) fn signed_amount(
    fields: &ProfileFields,
    text: &str,
    currency: Currency,
) -> Result<Money, Problem> {
    let text = text.trim();
    let trimmed = text.trim_matches(['+', '-']);
    let is_negative = match text.len() - trimmed.len() {
        0 => false,
        1 => text.contains('-'),
        _ => return Err(Problem::InvalidAmount { value: shown(text), currency }),
    };
    let plain = match fields.thousands_sign {
        Some(sign) => without_groups(trimmed, sign, fields.decimal_sign),
        None => Some(trimmed.to_owned()),
    };
    let plain = plain.ok_or_else(|| Problem::InvalidAmount { value: shown(text), currency })?;
    let amount = parse_amount(&plain, fields.decimal_sign, currency)?;
    Ok(if is_negative { negated(amount) } else { amount })
}

pub(super) const fn negated(amount: Money) -> Money {
    Money::from_minor(-amount.minor(), amount.currency())
}

pub(super) const fn absolute(amount: Money) -> Money {
    if amount.minor() < 0 { negated(amount) } else { amount }
}

/// Removes the signs between groups of three digits, or returns `None` if a group has another length.
fn without_groups(text: &str, sign: char, decimal_sign: char) -> Option<String> {
    let (whole, fraction) = match text.split_once(decimal_sign) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let mut groups = whole.split(sign);
    let mut plain = groups.next()?.to_owned();
    for group in groups {
        if group.len() != 3 || plain.is_empty() {
            return None;
        }
        plain.push_str(group);
    }
    if let Some(fraction) = fraction {
        plain.push(decimal_sign);
        plain.push_str(fraction);
    }
    Some(plain)
}
