//! Visits every state of a variant once, depth first.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::io::Write;
use std::time::{Duration, Instant};

use crate::process::{CHOICES, MOVERS, Next, State, Trace};
use crate::variant::Variant;

/// More states than any variant has.
const STATES_MAX: usize = 4_000_000;

/// The result of an exploration.
pub struct Explored {
    pub states: usize,
    pub took: Duration,
    /// The history that ends in a stale response.
    pub violation: Option<Vec<String>>,
}

/// A state on the path, and the next step to try.
struct Frame {
    state: State,
    next: usize,
}

type Seen = HashSet<State, BuildHasherDefault<QuickHasher>>;

/// Explores every history, until one breaks the promise.
pub fn explore(variant: &Variant) -> Explored {
    let began = Instant::now();
    let first = State::first(variant);
    let mut seen = Seen::default();
    seen.insert(first);
    let mut path = vec![Frame { state: first, next: 0 }];
    let mut violation = None;
    while let Some(frame) = path.last_mut() {
        if frame.next == MOVERS * usize::from(CHOICES) {
            path.pop();
            continue;
        }
        let (mover, choice) = step_of(frame.next);
        frame.next += 1;
        match frame.state.step(variant, mover, choice, &mut Trace::disabled()) {
            None => {}
            Some(Next::At(state)) if state.has_readers() && seen.insert(state) => {
                assert!(seen.len() < STATES_MAX, "{}: too many states", variant.name);
                path.push(Frame { state, next: 0 });
            }
            Some(Next::At(_)) => {}
            Some(Next::Done | Next::Stale) => {
                violation = Some(replay(variant, &path));
                break;
            }
        }
    }
    let explored = Explored { states: seen.len(), took: began.elapsed(), violation };
    report(variant, &explored);
    explored
}

fn step_of(number: usize) -> (usize, u8) {
    let choices = usize::from(CHOICES);
    (number / choices, u8::try_from(number % choices).expect("there are few choices"))
}

/// Repeats the path and records its steps.
fn replay(variant: &Variant, path: &[Frame]) -> Vec<String> {
    let mut trace = Trace::enabled();
    for frame in path {
        // `next` is one after the step that was taken.
        let (mover, choice) = step_of(frame.next - 1);
        let _same_as_before = frame.state.step(variant, mover, choice, &mut trace);
    }
    trace.lines()
}

/// Writes one line per variant that the test runner does not capture.
fn report(variant: &Variant, explored: &Explored) {
    let result = if explored.violation.is_some() { "stale" } else { "holds" };
    let seconds = explored.took.as_secs_f64();
    let line = format!("{result} {:9} states {seconds:6.1} s  {}\n", explored.states, variant.name);
    std::io::stderr().write_all(line.as_bytes()).expect("a line can be written");
}

/// A hash that is fast without optimisation. No caller chooses states that collide.
#[derive(Default)]
struct QuickHasher(u64);

impl QuickHasher {
    fn add(&mut self, observation: u64) {
        // An odd number without a pattern, as in Knuth's multiplicative hashing.
        self.0 = (self.0.rotate_left(5) ^ observation).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Hasher for QuickHasher {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let observation = chunk.iter().fold(0, |observation, byte| observation << 8 | u64::from(*byte));
            self.add(observation);
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.add(u64::from(value));
    }

    fn write_isize(&mut self, value: isize) {
        // The discriminant of an enum.
        self.add(u64::try_from(value).unwrap_or(u64::MAX));
    }
}
