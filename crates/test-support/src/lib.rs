//! Private real servers and builders for tests.
