//! Access control: keys, their scopes, and the secrets that Hermes derives or verifies.

mod api_key;
mod base32;
mod key_table;
mod page_secret;
mod scope;
mod server_key;

/// The actor of a request to a portal that has no key yet and is open.
pub const OPEN_ACTOR: &str = "open";
/// The actor that stores the first key from a file.
pub const FIRST_KEY_FILE_ACTOR: &str = "operator (first key file)";

pub use api_key::{ApiKey, KeyId, SecretDigest};
pub use key_table::{KEY_NAME_MAX, KeyRecord, KeyTable, Principal, StoredSecret};
pub use page_secret::PageSecret;
pub use scope::{Scope, ScopeSet, UnknownScope};
pub use server_key::ServerKey;
