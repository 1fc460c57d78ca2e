//! `GET /api/events`: the feed of all changes, in the order of commits, without Redis.

use std::time::Duration;

use actix_web::http::header::LINK;
use actix_web::{HttpRequest, HttpResponse, get, web};
use hermes_domain::FieldError;
use hermes_domain::access::Scope;
use hermes_domain::ports::reader_limits;
use hermes_service::outbox::LONG_POLL_MAX;

use crate::access::authorize_again;
use crate::dto::EventBody;
use crate::extract::{client_address, parse_parameters, parse_whole_number, unknown_parameter};
use crate::problem::{Problem, ProblemBody, ProblemResponses};
use crate::state::AppState;

/// Returns the events after a sequence number, oldest first.
///
/// Every booking, correction and cancellation is one event. Start without `after`, then follow the `Link` header.
/// The feed has no gaps and is in the order of commits, as long as the database keeps its commits. A database that
/// was restored from a backup or failed over may lack its last events and reuse their sequence numbers. Then start
/// again without `after`, and skip events whose `id` you know. If `wait_s` is not 0, the response waits until there
/// is an event. Events are retained for seven days (`events.retention_days`).
#[utoipa::path(
    tag = "events",
    params(
        ("after" = Option<i64>, Query, description = "The sequence number of the last known event. Without it, the feed starts with the oldest event.",
            minimum = 0, example = 41),
        ("limit" = Option<u64>, Query, description = "The most events in the response. The default is 100.",
            minimum = 1, maximum = 1000, example = 100),
        ("wait_s" = Option<u64>, Query, description = "The seconds to wait if there is no event. The default is 0.",
            minimum = 0, maximum = 30, example = 30),
    ),
    responses(
        (status = 200, description = "The events, or an empty array if there are none yet", body = Vec<EventBody>,
            headers(("Link"))),
        (status = 410, description = "The feed no longer has the events after `after`, or does not have them yet. The detail gives the range.",
            body = ProblemBody, content_type = "application/problem+json"),
        ProblemResponses,
    )
)]
#[get("/api/events")]
pub async fn list_events(state: web::Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let FeedQuery { after, limit, wait_s } = FeedQuery::parse(request.query_string())?;
    let client = client_address(&request).into();
    let events = state.feed.read(client, after, limit, Duration::from_secs(wait_s)).await?;
    if wait_s > 0 {
        authorize_again(&request, &state, Scope::EventsRead).await?;
    }
    let last = events.last().map(|event| event.seq).or(after).unwrap_or_default();
    let next = format!("</api/events?after={last}&limit={limit}&wait_s={wait_s}>; rel=\"next\"");
    let bodies: Vec<_> = events.iter().map(EventBody::from).collect();
    Ok(HttpResponse::Ok().insert_header((LINK, next)).json(bodies))
}

/// The parameters of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FeedQuery {
    after: Option<i64>,
    limit: u64,
    wait_s: u64,
}

impl FeedQuery {
    fn parse(query: &str) -> Result<Self, Problem> {
        let mut parsed = Self { after: None, limit: reader_limits::PAGE_DEFAULT, wait_s: 0 };
        parse_parameters(query, |name, value| parsed.set(name, value))?;
        Ok(parsed)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), FieldError> {
        match name {
            "after" => self.after = Some(parse_whole_number(name, value, 0..=i64::MAX - 1)?),
            "limit" => self.limit = parse_whole_number(name, value, 1..=reader_limits::PAGE_MAX)?,
            "wait_s" => self.wait_s = parse_whole_number(name, value, 0..=LONG_POLL_MAX.as_secs())?,
            _ => return Err(unknown_parameter(name)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_parameters_the_feed_starts_with_the_oldest_event_and_does_not_wait() {
        let query = FeedQuery::parse("").unwrap();
        assert_eq!(query, FeedQuery { after: None, limit: 100, wait_s: 0 });
        let query = FeedQuery::parse("after=7&limit=1000&wait_s=30").unwrap();
        assert_eq!(query, FeedQuery { after: Some(7), limit: 1000, wait_s: 30 });
    }

    #[test]
    fn every_invalid_parameter_is_reported() {
        let problem = FeedQuery::parse("after=-1&limit=0&wait_s=31&since=1").unwrap_err();
        let pointers: Vec<_> = problem.errors().iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/after", "/limit", "/wait_s", "/since"]);
        for query in ["after=9223372036854775807", "after=x", "limit=1001", "wait_s=-1"] {
            assert!(FeedQuery::parse(query).is_err(), "{query}");
        }
    }
}
