//! The HTTP layer: routes, extractors, problem details, OpenAPI document and pages.
//!
//! A request passes the [`middleware`] (request ID, errors, metrics, security headers), the [`gate`] (hosts, origins,
//! codings), the check of its key ([`access`]) and the tables in [`routes`] to an endpoint in [`api`], [`pages`] or
//! [`admin`]. The endpoint parses the request with [`extract`] and calls a use case of `hermes-service`. The response is
//! a [`dto`] or comes from `cached_response`. Errors become a [`problem`].

pub mod access;
pub mod admin;
pub mod api;
pub mod dto;
pub mod extract;
pub mod gate;
pub mod limits;
pub mod middleware;
pub mod pages;
pub mod problem;
pub mod routes;
pub mod state;

mod assets;
mod cached_response;
mod cursor;

pub use cached_response::{BODY_FORMAT, JsonRenderer};
pub use state::AppState;
