//! Returns free memory to the system after a burst of requests.
//!
//! The allocator of glibc retains freed memory in the arenas of its threads, so the process would remain as large as its
//! largest burst. **Measurement:** after 700 bodies of 64 KiB at once, 134 MiB remained resident, and 76 MiB after a trim.

use std::time::Duration;

/// The interval of the checks.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);
/// The resident memory above its lowest value that causes a trim, in KiB.
const GROWTH_KIB: u64 = 8 * 1_024;

/// Checks the resident memory periodically, and returns free memory while it is above its lowest value. A trim during a
/// burst returns nothing, so one trim is not enough.
pub async fn run_trimmer() {
    let mut lowest = resident_kib();
    loop {
        tokio::time::sleep(CHECK_INTERVAL).await;
        if resident_kib() < lowest + GROWTH_KIB {
            continue;
        }
        // A trim locks each arena in turn, for about a millisecond.
        let trimmed = tokio::task::spawn_blocking(trim).await;
        if let Err(error) = trimmed {
            log::warn!("free memory is not returned to the system: {error}");
            return;
        }
        lowest = lowest.min(resident_kib());
    }
}

/// Returns the resident memory of the process, or 0 if the system does not report it.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

#[cfg(target_env = "gnu")]
#[expect(
    unsafe_code,
    reason = "no library wraps malloc_trim, which takes no pointer and may run at any time"
)]
fn trim() {
    // SAFETY: `malloc_trim` has no preconditions.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(target_env = "gnu"))]
fn trim() {}
