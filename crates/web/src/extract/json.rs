//! JSON bodies: one object whose values retain their source text, so that amounts are parsed exactly.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use hermes_domain::payment::{BookingField, Edit};
use hermes_domain::{FieldError, ValidationCode};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::body::read_body;
use crate::problem::{Problem, ProblemCode};

/// The tokens that other languages write for values that are not numbers. JSON does not have them.
const NOT_NUMBERS: [&str; 3] = ["NaN", "-Infinity", "Infinity"];

/// The bytes of a body with a JSON media type, not yet parsed.
#[derive(Debug)]
pub struct JsonBody(web::Bytes);

impl JsonBody {
    /// Parses the body.
    ///
    /// # Errors
    /// As [`JsonFields::parse`].
    pub fn parse(&self) -> Result<JsonFields, Problem> {
        JsonFields::parse(&self.0)
    }
}

impl FromRequest for JsonBody {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = has_json_type(request);
        let body = read_body(request.clone(), payload.take());
        Box::pin(async move {
            if !is_json {
                return Err(Problem::new(ProblemCode::UnsupportedMediaType));
            }
            body.await.map(Self)
        })
    }
}

fn has_json_type(request: &HttpRequest) -> bool {
    let essence = request.content_type().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The fields of a JSON object. Reading a field removes it; errors are collected for the end.
#[derive(Debug)]
pub struct JsonFields {
    unread: Vec<(String, Box<RawValue>)>,
    errors: Vec<FieldError>,
}

impl JsonFields {
    /// Parses one JSON object.
    ///
    /// # Errors
    /// 400 if the body is not one JSON object; 422, naming the field, if a value is NaN or Infinity.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        serde_json::from_slice(body).map_err(|error| malformed(body, &error))
    }

    /// Reads a string; `None` if the field is missing or null.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let value = self.take(name)?;
        self.parse_string(name, &value)
    }

    /// Reads an array of strings; `None` if the field is missing or null.
    pub fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let value = self.take(name)?;
        let texts = serde_json::from_str::<Vec<String>>(value.get()).ok();
        if texts.is_none() {
            self.errors.push(FieldError::new(name, ValidationCode::WrongType, "Send an array of strings"));
        }
        texts
    }

    /// Reads an array of objects; `None` if the field is missing or null.
    pub fn objects(&mut self, name: &str) -> Option<Vec<Self>> {
        let value = self.take(name)?;
        let objects = serde_json::from_str::<Vec<Self>>(value.get()).ok();
        if objects.is_none() {
            self.errors.push(FieldError::new(name, ValidationCode::WrongType, "Send an array of objects"));
        }
        objects
    }

    /// Reads the source text of a decimal number, which is a JSON string or a JSON number. Only the latter may have an
    /// exponent.
    pub fn number(&mut self, name: &str) -> Option<String> {
        let value = self.take(name)?;
        let text = value.get();
        let is_number = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        if is_number {
            return Some(text.to_owned());
        }
        let text = self.parse_string(name, &value)?;
        match exponent_error(name, &text) {
            Some(error) => {
                self.errors.push(error);
                None
            }
            None => Some(text),
        }
    }

    /// Reads a booking field; `None` if the field is missing or null.
    pub fn booking_text(&mut self, field: BookingField) -> Option<String> {
        match field {
            BookingField::Amount => self.number(field.spec().name),
            _ => self.text(field.spec().name),
        }
    }

    /// Reads the edit of a booking field: `None` if the field is missing; null clears the field.
    pub fn booking_edit(&mut self, field: BookingField) -> Option<Edit> {
        let is_present = self.unread.iter().any(|(name, _)| name == field.spec().name);
        is_present.then(|| self.booking_text(field).map_or(Edit::Clear, Edit::Set))
    }

    /// Returns every error, including one for each field that was not read.
    pub fn into_errors(self) -> Vec<FieldError> {
        let unknown = self.unread.into_iter().map(|(name, _)| {
            FieldError::new(&name, ValidationCode::UnknownField, "This request has no such field")
        });
        self.errors.into_iter().chain(unknown).collect()
    }

    /// Removes a field, and reports its repetitions.
    fn take(&mut self, name: &str) -> Option<Box<RawValue>> {
        let index = self.unread.iter().position(|(known, _)| known == name)?;
        let (_, value) = self.unread.remove(index);
        let count = self.unread.len();
        self.unread.retain(|(known, _)| known != name);
        if self.unread.len() != count {
            self.errors.push(FieldError::new(name, ValidationCode::DuplicateField, "Send this field once"));
        }
        (value.get() != "null").then_some(value)
    }

    fn parse_string(&mut self, name: &str, value: &RawValue) -> Option<String> {
        let text = serde_json::from_str::<String>(value.get()).ok();
        if text.is_none() {
            self.errors.push(FieldError::new(name, ValidationCode::WrongType, "Send a string"));
        }
        text
    }
}

