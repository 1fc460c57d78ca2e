//! What several pages show alike.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;
use chrono::{DateTime, SecondsFormat, Utc};
use hermes_domain::money::Money;

/// An answer with a page, whose headers are still to be added; [`HttpResponseBuilder::body`] takes the text.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> (HttpResponseBuilder, String) {
    let mut response = HttpResponse::build(status);
    response.content_type("text/html; charset=utf-8");
    // Texts and numbers written into a string: it cannot fail.
    (response, template.render().unwrap_or_default())
}

/// An amount with its currency: as programs read it and as people do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AmountView {
    /// The decimal number, such as `35700.00`.
    pub exact: String,
    /// The same with its thousands set apart, such as `35,700.00`.
    pub shown: String,
    /// The currency's code.
    pub currency: &'static str,
}

impl AmountView {
    /// An amount that is a decimal number already.
    pub fn new(exact: String, currency: &'static str) -> Self {
        Self { shown: group_thousands(&exact), exact, currency }
    }
}

impl From<Money> for AmountView {
    fn from(money: Money) -> Self {
        Self::new(money.to_string(), money.currency().code())
    }
}

/// How many digits stand together.
const GROUP: usize = 3;

fn group_thousands(decimal: &str) -> String {
    let (whole, fraction) = decimal.split_at(decimal.find('.').unwrap_or(decimal.len()));
    let digits = whole.trim_start_matches('-').len();
    let mut text = String::with_capacity(decimal.len() + digits / GROUP);
    let mut left = digits;
    for character in whole.chars() {
        if character.is_ascii_digit() {
            if left != digits && left.is_multiple_of(GROUP) {
                text.push(',');
            }
            left -= 1;
        }
        text.push(character);
    }
    text + fraction
}

/// An instant: as programs read it and as people do, in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FormattedTime {
    /// RFC 3339.
    pub exact: String,
    /// The day, such as `22 Nov 2026`.
    pub day: String,
    /// The time of day to the minute, such as `18:00`.
    pub time: String,
    /// The time of day to the second, such as `18:00:05`.
    pub second: String,
}

impl From<DateTime<Utc>> for FormattedTime {
    fn from(instant: DateTime<Utc>) -> Self {
        Self {
            exact: instant.to_rfc3339_opts(SecondsFormat::Secs, true),
            day: instant.format("%-d %b %Y").to_string(),
            time: instant.format("%H:%M").to_string(),
            second: instant.format("%H:%M:%S").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart_and_decimals_left_alone() {
        for (exact, shown) in [
            ("0", "0"),
            ("999.99", "999.99"),
            ("1000", "1,000"),
            ("35700.00", "35,700.00"),
            ("-1234567.891", "-1,234,567.891"),
            ("100000000000.00", "100,000,000,000.00"),
        ] {
            assert_eq!(group_thousands(exact), shown);
        }
    }

    #[test]
    fn a_moment_is_told_in_utc() {
        let moment = FormattedTime::from(DateTime::from_timestamp(1_795_370_405, 123_000).unwrap());
        assert_eq!(moment.exact, "2026-11-22T18:00:05Z");
        assert_eq!((moment.day.as_str(), moment.time.as_str()), ("22 Nov 2026", "18:00"));
        assert_eq!(moment.second, "18:00:05");
    }
}
