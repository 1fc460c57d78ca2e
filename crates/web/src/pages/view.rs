//! Amounts, times and statuses as pages show them.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;
use chrono::{DateTime, SecondsFormat, Utc};
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

/// Formats a decimal number with grouped digits, such as `35,700.00`.
pub(crate) fn group_thousands(decimal: &impl ToString) -> String {
    let decimal = decimal.to_string();
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

/// Formats an instant for programs, to the second.
pub(crate) fn rfc3339(instant: &DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
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
            assert_eq!(group_thousands(&decimal), grouped);
        }
    }
}
