//! What a read asks the database: the head as it is now.

use crate::facts::{Head, HeadQuestion, Instance, Snapshot, Tick, Version, Writes};
use crate::load::LoadKey;
use crate::process::{Next, Story};
use crate::read::{Read, Reading, Tier};
use crate::variant::Change;
use crate::world::World;

impl Reading<'_> {
    /// Has an answer confirmed by the head as it is now.
    pub fn confirm(
        &mut self,
        must: Writes,
        version: Version,
        snapshot: Snapshot,
        tier: Tier,
        question: HeadQuestion,
    ) -> Next<Read> {
        match question {
            HeadQuestion::Sent { requested_at } => match self.answer(requested_at) {
                Some(question) => Next::At(Read::Confirming { must, version, snapshot, tier, question }),
                None if self.variant.changes(Change::Unlabelled) => self.serve(must, snapshot),
                // It is served with a label, and claims nothing.
                None => Next::Done,
            },
            HeadQuestion::Answered { requested_at, head } => {
                self.hear(requested_at, head);
                if (self.variant.rules.is_same_head)(head.id(), snapshot.head.id()) {
                    self.tell("has its answer confirmed");
                    return self.serve_from(must, version, snapshot, tier);
                }
                self.refuse(must, version, tier)
            }
        }
    }

    /// Goes on without an answer.
    pub fn refuse(&mut self, must: Writes, version: Version, tier: Tier) -> Next<Read> {
        self.tell("cannot use that answer");
        match tier {
            Tier::L1 => Next::At(Read::Fetching { must, version }),
            Tier::L2 => Next::At(Read::Missed { must, version }),
            Tier::Joined => self.ask_head(must, Some(version)),
        }
    }

    pub fn ask_head(&mut self, must: Writes, version: Option<Version>) -> Next<Read> {
        let question = HeadQuestion::Sent { requested_at: self.world.now };
        Next::At(Read::AskingHead { must, version, question })
    }

    /// Looks into L1 by the head that was asked for, or loads at it.
    pub fn hear_head(
        &mut self,
        must: Writes,
        version: Option<Version>,
        question: HeadQuestion,
    ) -> Next<Read> {
        match question {
            HeadQuestion::Sent { requested_at } => match self.answer(requested_at) {
                Some(question) => Next::At(Read::AskingHead { must, version, question }),
                // The read fails.
                None => Next::Done,
            },
            HeadQuestion::Answered { requested_at, head } => {
                self.hear(requested_at, head);
                match (version, self.world.place(self.instance).kept) {
                    (None, Some(kept))
                        if (self.variant.rules.is_same_head)(head.id(), kept.snapshot.head.id()) =>
                    {
                        self.tell("finds the answer of that head in L1");
                        self.serve(must, kept.snapshot)
                    }
                    _ => self.load(must, LoadKey::Head(head), version, "loads at its head"),
                }
            }
        }
    }

    fn answer(&mut self, requested_at: Tick) -> Option<HeadQuestion> {
        answer(self.world, self.instance, requested_at, self.story)
    }

    fn hear(&mut self, requested_at: Tick, head: Head) {
        self.world.take_word(self.variant, self.instance, requested_at, head);
        self.story.tell(|| format!("instance {} hears {head:?}, asked at {requested_at}", self.instance));
    }
}

/// The database reads its head for an instance, if it is reached.
pub fn answer(
    world: &mut World,
    instance: Instance,
    requested_at: Tick,
    story: &mut Story,
) -> Option<HeadQuestion> {
    if !world.place(instance).reaches_database {
        story.tell(|| format!("the database does not answer instance {instance}"));
        return None;
    }
    let head = world.database.snapshot().head;
    story.tell(|| format!("the database tells instance {instance} {head:?}"));
    Some(HeadQuestion::Answered { requested_at, head })
}
