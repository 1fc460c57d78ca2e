//! `GET /api/bookings/{key}/audit`

use actix_web::http::header::LINK;
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, web};
use hermes_domain::FieldError;
use hermes_domain::ledger::Rejection;
use hermes_domain::ports::reader_limits;

use super::parse_payment_key;
use crate::api::{BookingParameter, PathText};
use crate::dto::AuditBody;
use crate::extract::{parse_parameters, parse_whole_number, unknown_parameter};
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Lists the changes of one payment, oldest first.
///
/// The `Link` header leads to the next page. The last page has no `Link` header.
#[utoipa::path(
    tag = "bookings",
    params(
        BookingParameter,
        ("after" = Option<i64>, Query, description = "The sequence number of the last known change. Without it, the list starts with the first change.",
            minimum = 0, example = 1),
        ("limit" = Option<u64>, Query, description = "The most changes in the response. The default is 100.",
            minimum = 1, maximum = 1000, example = 100),
    ),
    responses(
        (status = 200, description = "The changes", body = Vec<AuditBody>, headers(("Link"))),
        ProblemResponses,
    )
)]
#[get("/api/bookings/{key}/audit", wrap = "Compress::default()")]
pub async fn audit_booking(
    state: web::Data<AppState>,
    path: PathText,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let key = parse_payment_key(&path)?;
    let AuditQuery { after, limit } = AuditQuery::parse(request.query_string())?;
    let payment = state.reader.find(&key).await?.ok_or(Rejection::NotFound(key))?;
    let entries = state.reader.audit_of(payment.id, after, limit).await?;
    let mut response = HttpResponse::Ok();
    if let Some(last) = entries.last()
        && u64::try_from(entries.len()).is_ok_and(|count| count == limit)
        && !state.reader.audit_of(payment.id, last.seq, 1).await?.is_empty()
    {
        let (id, last) = (payment.id, last.seq);
        let next = format!("</api/bookings/{id}/audit?after={last}&limit={limit}>; rel=\"next\"");
        response.insert_header((LINK, next));
    }
    let bodies: Vec<_> = entries.iter().map(AuditBody::from).collect();
    Ok(response.json(bodies))
}

/// The parameters of the list of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct AuditQuery {
    after: i64,
    limit: u64,
}

impl AuditQuery {
    fn parse(query: &str) -> Result<Self, Problem> {
        let mut parsed = Self { after: 0, limit: reader_limits::PAGE_DEFAULT };
        parse_parameters(query, |name, value| parsed.set(name, value))?;
        Ok(parsed)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), FieldError> {
        match name {
            "after" => self.after = parse_whole_number(name, value, 0..=i64::MAX - 1)?,
            "limit" => self.limit = parse_whole_number(name, value, 1..=reader_limits::PAGE_MAX)?,
            _ => return Err(unknown_parameter(name)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_parameters_the_list_starts_with_the_first_change() {
        assert_eq!(AuditQuery::parse("").unwrap(), AuditQuery { after: 0, limit: 100 });
        let query = AuditQuery::parse("after=7&limit=1000").unwrap();
        assert_eq!(query, AuditQuery { after: 7, limit: 1000 });
    }

    #[test]
    fn every_invalid_parameter_is_reported() {
        let problem = AuditQuery::parse("after=-1&limit=0&since=1").unwrap_err();
        let pointers: Vec<_> = problem.errors().iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/after", "/limit", "/since"]);
    }
}
