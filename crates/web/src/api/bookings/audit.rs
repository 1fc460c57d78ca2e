//! `GET /api/bookings/{key}/audit`

use actix_web::http::header::{CACHE_CONTROL, LINK};
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, web};
use hermes_domain::ledger::Rejection;
use hermes_domain::ports::reader_limits;
use hermes_domain::{FieldError, ValidationCode};

use super::key_of;
use crate::dto::AuditBody;
use crate::extract::pairs_of;
use crate::problem::{Problem, ProblemBody, ProblemCode};
use crate::state::AppState;

/// Which changes are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ChangesQuery {
    after: i64,
    limit: u64,
}

/// The changes of one booking, oldest first, a page at a time.
///
/// Follow the `Link` header; the last page has none.
#[utoipa::path(
    tag = "bookings",
    params(
        ("key" = String, Path, description = "id, reference or creditor reference", example = "REF001"),
        ("after" = Option<i64>, Query, description = "the number of the last change that is known; without it, from the first"),
        ("limit" = Option<u64>, Query, description = "1 to 1000, default 100"),
    ),
    responses(
        (status = 200, description = "The changes", body = Vec<AuditBody>, headers(("Link"))),
        (status = "4XX", description = "There is no such booking, or a parameter cannot be taken", body = ProblemBody, content_type = "application/problem+json"),
        (status = "5XX", description = "See the detail", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/api/bookings/{key}/audit", wrap = "Compress::default()")]
pub async fn audit_booking(
    state: web::Data<AppState>,
    path: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let key = key_of(&path)?;
    let ChangesQuery { after, limit } = ChangesQuery::parse(request.query_string())?;
    let payment = state.reader.find(&key).await?.ok_or(Rejection::NotFound(key))?;
    let entries = state.reader.audit_of(payment.id, after, limit).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-cache"));
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

impl ChangesQuery {
    fn parse(query: &str) -> Result<Self, Problem> {
        let pairs = pairs_of(query.as_bytes(), ProblemCode::InvalidQuery)?;
        let mut parsed = Self { after: 0, limit: reader_limits::PAGE_DEFAULT };
        let faults: Vec<_> =
            pairs.iter().filter_map(|(name, value)| parsed.take(name, value.trim()).err()).collect();
        if faults.is_empty() { Ok(parsed) } else { Err(Problem::invalid_query(faults)) }
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), FieldError> {
        let wrong = |detail: &str| FieldError::new(name, ValidationCode::NotAChoice, detail);
        match name {
            "after" => {
                let after = value.parse().ok().filter(|after| (0..i64::MAX).contains(after));
                self.after = after.ok_or_else(|| wrong("must be the number of a change, or 0"))?;
            }
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=reader_limits::PAGE_MAX).contains(limit));
                self.limit = limit.ok_or_else(|| wrong("must be a whole number from 1 to 1000"))?;
            }
            _ => {
                let detail = "is not a parameter of a booking's changes";
                return Err(FieldError::new(name, ValidationCode::UnknownField, detail));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_parameters_it_starts_at_the_first() {
        assert_eq!(ChangesQuery::parse("").unwrap(), ChangesQuery { after: 0, limit: 100 });
        let query = ChangesQuery::parse("after=7&limit=1000").unwrap();
        assert_eq!(query, ChangesQuery { after: 7, limit: 1000 });
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        let problem = ChangesQuery::parse("after=-1&limit=0&since=1").unwrap_err();
        let named: Vec<_> = problem.errors().iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(named, ["/after", "/limit", "/since"]);
    }
}
