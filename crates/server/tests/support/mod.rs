//! A running `hermes`, seen from outside.
#![allow(dead_code, reason = "each test file uses another part")]

pub mod answer;
pub mod contract;
pub mod process;
pub mod stage;

pub use answer::Answer;
pub use process::Hermes;
pub use stage::Stage;
