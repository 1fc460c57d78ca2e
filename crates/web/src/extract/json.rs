//! The body of a write as one JSON object whose values keep their own text.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use hermes_domain::{FieldError, ValidationCode};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

/// How long a body may take to arrive.
const BODY_DEADLINE: Duration = Duration::from_secs(10);
/// What other languages write for numbers that are none, and JSON does not have.
const NOT_NUMBERS: [&str; 3] = ["NaN", "-Infinity", "Infinity"];

/// A JSON object, in the order it was sent; members may be there twice. It is not even
/// parsed while the ledger would not take the command.
#[derive(Debug)]
pub struct JsonObject(pub(super) Vec<(String, Box<RawValue>)>);

impl JsonObject {
    /// Reads a body.
    ///
    /// # Errors
    /// When it is not one JSON object.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        serde_json::from_slice(body).map_err(|error| malformed(body, &error))
    }
}

impl FromRequest for JsonObject {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = has_json_type(request);
        let state = request.app_data::<web::Data<AppState>>().cloned();
        let body = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            if !is_json {
                return Err(Problem::new(ProblemCode::UnsupportedMediaType));
            }
            let body = arrived(body).await?;
            // While more is asked for than can be done, what is refused must cost next to nothing. The body has to
            // be there all the same, or the connection could not go on after the answer.
            if let Some(state) = state {
                state.ledger.check_admission()?;
            }
            Self::parse(&body)
        })
    }
}

/// The whole body, if it arrives in time.
pub(super) async fn arrived(
    body: impl Future<Output = Result<web::Bytes, actix_web::Error>>,
) -> Result<web::Bytes, Problem> {
    match actix_web::rt::time::timeout(BODY_DEADLINE, body).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) => Err(Problem::new(ProblemCode::of_status(error.as_response_error().status_code()))),
        Err(_) => Err(Problem::new(ProblemCode::RequestTimeout)),
    }
}

fn has_json_type(request: &HttpRequest) -> bool {
    let essence = request.content_type().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Says what is wrong with a body that is no JSON; a number that is none is named by its field.
fn malformed(body: &[u8], error: &serde_json::Error) -> Problem {
    if let Some(field) = field_that_is_no_number(body, error) {
        let detail = "NaN and Infinity are not numbers that can be paid; JSON does not have them either";
        return Problem::invalid_fields(vec![FieldError::new(&field, ValidationCode::NotANumber, detail)]);
    }
    let what = match error.classify() {
        serde_json::error::Category::Data => "it is not one object".to_owned(),
        serde_json::error::Category::Eof => "it ends too early".to_owned(),
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
            format!("there is a mistake at line {}, column {}", error.line(), error.column())
        }
    };
    Problem::new(ProblemCode::MalformedJson)
        .with_detail(format!("Nothing was saved. Send one JSON object in the body: {what}."))
}

fn field_that_is_no_number(body: &[u8], error: &serde_json::Error) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(error.line().checked_sub(1)?).map(str::len).sum();
    let near = before + error.column();
    let (start, _) = NOT_NUMBERS
        .iter()
        .flat_map(|word| text.match_indices(word))
        .find(|(start, word)| (*start..=start + word.len() + 1).contains(&near))?;
    let key = text.get(..start)?.trim_end().strip_suffix(':')?.trim_end().strip_suffix('"')?;
    key.rsplit_once('"').map(|(_, name)| name.to_owned())
}

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = JsonObject;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<JsonObject, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(JsonObject(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_none_is_named_by_its_field() {
        for word in NOT_NUMBERS {
            for body in [
                format!("{{\"name\":\"NaN\",\n \"amount\" : {word}}}"),
                format!("{{\"amount\":{word}, \"x\":1}}"),
            ] {
                let problem = JsonObject::parse(body.as_bytes()).unwrap_err();
                assert_eq!(problem.code, ProblemCode::InvalidFields, "{body}");
                assert_eq!(problem.errors()[0].pointer, "/amount", "{body}");
            }
        }
    }

    #[test]
    fn what_is_no_object_is_malformed() {
        for body in ["", "[]", "null", "{", "{\"a\":1}x", "{\"amount\":nan}", "\"NaN\"", "{'a':1}"] {
            assert_eq!(
                JsonObject::parse(body.as_bytes()).unwrap_err().code,
                ProblemCode::MalformedJson,
                "{body}"
            );
        }
    }

    #[test]
    fn nesting_without_end_is_a_fault_of_its_field_and_nothing_worse() {
        let body = format!("{{\"name\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
        let object = JsonObject::parse(body.as_bytes()).unwrap();
        let problem = super::super::booking_from_json(object).unwrap_err();
        assert_eq!(problem.errors()[0].pointer, "/name");
    }
}
