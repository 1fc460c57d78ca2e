//! The dashboard: port 8080.
