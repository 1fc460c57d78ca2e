//! The queries of the lists of receipts and refunds.

use hermes_domain::ports::{ReceiptFilter, RefundFilter, reader_limits};
use hermes_domain::receipt::{ReceiptStatus, RefundState};
use hermes_domain::{FieldError, ValidationCode};

use super::query::{parse_parameters, parse_whole_number, unknown_parameter};
use crate::problem::Problem;

/// A filter, and a page of its list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SequenceQuery<F> {
    /// The filter.
    pub filter: F,
    /// The sequence before which the page starts; `None` is the newest.
    pub before: Option<i64>,
    /// The most rows.
    pub limit: u64,
}

impl<F: Default> SequenceQuery<F> {
    fn parse(
        query: &str,
        mut set_filter: impl FnMut(&mut F, &str, &str) -> Result<(), FieldError>,
    ) -> Result<Self, Problem> {
        let mut parsed = Self { filter: F::default(), before: None, limit: reader_limits::PAGE_DEFAULT };
        parse_parameters(query, |name, value| {
            match name {
                "limit" => parsed.limit = parse_whole_number(name, value, 1..=reader_limits::PAGE_MAX)?,
                "cursor" => parsed.before = Some(parse_cursor(value)?),
                _ => set_filter(&mut parsed.filter, name, value)?,
            }
            Ok(())
        })?;
        Ok(parsed)
    }

    /// Returns the query of the page that starts before a sequence: the parameters of this page with another cursor.
    pub fn next(query: &str, before: i64) -> String {
        let parameters = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
        let cursor = format!("cursor=b{before}");
        parameters.map(str::to_owned).chain([cursor]).collect::<Vec<_>>().join("&")
    }
}

fn parse_cursor(value: &str) -> Result<i64, FieldError> {
    let sequence = value.strip_prefix('b').and_then(|sequence| sequence.parse().ok());
    sequence.filter(|sequence| *sequence > 0).ok_or_else(|| {
        FieldError::new("cursor", ValidationCode::NotAChoice, "Use the cursor of a Link header of this list")
    })
}

/// Parses the query of `GET /api/receipts`.
///
/// # Errors
/// 400 with every unknown or invalid parameter.
pub fn receipt_query(query: &str) -> Result<SequenceQuery<ReceiptFilter>, Problem> {
    SequenceQuery::parse(query, |filter: &mut ReceiptFilter, name, value| {
        match name {
            "status" => {
                filter.status = Some(choice(name, value, &ReceiptStatus::ALL.map(ReceiptStatus::as_str))?)
            }
            "currency" => filter.currency = Some(currency(value)?),
            _ => return Err(unknown_parameter(name)),
        }
        Ok(())
    })
}

/// Parses the query of `GET /api/refunds`.
///
/// # Errors
/// 400 with every unknown or invalid parameter.
pub fn refund_query(query: &str) -> Result<SequenceQuery<RefundFilter>, Problem> {
    SequenceQuery::parse(query, |filter: &mut RefundFilter, name, value| {
        match name {
            "state" => filter.state = Some(choice(name, value, &RefundState::ALL.map(RefundState::as_str))?),
            "currency" => filter.currency = Some(currency(value)?),
            _ => return Err(unknown_parameter(name)),
        }
        Ok(())
    })
}

fn choice<T: std::str::FromStr>(name: &str, value: &str, choices: &[&str]) -> Result<T, FieldError> {
    value.parse().map_err(|_| {
        FieldError::new(name, ValidationCode::NotAChoice, format!("Choose one of {}", choices.join(", ")))
    })
}

fn currency(value: &str) -> Result<hermes_domain::money::Currency, FieldError> {
    value.parse().map_err(|_| {
        let detail = "Use a current ISO 4217 code, such as USD";
        FieldError::new("currency", ValidationCode::UnknownCurrency, detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_takes_its_filters_and_a_cursor() {
        let query = receipt_query("status=open&currency=eur&limit=5&cursor=b12").unwrap();
        assert_eq!(query.filter.status, Some(ReceiptStatus::Open));
        assert_eq!((query.before, query.limit), (Some(12), 5));
        let query = refund_query("state=DUE").unwrap();
        assert_eq!(query.filter.state, Some(RefundState::Due));
        assert_eq!((query.before, query.limit), (None, reader_limits::PAGE_DEFAULT));
    }

    #[test]
    fn every_invalid_parameter_is_reported() {
        let problem = receipt_query("status=LATE&currency=EURO&limit=0&cursor=12&q=x").unwrap_err();
        let pointers: Vec<_> = problem.errors().iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/status", "/currency", "/limit", "/cursor", "/q"]);
    }

    #[test]
    fn the_next_page_has_the_same_filter() {
        let next = SequenceQuery::<ReceiptFilter>::next("cursor=b9&status=OPEN&limit=2", 7);
        assert_eq!(next, "status=OPEN&limit=2&cursor=b7");
    }
}
