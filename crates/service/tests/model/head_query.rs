//! A query for the current ledger head.

use crate::environment::Environment;
use crate::load::LoadKey;
use crate::process::{Next, Trace};
use crate::read::{Read, ReadContext, Tier};
use crate::types::{Head, HeadQuery, Instance, Snapshot, Tick, Version, Writes};
use crate::variant::Change;

impl ReadContext<'_> {
    /// Verifies an entry against the current head.
    pub fn verify(
        &mut self,
        must: Writes,
        version: Version,
        snapshot: Snapshot,
        tier: Tier,
        query: HeadQuery,
    ) -> Next<Read> {
        match query {
            HeadQuery::Sent { requested_at } => match self.reply(requested_at) {
                Some(query) => Next::At(Read::Verifying { must, version, snapshot, tier, query }),
                None if self.variant.changes(Change::UnverifiedAsFresh) => self.serve(must, snapshot),
                // The response is unverified and promises nothing.
                None => Next::Done,
            },
            HeadQuery::Replied { requested_at, head } => {
                self.record_head(requested_at, head);
                if (self.variant.rules.is_same_head)(head.id(), snapshot.head.id()) {
                    self.trace_step("has its entry verified");
                    return self.serve_from(must, version, snapshot, tier);
                }
                self.reject(must, version, tier)
            }
        }
    }

    /// Continues without the entry.
    pub fn reject(&mut self, must: Writes, version: Version, tier: Tier) -> Next<Read> {
        self.trace_step("cannot use that entry");
        match tier {
            Tier::L1 => Next::At(Read::GettingL2 { must, version }),
            Tier::L2 => Next::At(Read::Missed { must, version }),
            Tier::Joined => self.query_head(must, Some(version)),
        }
    }

    pub fn query_head(&mut self, must: Writes, version: Option<Version>) -> Next<Read> {
        let query = HeadQuery::Sent { requested_at: self.environment.now };
        Next::At(Read::QueryingHead { must, version, query })
    }

    /// Looks into L1 with the current head, or loads at that head.
    pub fn receive_head(&mut self, must: Writes, version: Option<Version>, query: HeadQuery) -> Next<Read> {
        match query {
            HeadQuery::Sent { requested_at } => match self.reply(requested_at) {
                Some(query) => Next::At(Read::QueryingHead { must, version, query }),
                // The read fails.
                None => Next::Done,
            },
            HeadQuery::Replied { requested_at, head } => {
                self.record_head(requested_at, head);
                match (version, self.environment.instance_mut(self.instance).l1) {
                    (None, Some(l1))
                        if (self.variant.rules.is_same_head)(head.id(), l1.snapshot.head.id()) =>
                    {
                        self.trace_step("finds the entry of that head in L1");
                        self.serve(must, l1.snapshot)
                    }
                    _ => self.load(must, LoadKey::Head(head), version, "loads at its head"),
                }
            }
        }
    }

    fn reply(&mut self, requested_at: Tick) -> Option<HeadQuery> {
        reply(self.environment, self.instance, requested_at, self.trace)
    }

    fn record_head(&mut self, requested_at: Tick, head: Head) {
        self.environment.record_observation(self.variant, self.instance, requested_at, head);
        self.trace
            .add(|| format!("instance {} receives {head:?}, requested at {requested_at}", self.instance));
    }
}

/// Lets the database reply with its head, if the instance can reach it.
pub fn reply(
    environment: &mut Environment,
    instance: Instance,
    requested_at: Tick,
    trace: &mut Trace,
) -> Option<HeadQuery> {
    if !environment.instance_mut(instance).reaches_database {
        trace.add(|| format!("the database does not reply to instance {instance}"));
        return None;
    }
    let head = environment.database.snapshot().head;
    trace.add(|| format!("the database replies to instance {instance}: {head:?}"));
    Some(HeadQuery::Replied { requested_at, head })
}
