//! Figures of the lane.

/// A count as metrics take it.
pub(super) fn count(size: usize) -> f64 {
    f64::from(u32::try_from(size).unwrap_or(u32::MAX))
}
