//! Access: the secrets with which Hermes proves that it issued a value.

mod page_secret;
mod server_key;

pub use page_secret::PageSecret;
pub use server_key::ServerKey;
