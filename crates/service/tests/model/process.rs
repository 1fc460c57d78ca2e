//! Everything that makes steps, and the state of all of it.

use crate::facts::{HeadQuestion, Instance, Snapshot, Tick};
use crate::load::{Brought, Flight};
use crate::read::{Read, Reading};
use crate::variant::{Change, Fault, Variant};
use crate::world::{FLIGHTS, World};
use crate::write::{Write, Writing};
use crate::{ask, faults};

/// The most processes of a variant.
const PROCESSES: usize = 8;
/// Who can make a step: the processes, and the loads.
pub const MOVERS: usize = PROCESSES + FLIGHTS;
/// The most ways in which a step can go.
pub const CHOICES: u8 = 3;

/// A state of everything. Processes and loads are in order, so that twins do not count twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    world: World,
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
    /// A question for the head ahead of the reads that will need it.
    Renewal {
        instance: Instance,
        question: Option<HeadQuestion>,
    },
    Fault {
        fault: Fault,
        has_begun: bool,
    },
    Clock {
        left: Tick,
    },
    Gone,
}

/// What comes after a step.
pub enum Next<T> {
    At(T),
    Done,
    /// A read was served without a write that was acknowledged before it arrived.
    Stale,
}

/// What happens, in words, if anybody wants to hear it.
pub struct Story(Option<Vec<String>>);

impl Story {
    pub fn untold() -> Self {
        Self(None)
    }

    pub fn told() -> Self {
        Self(Some(Vec::new()))
    }

    pub fn tell(&mut self, sentence: impl FnOnce() -> String) {
        if let Self(Some(sentences)) = self {
            sentences.push(sentence());
        }
    }

    pub fn sentences(self) -> Vec<String> {
        self.0.unwrap_or_default()
    }
}

impl State {
    pub fn first(variant: &Variant) -> Self {
        let writes = (1_u8..).zip(variant.writers);
        let writes = writes.map(|(write, &instance)| Process::Write { write, instance, at: Write::Coming });
        let reads = variant.readers.iter().map(|&instance| Process::Read { instance, at: Read::Coming });
        let renewals = variant.renewals.iter().map(|&instance| Process::Renewal { instance, question: None });
        let faults = variant.faults.iter().map(|&fault| Process::Fault { fault, has_begun: false });
        let clock = (variant.ticks > 0).then_some(Process::Clock { left: variant.ticks });
        let mut processes = [Process::Gone; PROCESSES];
        let all = writes.chain(reads).chain(renewals).chain(faults).chain(clock).collect::<Vec<_>>();
        processes[..all.len()].copy_from_slice(&all);
        Self { world: World::new(variant), processes }.in_order()
    }

    /// Whether there is anybody left to whom something stale could be served.
    pub fn has_readers(&self) -> bool {
        self.processes.iter().any(|process| matches!(process, Process::Read { .. }))
    }

    /// Has one mover make one step in one of the ways it can go; `None` when there is no such step.
    pub fn step(
        mut self,
        variant: &Variant,
        mover: usize,
        choice: u8,
        story: &mut Story,
    ) -> Option<Next<Self>> {
        let is_fresh = match mover.checked_sub(PROCESSES) {
            Some(flight) if choice == 0 => self.fly(variant, flight, story)?,
            Some(_) => return None,
            None => self.act(variant, mover, choice, story)?,
        };
        Some(if is_fresh { Next::At(self.in_order()) } else { Next::Stale })
    }

    /// Whether everything that was served was fresh.
    fn act(&mut self, variant: &Variant, mover: usize, choice: u8, story: &mut Story) -> Option<bool> {
        let head_on_its_way = self.head_on_its_way(variant, mover);
        let world = &mut self.world;
        let process = self.processes[mover];
        let next = match process {
            Process::Write { write, instance, at } => {
                let writing = Writing { variant, world, story, write, instance };
                writing.step(at, choice)?.map(|at| Process::Write { write, instance, at })
            }
            _ if choice > 0 && !matches!(process, Process::Fault { .. }) => return None,
            Process::Read { instance, at } => {
                let mut reading = Reading { variant, world, story, instance, head_on_its_way };
                reading.step(at)?.map(|at| Process::Read { instance, at })
            }
            Process::Renewal { instance, question } => renew(variant, world, instance, question, story)
                .map(|question| Process::Renewal { instance, question: Some(question) }),
            Process::Fault { fault, has_begun } => faults::strike(world, fault, has_begun, choice, story)?
                .map(|()| Process::Fault { fault, has_begun: true }),
            Process::Clock { left } => {
                world.now += 1;
                story.tell(|| format!("the clock says {}", world.now));
                if left > 1 { Next::At(Process::Clock { left: left - 1 }) } else { Next::Done }
            }
            Process::Gone => return None,
        };
        let (next, is_fresh) = next.unpack();
        self.processes[mover] = next;
        Some(is_fresh)
    }

    fn fly(&mut self, variant: &Variant, flight: usize, story: &mut Story) -> Option<bool> {
        let (flight, brought) = self.world.fly(variant, flight, story)?;
        match brought {
            Brought::Nothing => Some(true),
            Brought::Answer(snapshot) => Some(self.land(variant, flight, Some(snapshot), story)),
            Brought::Failure => Some(self.land(variant, flight, None, story)),
        }
    }

    /// Lets those go who wait for a load.
    fn land(
        &mut self,
        variant: &Variant,
        flight: Flight,
        snapshot: Option<Snapshot>,
        story: &mut Story,
    ) -> bool {
        let mut all_fresh = true;
        for process in &mut self.processes {
            let Process::Read { instance, at } = *process else { continue };
            let Read::Loading { key, .. } = at else { continue };
            if instance != flight.instance || key != flight.key {
                continue;
            }
            let world = &mut self.world;
            let mut reading = Reading { variant, world, story, instance, head_on_its_way: None };
            let next = snapshot.map_or(Next::Done, |snapshot| reading.land(at, snapshot));
            let (next, is_fresh) = next.map(|at| Process::Read { instance, at }).unpack();
            *process = next;
            all_fresh &= is_fresh;
        }
        all_fresh
    }

    fn head_on_its_way(&self, variant: &Variant, mover: usize) -> Option<HeadQuestion> {
        if !variant.changes(Change::HeadOfBefore) {
            return None;
        }
        let Process::Read { instance: here, .. } = self.processes[mover] else { return None };
        self.processes.iter().find_map(|process| match *process {
            Process::Renewal { instance, question } if instance == here => {
                question.filter(|question| matches!(question, HeadQuestion::Answered { .. }))
            }
            _ => None,
        })
    }

    fn in_order(mut self) -> Self {
        self.processes.sort_unstable();
        self.world.flights.sort_unstable();
        self
    }
}

fn renew(
    variant: &Variant,
    world: &mut World,
    instance: Instance,
    question: Option<HeadQuestion>,
    story: &mut Story,
) -> Next<HeadQuestion> {
    match question {
        None => Next::At(HeadQuestion::Sent { requested_at: world.now }),
        Some(HeadQuestion::Sent { requested_at }) => {
            ask::answer(world, instance, requested_at, story).map_or(Next::Done, Next::At)
        }
        Some(HeadQuestion::Answered { requested_at, head }) => {
            world.take_word(variant, instance, requested_at, head);
            story.tell(|| format!("instance {instance} hears {head:?}, asked at {requested_at}"));
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
            Self::Done => (Process::Gone, true),
            Self::Stale => (Process::Gone, false),
        }
    }
}
