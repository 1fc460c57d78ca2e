//! Amounts, times and statuses as pages show them.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;
use chrono::{DateTime, SecondsFormat, Utc};
use hermes_domain::money::Money;
use hermes_domain::payment::{CheckKind, Status};

/// Renders a page. The caller adds headers to the response, and then the text with [`HttpResponseBuilder::body`].
pub(crate) fn page(status: StatusCode, template: &impl Template) -> (HttpResponseBuilder, String) {
    let mut response = HttpResponse::build(status);
    response.content_type("text/html; charset=utf-8");
    // Rendering writes texts and numbers to a string, which cannot fail.
    (response, template.render().unwrap_or_default())
}

/// Returns the label of a status.
pub(crate) const fn status_label(status: Status) -> &'static str {
    match status {
        Status::Pending => "Unpaid",
        Status::Underpayment => "Part paid",
        Status::Exact => "Paid",
        Status::Overpayment => "Overpaid",
        Status::Cancelled => "Cancelled",
    }
}

/// Returns the label of a flag.
pub(crate) const fn check_label(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::InvalidEmail => "Check e-mail",
        CheckKind::DuplicatedPayment => "Possible duplicate",
        CheckKind::AmountThreshold => "Large amount",
        CheckKind::OverUnderPayment => "Amount differs",
    }
}

/// An amount with its currency, as a page shows it: `35,700.00 USD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AmountView {
    /// The decimal number, such as `35700.00`.
    pub decimal: String,
    /// The decimal number with grouped digits, such as `35,700.00`.
    pub grouped: String,
    /// The currency's code, such as `USD`.
    pub currency: &'static str,
}

impl AmountView {
    /// Formats a decimal number.
    pub fn new(decimal: String, currency: &'static str) -> Self {
        Self { grouped: group_thousands(&decimal), decimal, currency }
    }
}

impl From<Money> for AmountView {
    fn from(money: Money) -> Self {
        Self::new(money.to_string(), money.currency().code())
    }
}

impl fmt::Display for AmountView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.grouped, self.currency)
    }
}

fn group_thousands(decimal: &str) -> String {
    let (whole, fraction) = decimal.split_at(decimal.find('.').unwrap_or(decimal.len()));
    let digits = whole.trim_start_matches('-');
    let mut text = "-".repeat(whole.len() - digits.len());
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

/// An instant in UTC, as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FormattedTime {
    /// The instant for programs (RFC 3339), to the second.
    pub rfc3339: String,
    /// The day, such as `22 Nov 2026`.
    pub day: String,
    /// The time of day to the minute, such as `18:00`.
    pub time: String,
    /// The time of day to the second, such as `18:00:05`.
    pub time_with_seconds: String,
}

impl From<DateTime<Utc>> for FormattedTime {
    fn from(instant: DateTime<Utc>) -> Self {
        Self {
            rfc3339: instant.to_rfc3339_opts(SecondsFormat::Secs, true),
            day: instant.format("%-d %b %Y").to_string(),
            time: instant.format("%H:%M").to_string(),
            time_with_seconds: instant.format("%H:%M:%S").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_and_decimals_are_not() {
        for (decimal, grouped) in [
            ("0", "0"),
            ("999.99", "999.99"),
            ("1000", "1,000"),
            ("35700.00", "35,700.00"),
            ("-123456.789", "-123,456.789"),
            ("-1234567.891", "-1,234,567.891"),
            ("100000000000.00", "100,000,000,000.00"),
        ] {
            assert_eq!(group_thousands(decimal), grouped);
        }
    }

    #[test]
    fn times_are_in_utc() {
        let time = FormattedTime::from(DateTime::from_timestamp(1_795_370_405, 123_000).unwrap());
        assert_eq!(time.rfc3339, "2026-11-22T18:00:05Z");
        assert_eq!((time.day.as_str(), time.time.as_str()), ("22 Nov 2026", "18:00"));
        assert_eq!(time.time_with_seconds, "18:00:05");
    }
}