impl<'de> Deserialize<'de> for JsonFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;

        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = JsonFields;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<JsonFields, M::Error> {
                let mut unread = Vec::new();
                while let Some(field) = map.next_entry()? {
                    unread.push(field);
                }
                Ok(JsonFields { unread, errors: Vec::new() })
            }
        }

        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// Returns an error if a decimal string has an exponent.
pub(super) fn exponent_error(name: &str, text: &str) -> Option<FieldError> {
    let detail = "Enter the amount as a number without an exponent, like 35000 or 35000.50";
    let mut characters = text.trim().chars();
    let is_number = characters.all(|character| character.is_ascii_digit() || "eE.+-".contains(character));
    (is_number && text.contains(['e', 'E']))
        .then(|| FieldError::new(name, ValidationCode::NotANumber, detail))
}

/// Describes why a body is not a JSON object. NaN and Infinity are reported for their field.
fn malformed(body: &[u8], error: &serde_json::Error) -> Problem {
    if let Some(field) = field_with_not_a_number(body, error) {
        let detail = "Send a number; NaN and Infinity are not numbers";
        return Problem::invalid_fields(vec![FieldError::new(&field, ValidationCode::NotANumber, detail)]);
    }
    let reason = match error.classify() {
        Category::Data => "it is not an object".to_owned(),
        Category::Eof => "it is incomplete".to_owned(),
        Category::Syntax | Category::Io => {
            format!("it has a syntax error at line {}, column {}", error.line(), error.column())
        }
    };
    Problem::new(ProblemCode::MalformedJson)
        .with_detail(format!("Nothing was saved. The body must be one JSON object, but {reason}."))
}

/// Finds the field whose value is NaN or Infinity at the position of the syntax error.
fn field_with_not_a_number(body: &[u8], error: &serde_json::Error) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let mut lines = text.split_inclusive('\n');
    let line_start: usize = lines.by_ref().take(error.line().checked_sub(1)?).map(str::len).sum();
    let position = line_start + error.column();
    let (start, _) = NOT_NUMBERS
        .iter()
        .flat_map(|token| text.match_indices(token))
        .find(|(start, token)| (*start..=start + token.len() + 1).contains(&position))?;
    let key = text.get(..start)?.trim_end().strip_suffix(':')?.trim_end().strip_suffix('"')?;
    key.rsplit_once('"').map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_and_infinity_are_reported_for_their_field() {
        for token in NOT_NUMBERS {
            for body in [
                format!("{{\"name\":\"NaN\",\n \"amount\" : {token}}}"),
                format!("{{\"amount\":{token}, \"x\":1}}"),
            ] {
                let problem = JsonFields::parse(body.as_bytes()).unwrap_err();
                assert_eq!(problem.code, ProblemCode::InvalidFields, "{body}");
                assert_eq!(problem.errors()[0].pointer, "/amount", "{body}");
            }
        }
    }

    #[test]
    fn a_body_that_is_not_an_object_is_malformed() {
        for body in ["", "[]", "null", "{", "{\"a\":1}x", "{\"amount\":nan}", "\"NaN\"", "{'a':1}"] {
            let problem = JsonFields::parse(body.as_bytes()).unwrap_err();
            assert_eq!(problem.code, ProblemCode::MalformedJson, "{body}");
        }
    }

    #[test]
    fn deep_nesting_is_an_error_of_its_field() {
        let body = format!("{{\"name\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
        let fields = JsonFields::parse(body.as_bytes()).unwrap();
        let problem = super::super::booking_from_json(fields, &Default::default()).unwrap_err();
        assert_eq!(problem.errors()[0].pointer, "/name");
    }
}
