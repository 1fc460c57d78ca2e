//! HTTP: routes, problem+json, OpenAPI, pages.
