//! Measures the peak memory of a thread, for the limits of the readers.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Counts the bytes that each thread allocates.
struct CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

thread_local! {
    static CURRENT: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn change(bytes: isize) {
    // During the end of a thread, its counters no longer exist.
    let _ = CURRENT.try_with(|current| {
        current.set(current.get() + bytes);
        PEAK.with(|peak| peak.set(peak.get().max(current.get())));
    });
}

#[allow(unsafe_code, reason = "an allocator is unsafe to implement; this one delegates")]
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        change(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        change(-(layout.size() as isize));
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Returns the result of an action, and the most memory that it held at once, in bytes.
pub fn peak_bytes_during<T>(action: impl FnOnce() -> T) -> (T, usize) {
    let before = CURRENT.get();
    PEAK.set(before);
    let result = action();
    (result, usize::try_from(PEAK.get() - before).unwrap())
}
