//! API keys.

use std::fmt;

use chrono::NaiveDate;
use hermes_domain::access::{KEY_NAME_MAX, KeyRecord, Scope};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};

use super::Rfc3339;
use super::values::{schemas, string_enum};

/// An API key, without its secrets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyBody {
    /// The ID: the ten characters after `hk_`.
    #[schema(example = "7S3C4M0Q2D", pattern = "^[0-9A-HJKMNP-TV-Z]{10}$")]
    pub id: String,
    /// The name.
    #[schema(example = "billing")]
    pub name: String,
    /// The scopes.
    #[schema(value_type = Vec<ScopeName>)]
    pub scopes: Vec<&'static str>,
    /// The actor that created the key.
    #[schema(example = "open")]
    pub created_by: String,
    /// The time of creation.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Rfc3339,
    /// The time from which the key is invalid. Null means never.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub expires_at: Option<Rfc3339>,
    /// The time of revocation.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub revoked_at: Option<Rfc3339>,
    /// The last day (UTC) on which the key was used. Responses to changes do not contain it.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    pub last_used_on: Option<String>,
}

/// An API key with its text. Only the response that creates the text contains it.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedKey)]
pub struct CreatedKeyBody {
    /// The key without its secrets.
    #[serde(flatten)]
    pub record: KeyBody,
    /// The text of the key, to send as `Authorization: Bearer hk_…`.
    #[schema(pattern = "^hk_[0-9A-HJKMNP-TV-Z]{10}_[0-9A-HJKMNP-TV-Z]{38}$")]
    pub key: String,
}

impl fmt::Debug for CreatedKeyBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CreatedKeyBody").field("record", &self.record).finish_non_exhaustive()
    }
}

impl KeyBody {
    /// Creates the body of a key and the last day on which it was used.
    pub fn new(key: &KeyRecord, last_used_on: Option<NaiveDate>) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name.to_string(),
            scopes: key.scopes.iter().map(Scope::as_str).collect(),
            created_by: key.created_by.clone(),
            created_at: Rfc3339(key.created_at),
            expires_at: key.expires_at.map(Rfc3339),
            revoked_at: key.revoked_at.map(Rfc3339),
            last_used_on: last_used_on.map(|day| day.to_string()),
        }
    }
}

schemas! {
    /// The schema of the name of a scope.
    ScopeName as "Scope" = string_enum(Scope::ALL.iter().map(|scope| scope.as_str()));
    /// The schema of a key to create.
    NewKeyBody as "NewKey" = {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let name = text().description(Some("The name, such as the program that uses the key."));
        let scopes = ArrayBuilder::new().items(string_enum(Scope::ALL.iter().map(|scope| scope.as_str())));
        let expires_at = text().schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("The time from which the key is invalid, at most ten years from now. Without it, the key \
                never expires."))
            .examples(["2027-06-30T00:00:00Z"]);
        ObjectBuilder::new()
            .description(Some("A key to create."))
            .property("name", name.min_length(Some(1)).max_length(Some(KEY_NAME_MAX)).examples(["billing"]))
            .property("scopes", scopes.min_items(Some(1)).description(Some("What the key may do.")))
            .property("expires_at", expires_at)
            .required("name").required("scopes").into()
    };
}
