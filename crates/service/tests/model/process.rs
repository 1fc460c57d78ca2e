//! The state of the model, and every process that changes it.

use crate::environment::{Environment, MAX_LOADS};
use crate::load::{Load, LoadStep};
use crate::read::{Read, ReadContext};
use crate::types::{HeadQuery, Instance, Snapshot, Tick};
use crate::variant::{Change, Fault, Variant};
use crate::write::{Write, WriteContext};
use crate::{faults, head_query};

/// The maximum number of processes of a variant.
const PROCESSES: usize = 8;
/// The processes and loads that can make a step.
pub const MOVERS: usize = PROCESSES + MAX_LOADS;
/// The maximum number of outcomes of a step.
pub const CHOICES: u8 = 3;

/// A state of the model. Processes and loads are sorted, so equal ones count once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    environment: Environment,
    processes: [Process; PROCESSES],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Process {
    Write {
        write: u8,
        instance: Instance,
        at: Write,
    },
    Read {
        instance: Instance,
        at: Read,
    },
    /// A head query that no read has requested yet.
    Refresh {
        instance: Instance,
        query: Option<HeadQuery>,
    },
    Fault {
        fault: Fault,
        has_begun: bool,
    },
    Clock {
        left: Tick,
    },
    Ended,
}

/// The result of a step.
pub enum Next<T> {
    At(T),
    Done,
    /// A response lacks a write that was acknowledged before the read arrived.
    Stale,
}

/// Records the steps of a history, if enabled.
pub struct Trace(Option<Vec<String>>);

impl Trace {
    pub fn disabled() -> Self {
        Self(None)
    }

    pub fn enabled() -> Self {
        Self(Some(Vec::new()))
    }

    pub fn add(&mut self, line: impl FnOnce() -> String) {
        if let Self(Some(lines)) = self {
            lines.push(line());
        }
    }

    pub fn lines(self) -> Vec<String> {
        self.0.unwrap_or_default()
    }
}

impl State {
    pub fn first(variant: &Variant) -> Self {
        let writes = (1_u8..).zip(variant.writers);
        let writes =
            writes.map(|(write, &instance)| Process::Write { write, instance, at: Write::NotStarted });
        let reads = variant.readers.iter().map(|&instance| Process::Read { instance, at: Read::NotStarted });
        let refreshes = variant.refreshes.iter().map(|&instance| Process::Refresh { instance, query: None });
        let faults = variant.faults.iter().map(|&fault| Process::Fault { fault, has_begun: false });
        let clock = (variant.ticks > 0).then_some(Process::Clock { left: variant.ticks });
        let mut processes = [Process::Ended; PROCESSES];
        let all = writes.chain(reads).chain(refreshes).chain(faults).chain(clock).collect::<Vec<_>>();
        processes[..all.len()].copy_from_slice(&all);
        Self { environment: Environment::new(variant), processes }.in_order()
    }

    /// Whether a response can still be stale.
    pub fn has_readers(&self) -> bool {
        self.processes.iter().any(|process| matches!(process, Process::Read { .. }))
    }

    /// Makes one step with one of its outcomes. Returns `None` if there is no such step.
    pub fn step(
        mut self,
        variant: &Variant,
        mover: usize,
        choice: u8,
        trace: &mut Trace,
    ) -> Option<Next<Self>> {
        let is_fresh = match mover.checked_sub(PROCESSES) {
            Some(load) if choice == 0 => self.step_load(variant, load, trace)?,
            Some(_) => return None,
            None => self.act(variant, mover, choice, trace)?,
        };
        Some(if is_fresh { Next::At(self.in_order()) } else { Next::Stale })
    }

