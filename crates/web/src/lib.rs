//! HTTP: routes, extractors, problem details, OpenAPI, pages.
//!
//! A request passes, in this order: [`middleware`] (request id, security headers, figures), the route table in
//! [`routes`] or [`admin::dashboard`], an endpoint (one a file: [`api`], [`pages`]), which parses with
//! [`extract`], calls a use case of `hermes-service`, and answers with [`dto`], or out of the cache with `cached_response`;
//! what goes wrong becomes a [`problem`].

pub mod admin;
pub mod api;
pub mod dto;
pub mod extract;
pub mod middleware;
pub mod pages;
pub mod problem;
pub mod routes;
pub mod state;

mod assets;
mod cached_response;
mod cursor;

pub use cached_response::JsonRenderer;
pub use state::AppState;
