//! The table of hostile requests, by topic.

mod bodies;
mod connections;
mod forms;
mod framing;
mod headers;
mod hosts;
mod methods;
mod origins;
mod paths;
mod queries;
mod texts;

use crate::case::{Case, case, get, status};

/// Returns every case of the table.
pub fn cases() -> Vec<Case> {
    [
        bodies::cases(),
        connections::cases(),
        forms::cases(),
        framing::cases(),
        headers::cases(),
        hosts::cases(),
        methods::cases(),
        origins::cases(),
        paths::cases(),
        queries::cases(),
        texts::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Requests of ordinary clients.
pub fn ordinary_requests() -> Vec<Case> {
    let paths = ["/payment", "/api/bookings", "/api/bookings/REF001", "/api/bookings?limit=1", "/api/events"];
    paths.into_iter().map(|path| case(path, get(path), status(200))).collect()
}
