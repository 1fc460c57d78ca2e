//! `GET /api/events`: what happened, in the order of commits, for those who do not follow the stream on Redis.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, LINK};
use actix_web::{HttpRequest, HttpResponse, get, web};
use hermes_domain::ports::reader_limits;
use hermes_domain::{FieldError, ValidationCode};
use hermes_service::outbox::LONG_POLL_MAX;

use crate::dto::EventBody;
use crate::extract::pairs_of;
use crate::problem::{Problem, ProblemBody, ProblemCode};
use crate::state::AppState;

/// What is asked of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FeedQuery {
    after: Option<i64>,
    limit: u64,
    wait_s: u64,
}

/// The events after a number, oldest first.
///
/// Every booking, correction and cancellation is one event. Start without `after`, and follow the `Link` header from
/// then on: nothing is left out, and nothing comes out of order, as long as the database keeps what it has committed.
/// One that was restored from a backup, or failed over, may lack its last events and give their numbers to others: a
/// place beyond the end is answered with 410, but one that was reached again is not. Then start anew without `after`;
/// the `id` tells which events are known. With `wait_s` the answer waits until there is an event. Events are kept for
/// seven days (`events.retention_days`); a place that is no longer, or not yet, one of the feed is answered with 410.
#[utoipa::path(
    tag = "events",
    params(
        ("after" = Option<i64>, Query, description = "the number of the last event that is known; without it, from the oldest that is kept"),
        ("limit" = Option<u64>, Query, description = "1 to 1000, default 100"),
        ("wait_s" = Option<u64>, Query, description = "0 to 30: for how many seconds to wait when there is none yet"),
    ),
    responses(
        (status = 200, description = "The events; none when nothing has happened since", body = Vec<EventBody>,
            headers(("Link"))),
        (status = 410, description = "The feed has not what follows `after`: the detail says what it has",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = "4XX", description = "A parameter cannot be taken", body = ProblemBody, content_type = "application/problem+json"),
        (status = "5XX", description = "See the detail", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/api/events")]
pub async fn list_events(state: web::Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = FeedQuery::parse(request.query_string())?;
    let events = state.feed.read(query.after, query.limit, Duration::from_secs(query.wait_s)).await?;
    let last = events.last().map(|event| event.seq).or(query.after).unwrap_or_default();
    let FeedQuery { limit, wait_s, .. } = query;
    let next = format!("</api/events?after={last}&limit={limit}&wait_s={wait_s}>; rel=\"next\"");
    let bodies: Vec<_> = events.iter().map(EventBody::from).collect();
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).insert_header((LINK, next)).json(bodies))
}

impl FeedQuery {
    fn parse(query: &str) -> Result<Self, Problem> {
        let pairs = pairs_of(query.as_bytes(), ProblemCode::InvalidQuery)?;
        let mut parsed = Self { after: None, limit: reader_limits::PAGE_DEFAULT, wait_s: 0 };
        let faults: Vec<_> =
            pairs.iter().filter_map(|(name, value)| parsed.take(name, value.trim()).err()).collect();
        if faults.is_empty() { Ok(parsed) } else { Err(Problem::invalid_query(faults)) }
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), FieldError> {
        let wrong = |detail: &str| FieldError::new(name, ValidationCode::NotAChoice, detail);
        match name {
            "after" => {
                let after = value.parse().ok().filter(|after| (0..i64::MAX).contains(after));
                self.after = Some(after.ok_or_else(|| wrong("must be the number of an event, or 0"))?);
            }
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=reader_limits::PAGE_MAX).contains(limit));
                self.limit = limit.ok_or_else(|| wrong("must be a whole number from 1 to 1000"))?;
            }
            "wait_s" => {
                let wait_s =
                    value.parse().ok().filter(|wait_s| (0..=LONG_POLL_MAX.as_secs()).contains(wait_s));
                self.wait_s = wait_s.ok_or_else(|| wrong("must be a whole number from 0 to 30"))?;
            }
            _ => {
                let detail = "is not a parameter of this feed";
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
    fn without_parameters_it_starts_at_the_oldest_and_does_not_wait() {
        let query = FeedQuery::parse("").unwrap();
        assert_eq!(query, FeedQuery { after: None, limit: 100, wait_s: 0 });
        let query = FeedQuery::parse("after=7&limit=1000&wait_s=30").unwrap();
        assert_eq!(query, FeedQuery { after: Some(7), limit: 1000, wait_s: 30 });
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        let problem = FeedQuery::parse("after=-1&limit=0&wait_s=31&since=1").unwrap_err();
        let named: Vec<_> = problem.errors().iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(named, ["/after", "/limit", "/wait_s", "/since"]);
        for query in ["after=9223372036854775807", "after=x", "limit=1001", "wait_s=-1"] {
            assert!(FeedQuery::parse(query).is_err(), "{query}");
        }
    }
}
