//! The query of `GET /api/bookings`.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use hermes_domain::FieldError;
use hermes_domain::ValidationCode;
use hermes_domain::payment::{Reference, limits};
use hermes_domain::ports::{Page, PaymentFilter, reader_limits};
use hermes_service::read_cache::PageQuery;

use super::pairs_of;
use crate::cursor;
use crate::problem::{Problem, ProblemCode};

/// Reads a query; no parameter at all is `None`: the list of the newest ones.
///
/// # Errors
/// Every parameter that is unknown or cannot be taken.
pub fn page_query(query: &str) -> Result<Option<PageQuery>, Problem> {
    if query.is_empty() {
        return Ok(None);
    }
    of_pairs(&pairs_of(query.as_bytes(), ProblemCode::InvalidQuery)?, reader_limits::PAGE_DEFAULT).map(Some)
}

/// Reads the filter of a page for people: a field that was left empty was not given.
///
/// # Errors
/// As above.
pub fn page_query_of_form(query: &str, limit: u64) -> Result<PageQuery, Problem> {
    let mut pairs = pairs_of(query.as_bytes(), ProblemCode::InvalidQuery)?;
    pairs.retain(|(_, value)| !value.trim().is_empty());
    of_pairs(&pairs, limit)
}

fn of_pairs(pairs: &[(String, String)], limit: u64) -> Result<PageQuery, Problem> {
    let mut query = PageQuery {
        filter: PaymentFilter::default(),
        page: Page::First,
        limit,
        filter_params: pairs.iter().filter(|(name, _)| name != "cursor").cloned().collect(),
    };
    let faults: Vec<_> =
        pairs.iter().filter_map(|(name, value)| take(&mut query, name, value.trim()).err()).collect();
    if faults.is_empty() { Ok(query) } else { Err(Problem::invalid_query(faults)) }
}

fn take(query: &mut PageQuery, name: &str, value: &str) -> Result<(), FieldError> {
    let wrong = |detail: &str| FieldError::new(name, ValidationCode::NotAChoice, detail);
    let filter = &mut query.filter;
    match name {
        "limit" => {
            let limit = value.parse().ok().filter(|limit| (1..=reader_limits::PAGE_MAX).contains(limit));
            query.limit = limit.ok_or_else(|| wrong("must be a whole number from 1 to 1000"))?;
        }
        "cursor" => {
            let stale = "is not one of this list's cursors: follow the Link header";
            query.page = cursor::parse(value).ok_or_else(|| wrong(stale))?;
        }
        "status" => {
            let choices = "must be PENDING, UNDERPAYMENT, EXACT, OVERPAYMENT or CANCELLED";
            filter.status = Some(value.parse().map_err(|_| wrong(choices))?);
        }
        "validation_status" => {
            filter.validation_status = Some(value.parse().map_err(|_| wrong("must be PASSED or FLAGGED"))?);
        }
        "email" => filter.email = short_text(name, value, limits::EMAIL_MAX)?,
        "school" => filter.school = short_text(name, value, limits::SCHOOL_MAX)?,
        "q" => filter.text = short_text(name, value, limits::NAME_MAX)?,
        "reference" => {
            let reference = Reference::parse(value).or_else(|_| Reference::parse_creditor(value));
            filter.reference = Some(reference.map_err(|error| wrong(&error.to_string()))?.to_string());
        }
        "created_from" => filter.created_from = Some(parse_instant(value).ok_or_else(|| wrong(INSTANT))?),
        "created_to" => filter.created_to = Some(parse_instant(value).ok_or_else(|| wrong(INSTANT))?),
        _ => {
            let detail = "is not a parameter of this list";
            return Err(FieldError::new(name, ValidationCode::UnknownField, detail));
        }
    }
    Ok(())
}

const INSTANT: &str = "must be a date such as 2026-11-22 or an instant such as 2026-11-22T18:00:00Z";

/// A text to look for; an empty one would silently find everything.
fn short_text(name: &str, value: &str, max_chars: usize) -> Result<Option<String>, FieldError> {
    let fault = |code, detail: String| Err(FieldError::new(name, code, detail));
    if value.is_empty() {
        return fault(ValidationCode::Required, "must not be empty: leave it out instead".to_owned());
    }
    if value.chars().count() > max_chars {
        return fault(ValidationCode::TooLong, format!("at most {max_chars} characters"));
    }
    if value.chars().any(char::is_control) {
        return fault(ValidationCode::ControlCharacter, "control characters are not allowed".to_owned());
    }
    Ok(Some(value.to_owned()))
}

/// An instant of RFC 3339, or a day's first one in UTC.
fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    let instant = DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.to_utc());
    let day = || Some(text.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN).and_utc());
    instant.or_else(day).filter(cursor::is_storable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_parameter_is_the_cached_list() {
        assert_eq!(page_query("").unwrap(), None);
        assert!(page_query("limit=1").unwrap().is_some());
    }

    #[test]
    fn a_field_that_was_left_empty_was_not_given() {
        let query = page_query_of_form("status=&validation_status=FLAGGED&q=+&cursor=", 50).unwrap();
        assert_eq!((query.filter.status, query.limit, query.page), (None, 50, Page::First));
        assert_eq!(query.filter_params, [("validation_status".to_owned(), "FLAGGED".to_owned())]);
    }

    #[test]
    fn what_no_database_can_compare_is_refused() {
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
    fn every_wrong_parameter_is_named() {
        let problem =
            page_query("limit=0&status=LATE&created_from=soon&page=2&cursor=x&reference=REF1").unwrap_err();
        let named: Vec<_> = problem.errors().iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(named, ["/limit", "/status", "/created_from", "/page", "/cursor", "/reference"]);
    }
}
