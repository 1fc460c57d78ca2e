//! The query parameters of GET requests, and the filter of `GET /api/bookings` and the dashboard.

use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use hermes_domain::payment::{BookingField, Reference};
use hermes_domain::ports::{Page, PaymentFilter, reader_limits};
use hermes_domain::{FieldError, ValidationCode};
use hermes_service::read_cache::PageQuery;

use super::urlencoded::parse_urlencoded;
use crate::cursor;
use crate::problem::{Problem, ProblemCode};

/// Parses the query of `GET /api/bookings`; `None`, the cached list, without any parameter.
///
/// # Errors
/// 400 with every unknown or invalid parameter.
pub fn page_query(query: &str) -> Result<Option<PageQuery>, Problem> {
    if query.is_empty() {
        return Ok(None);
    }
    parse_filter(&parse_pairs(query)?, reader_limits::PAGE_DEFAULT).map(Some)
}

/// Parses the query of a filter form. Empty fields do not filter.
///
/// # Errors
/// As [`page_query`].
pub fn page_query_from_form(query: &str, limit: u64) -> Result<PageQuery, Problem> {
    let mut pairs = parse_pairs(query)?;
    pairs.retain(|(_, value)| !value.trim().is_empty());
    parse_filter(&pairs, limit)
}

/// Calls `set` for each parameter and its trimmed value, and reports every error at once.
///
/// # Errors
/// 400 with the errors of `set`, or if the query is not percent-encoded UTF-8 with unique names.
pub(crate) fn parse_parameters(
    query: &str,
    set: impl FnMut(&str, &str) -> Result<(), FieldError>,
) -> Result<(), Problem> {
    set_all(&parse_pairs(query)?, set)
}

/// Parses a whole number within a range.
pub(crate) fn parse_whole_number<N>(
    name: &str,
    value: &str,
    range: RangeInclusive<N>,
) -> Result<N, FieldError>
where
    N: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    let number = value.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        let detail = format!("Send a whole number from {} to {}", range.start(), range.end());
        FieldError::new(name, ValidationCode::NotAChoice, detail)
    })
}

/// Returns the error of a parameter that the operation does not have.
pub(crate) fn unknown_parameter(name: &str) -> FieldError {
    FieldError::new(name, ValidationCode::UnknownField, "There is no such parameter")
}

fn parse_pairs(query: &str) -> Result<Vec<(String, String)>, Problem> {
    parse_urlencoded(query.as_bytes())
        .map_err(|error| Problem::new(ProblemCode::InvalidQuery).with_detail(error.advice()))
}

fn set_all(
    pairs: &[(String, String)],
    mut set: impl FnMut(&str, &str) -> Result<(), FieldError>,
) -> Result<(), Problem> {
    let errors: Vec<_> = pairs.iter().filter_map(|(name, value)| set(name, value.trim()).err()).collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid_query(errors)) }
}

fn parse_filter(pairs: &[(String, String)], limit: u64) -> Result<PageQuery, Problem> {
    let mut query = PageQuery {
        filter: PaymentFilter::default(),
        page: Page::First,
        limit,
        filter_params: pairs.iter().filter(|(name, _)| name != "cursor").cloned().collect(),
    };
    set_all(pairs, |name, value| set_parameter(&mut query, name, value))?;
    Ok(query)
}

