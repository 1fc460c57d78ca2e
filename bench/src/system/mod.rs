//! What is measured: a built Hermes, its databases, the handler it is held against.

mod bare;
mod hermes;
mod metrics;
mod place;
mod programs;
mod store;

pub use bare::Bare;
pub use hermes::Hermes;
pub use place::{Kind, Place};
pub use programs::Build;
pub use store::Store;
