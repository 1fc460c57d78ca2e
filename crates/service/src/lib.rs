//! Use cases: the write lane, fresh reads.
