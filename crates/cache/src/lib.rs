//! The shared cache of [`hermes_domain::ports::SharedCache`]: [`RedisCache`] for several instances, and
//! [`LocalVersion`], its twin for one.
//!
//! Both keep the same promises, and one suite of tests (`tests/contract`) holds them to it.

mod memory;
mod redis;

pub use memory::LocalVersion;
pub use redis::{RedisCache, RedisSettings, RedisSettingsError};
