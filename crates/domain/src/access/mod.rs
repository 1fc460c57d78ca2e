//! Access: the secrets with which Hermes proves that it issued a value.

mod server_key;

pub use server_key::ServerKey;