fn set_parameter(query: &mut PageQuery, name: &str, value: &str) -> Result<(), FieldError> {
    let invalid = |detail: &str| FieldError::new(name, ValidationCode::NotAChoice, detail);
    let filter = &mut query.filter;
    match name {
        "limit" => query.limit = parse_whole_number(name, value, 1..=reader_limits::PAGE_MAX)?,
        "cursor" => {
            let detail = "Use the cursor of a Link header of this list";
            query.page = cursor::parse(value).ok_or_else(|| invalid(detail))?;
        }
        "status" => {
            let detail = "Choose PENDING, UNDERPAYMENT, EXACT, OVERPAYMENT or CANCELLED";
            filter.status = Some(value.parse().map_err(|_| invalid(detail))?);
        }
        "validation_status" => {
            filter.validation_status = Some(value.parse().map_err(|_| invalid("Choose PASSED or FLAGGED"))?);
        }
        "email" => filter.email = Some(parse_search_text(name, value, BookingField::Email)?),
        "school" => filter.school = Some(parse_search_text(name, value, BookingField::School)?),
        "q" => filter.text = Some(parse_search_text(name, value, BookingField::Name)?),
        "reference" => {
            let reference = Reference::parse(value).or_else(|_| Reference::parse_creditor(value));
            filter.reference = Some(reference.map_err(|error| invalid(&error.to_string()))?.to_string());
        }
        "created_from" => filter.created_from = Some(parse_time(value).ok_or_else(|| invalid(TIME))?),
        "created_to" => filter.created_to = Some(parse_time(value).ok_or_else(|| invalid(TIME))?),
        _ => {
            let detail = "There is no such filter";
            return Err(FieldError::new(name, ValidationCode::UnknownField, detail));
        }
    }
    Ok(())
}

const TIME: &str = "Send a date like 2026-11-22 or a time like 2026-11-22T18:00:00Z";

/// Parses a text to search for, at most as long as the field `longest`. An empty text is rejected, because it would match every payment.
fn parse_search_text(name: &str, value: &str, longest: BookingField) -> Result<String, FieldError> {
    let max_chars = longest.spec().max_chars;
    let error = |code, detail: String| Err(FieldError::new(name, code, detail));
    // The stored texts are normalized too.
    let value = hermes_domain::normalize_text(value);
    if value.is_empty() {
        return error(ValidationCode::Required, "Enter a text, or leave this filter out".to_owned());
    }
    if value.chars().count() > max_chars {
        return error(ValidationCode::TooLong, format!("Enter at most {max_chars} characters"));
    }
    if value.chars().any(char::is_control) {
        let detail = "Remove any hidden characters. They may come from pasted text.";
        return error(ValidationCode::ControlCharacter, detail.to_owned());
    }
    Ok(value.into_owned())
}

/// Parses a time (RFC 3339) or a date, which means its start in UTC.
fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc());
    let date = || Some(text.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN).and_utc());
    time.or_else(date).filter(cursor::is_storable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_without_parameters_is_the_cached_list() {
        assert_eq!(page_query("").unwrap(), None);
        assert!(page_query("limit=1").unwrap().is_some());
    }

    #[test]
    fn an_empty_form_field_does_not_filter() {
        let query = page_query_from_form("status=&validation_status=FLAGGED&q=+&cursor=", 50).unwrap();
        assert_eq!((query.filter.status, query.limit, query.page), (None, 50, Page::First));
        assert_eq!(query.filter_params, [("validation_status".to_owned(), "FLAGGED".to_owned())]);
    }

    #[test]
    fn a_value_that_no_database_can_compare_is_rejected() {
        for query in [
            "q=%00",
            "q=",
            "email=",
            "created_from=-0001-01-01",
            "created_to=%2B12000-01-01",
            "cursor=n0fffffffffffffff00000000000000000000000000000000",
        ] {
            assert!(page_query(query).is_err(), "{query}");
        }
    }

    #[test]
    fn every_invalid_parameter_is_reported() {
        let problem =
            page_query("limit=0&status=LATE&created_from=soon&page=2&cursor=x&reference=REF1").unwrap_err();
        let pointers: Vec<_> = problem.errors().iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/limit", "/status", "/created_from", "/page", "/cursor", "/reference"]);
    }

    #[test]
    fn a_rejected_query_does_not_mention_saving() {
        for query in ["limit=0", "q=%ff", "q=a&q=b"] {
            let problem = page_query(query).unwrap_err();
            assert!(!problem.detail().contains("saved"), "{}", problem.detail());
        }
    }
}
