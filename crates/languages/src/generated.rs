//! The code that the build generates from the folder `texts`.

#![allow(missing_docs, clippy::all, clippy::unwrap_used, clippy::expect_used, clippy::as_conversions)]
#![allow(clippy::indexing_slicing, clippy::panic, clippy::float_arithmetic, unused_qualifications)]

include!(concat!(env!("OUT_DIR"), "/texts.rs"));
