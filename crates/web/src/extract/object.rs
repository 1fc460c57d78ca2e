//! Taking the members of a JSON object one by one, keeping every fault.

use hermes_domain::ledger::Edit;
use hermes_domain::{FieldError, ValidationCode};
use serde_json::value::RawValue;

use super::JsonObject;

/// The members of an object that were not taken yet, and the faults so far.
pub(super) struct Members {
    left: Vec<(String, Box<RawValue>)>,
    faults: Vec<FieldError>,
}

impl Members {
    pub fn of(object: JsonObject) -> Self {
        Self { left: object.0, faults: Vec::new() }
    }

    /// A text, or nothing where the member is missing or null.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let value = self.take(name)?;
        self.read_text(name, &value)
    }

    /// A decimal number, written as a JSON string or as a JSON number; its own text either way.
    pub fn number(&mut self, name: &str) -> Option<String> {
        let value = self.take(name)?;
        let text = value.get();
        let is_number = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        if is_number { Some(text.to_owned()) } else { self.read_text(name, &value) }
    }

    /// What happens to a text: it stays where the member is missing, it goes where it is null.
    pub fn text_edit(&mut self, name: &str) -> Edit {
        self.edit(name, Self::text)
    }

    /// What happens to a decimal number.
    pub fn number_edit(&mut self, name: &str) -> Edit {
        self.edit(name, Self::number)
    }

    /// Every fault of the members, those that nobody took among them.
    pub fn into_faults(self) -> Vec<FieldError> {
        let unknown = self.left.into_iter().map(|(name, _)| {
            FieldError::new(&name, ValidationCode::UnknownField, "is not a member of this request")
        });
        self.faults.into_iter().chain(unknown).collect()
    }

    fn edit(&mut self, name: &str, read: fn(&mut Self, &str) -> Option<String>) -> Edit {
        if !self.left.iter().any(|(known, _)| known == name) {
            return Edit::Keep;
        }
        read(self, name).map_or(Edit::Clear, Edit::Set)
    }

    fn take(&mut self, name: &str) -> Option<Box<RawValue>> {
        let place = self.left.iter().position(|(known, _)| known == name)?;
        let (_, value) = self.left.remove(place);
        let before = self.left.len();
        self.left.retain(|(known, _)| known != name);
        if self.left.len() != before {
            self.faults.push(FieldError::new(
                name,
                ValidationCode::DuplicateField,
                "is given more than once",
            ));
        }
        (value.get() != "null").then_some(value)
    }

    fn read_text(&mut self, name: &str, value: &RawValue) -> Option<String> {
        let text = serde_json::from_str::<String>(value.get()).ok();
        if text.is_none() {
            self.faults.push(FieldError::new(name, ValidationCode::WrongType, "must be a string"));
        }
        text
    }
}
