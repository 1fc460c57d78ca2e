//! Going through every history of a variant: depth first, each state once.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::io::Write;
use std::time::{Duration, Instant};

use crate::process::{CHOICES, MOVERS, Next, State, Story};
use crate::variant::Variant;

/// More states than any variant has; a variant that grows beyond is made smaller.
const STATES_MAX: usize = 4_000_000;

/// What came of an exploration.
pub struct Explored {
    pub states: usize,
    pub took: Duration,
    /// The history that ends in something stale, in words.
    pub violation: Option<Vec<String>>,
}

/// A state on the path, and the next step to try from there.
struct Frame {
    state: State,
    next: usize,
}

type Seen = HashSet<State, BuildHasherDefault<QuickHasher>>;

/// Goes through all histories, up to the first that breaks the history_check.
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
        match frame.state.step(variant, mover, choice, &mut Story::untold()) {
            None => {}
            Some(Next::At(state)) if state.has_readers() && seen.insert(state) => {
                assert!(seen.len() < STATES_MAX, "{}: too many states", variant.name);
                path.push(Frame { state, next: 0 });
            }
            Some(Next::At(_)) => {}
            Some(Next::Done | Next::Stale) => {
                violation = Some(tell(variant, &path));
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

/// Plays the path again and writes down what happens.
fn tell(variant: &Variant, path: &[Frame]) -> Vec<String> {
    let mut story = Story::told();
    for frame in path {
        // The step that was taken is the one before the next.
        let (mover, choice) = step_of(frame.next - 1);
        let _same_as_before = frame.state.step(variant, mover, choice, &mut story);
    }
    story.sentences()
}

/// One line for each variant, which the test harness does not hold back.
fn report(variant: &Variant, explored: &Explored) {
    let verdict = if explored.violation.is_some() { "stale" } else { "holds" };
    let seconds = explored.took.as_secs_f64();
    let line = format!("{verdict} {:9} states {seconds:6.1} s  {}\n", explored.states, variant.name);
    std::io::stderr().write_all(line.as_bytes()).expect("a line can be written");
}

/// A hash that is quick without optimisation: states are small and nobody chooses them to collide.
#[derive(Default)]
struct QuickHasher(u64);

impl QuickHasher {
    fn add(&mut self, word: u64) {
        // An odd number without a pattern, as in Knuth's multiplicative hashing.
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Hasher for QuickHasher {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let word = chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.add(word);
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.add(u64::from(value));
    }

    fn write_isize(&mut self, value: isize) {
        // Which of an enum's variants it is.
        self.add(u64::try_from(value).unwrap_or(u64::MAX));
    }
}
