//! HTTP: routes, extractors, problem details, OpenAPI, pages.
//!
//! A request passes, in this order: [`middleware`] (request id, security headers, figures), the route table in
//! [`portal`] or [`dashboard`], an endpoint (one a file: [`bookings`], [`health`], [`pages`]), which parses with
//! [`input`], calls a use case of `hermes-service`, and answers with [`wire`], or out of the cache with `cached`;
//! what goes wrong becomes a [`problem`].

pub mod bookings;
pub mod dashboard;
pub mod dto;
pub mod events;
pub mod extract;
pub mod health;
pub mod middleware;
pub mod pages;
pub mod portal;
pub mod problem;
pub mod state;

mod assets;
mod cache_admin;
mod cached_response;
mod cursor;
mod stats;

pub use cached_response::JsonRenderer;
pub use state::AppState;
