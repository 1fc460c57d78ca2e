//! How a connection pool is doing.

/// The figures of a pool at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// The most connections it may have.
    pub max: usize,
    /// The connections it has.
    pub size: usize,
    /// Those nobody uses.
    pub idle: usize,
    /// Those in use.
    pub in_use: usize,
    /// How many callers wait for one.
    pub waiting: usize,
}

/// Something with connection pools.
pub trait PoolMetrics: Send + Sync {
    /// The pools by name, such as `database_writer`.
    fn pools(&self) -> Vec<(&'static str, PoolStatus)>;
}
