//! An entry of the stream on its way to the handler, and how often it was.

use std::collections::HashMap;

use deadpool_redis::redis::Value;

/// An entry that is to be handled.
pub(super) struct Entry {
    pub id: String,
    pub fields: HashMap<String, Value>,
    /// Which delivery the next one is, from 1.
    pub delivery: usize,
    /// How many deliveries the group's list has counted.
    pub counted: usize,
}

impl Entry {
    /// One that the group has just got: the server has counted its first delivery.
    pub fn new(id: String, fields: HashMap<String, Value>) -> Self {
        Self { id, fields, delivery: 1, counted: 1 }
    }

    /// One that was delivered before and that nobody said anything of.
    pub fn left(id: String, fields: HashMap<String, Value>, counted: usize) -> Self {
        Self { id, fields, delivery: counted + 1, counted }
    }
}
