//! The shared cache on Redis, and its in-process twin.