    /// Returns whether the step served no stale response.
    fn act(&mut self, variant: &Variant, mover: usize, choice: u8, trace: &mut Trace) -> Option<bool> {
        let head_in_flight = self.head_in_flight(variant, mover);
        let environment = &mut self.environment;
        let process = self.processes[mover];
        let next = match process {
            Process::Write { write, instance, at } => {
                let writing = WriteContext { variant, environment, trace, write, instance };
                writing.step(at, choice)?.map(|at| Process::Write { write, instance, at })
            }
            _ if choice > 0 && !matches!(process, Process::Fault { .. }) => return None,
            Process::Read { instance, at } => {
                let mut reading = ReadContext { variant, environment, trace, instance, head_in_flight };
                reading.step(at)?.map(|at| Process::Read { instance, at })
            }
            Process::Refresh { instance, query } => refresh(variant, environment, instance, query, trace)
                .map(|query| Process::Refresh { instance, query: Some(query) }),
            Process::Fault { fault, has_begun } => {
                faults::inject(environment, fault, has_begun, choice, trace)?
                    .map(|()| Process::Fault { fault, has_begun: true })
            }
            Process::Clock { left } => {
                environment.now += 1;
                trace.add(|| format!("the clock shows {}", environment.now));
                if left > 1 { Next::At(Process::Clock { left: left - 1 }) } else { Next::Done }
            }
            Process::Ended => return None,
        };
        let (next, is_fresh) = next.unpack();
        self.processes[mover] = next;
        Some(is_fresh)
    }

    fn step_load(&mut self, variant: &Variant, load: usize, trace: &mut Trace) -> Option<bool> {
        let (load, loaded) = self.environment.step_load(variant, load, trace)?;
        match loaded {
            LoadStep::Pending => Some(true),
            LoadStep::Loaded(snapshot) => Some(self.complete_load(variant, load, Some(snapshot), trace)),
            LoadStep::Failed => Some(self.complete_load(variant, load, None, trace)),
        }
    }

    /// Completes the reads that wait for a load.
    fn complete_load(
        &mut self,
        variant: &Variant,
        load: Load,
        snapshot: Option<Snapshot>,
        trace: &mut Trace,
    ) -> bool {
        let mut all_fresh = true;
        for process in &mut self.processes {
            let Process::Read { instance, at } = *process else { continue };
            let Read::Loading { key, .. } = at else { continue };
            if instance != load.instance || key != load.key {
                continue;
            }
            let environment = &mut self.environment;
            let mut reading = ReadContext { variant, environment, trace, instance, head_in_flight: None };
            let next = snapshot.map_or(Next::Done, |snapshot| reading.complete_load(at, snapshot));
            let (next, is_fresh) = next.map(|at| Process::Read { instance, at }).unpack();
            *process = next;
            all_fresh &= is_fresh;
        }
        all_fresh
    }

    fn head_in_flight(&self, variant: &Variant, mover: usize) -> Option<HeadQuery> {
        if !variant.changes(Change::EarlierHeadQuery) {
            return None;
        }
        let Process::Read { instance: here, .. } = self.processes[mover] else { return None };
        self.processes.iter().find_map(|process| match *process {
            Process::Refresh { instance, query } if instance == here => {
                query.filter(|query| matches!(query, HeadQuery::Replied { .. }))
            }
            _ => None,
        })
    }

    fn in_order(mut self) -> Self {
        self.processes.sort_unstable();
        self.environment.loads.sort_unstable();
        self
    }
}

fn refresh(
    variant: &Variant,
    environment: &mut Environment,
    instance: Instance,
    query: Option<HeadQuery>,
    trace: &mut Trace,
) -> Next<HeadQuery> {
    match query {
        None => Next::At(HeadQuery::Sent { requested_at: environment.now }),
        Some(HeadQuery::Sent { requested_at }) => {
            head_query::reply(environment, instance, requested_at, trace).map_or(Next::Done, Next::At)
        }
        Some(HeadQuery::Replied { requested_at, head }) => {
            environment.record_observation(variant, instance, requested_at, head);
            trace.add(|| format!("instance {instance} receives {head:?}, requested at {requested_at}"));
            Next::Done
        }
    }
}

impl<T> Next<T> {
    fn map<U>(self, make: impl FnOnce(T) -> U) -> Next<U> {
        match self {
            Self::At(at) => Next::At(make(at)),
            Self::Done => Next::Done,
            Self::Stale => Next::Stale,
        }
    }
}

impl Next<Process> {
    fn unpack(self) -> (Process, bool) {
        match self {
            Self::At(process) => (process, true),
            Self::Done => (Process::Ended, true),
            Self::Stale => (Process::Ended, false),
        }
    }
}
