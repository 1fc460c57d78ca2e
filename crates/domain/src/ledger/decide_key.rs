//! Deciding commands that change API keys.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::decide::Decider;
use super::key_command::KEY_LIFETIME_DAYS_MAX;
use super::{
    Event, KeyChange, KeyCommand, KeyEffect, KeyOutcome, KeyRotation, NewKey, Origin, Rejection, Subject,
};
use crate::access::{KeyId, KeyRecord, StoredSecret};
use crate::field::{FieldError, ValidationCode};

/// The transition of a key to its next state.
struct KeyTransition {
    effect: KeyEffect,
    before: Option<KeyRecord>,
    after: KeyRecord,
    change: KeyChange,
}

/// A key in the audit log, without its secrets.
#[derive(Serialize)]
struct AuditedKey {
    id: String,
    name: String,
    scopes: String,
    created_by: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl Decider<'_> {
    /// Decides a command that changes a key.
    pub(super) fn decide_key(
        &mut self,
        command: &KeyCommand,
        origin: &Origin,
    ) -> Result<KeyOutcome, Rejection> {
        // Another instance may admit an open request until its table of keys has the first key.
        if self.changes.head.access_seq != 0 && origin.is_trusted_without_keys_only() {
            return Err(Rejection::KeyRequired);
        }
        let transition = match command {
            KeyCommand::Create(key) => self.create_key(key, origin)?,
            KeyCommand::Rotate(rotation) => self.rotate_key(rotation)?,
            KeyCommand::Revoke(id) => self.revoke_key(*id)?,
        };
        let KeyTransition { effect, before, after, change } = transition;
        let subject = Subject::Key(after.id);
        let before = before.as_ref().map(AuditedKey::from);
        self.audit(effect.audit_action(), subject, before.as_ref(), &AuditedKey::from(&after), None, origin);
        let now = self.context.now;
        self.changes.head.event_seq += 1;
        self.changes.events.push(Event::of_key(self.changes.head.event_seq, effect, after.id, now));
        self.changes.head.access_seq += 1;
        self.changes.keys.push(change);
        self.facts.keys.insert(after.id, after.clone());
        Ok(KeyOutcome { effect, key: after })
    }

    fn create_key(&self, key: &NewKey, origin: &Origin) -> Result<KeyTransition, Rejection> {
        if self.facts.keys.contains_key(&key.id) {
            return Err(Rejection::KeyExists(key.id));
        }
        let now = self.context.now;
        let latest = now + TimeDelta::days(i64::from(KEY_LIFETIME_DAYS_MAX));
        if key.expires_at.is_some_and(|expires_at| expires_at <= now || expires_at > latest) {
            let detail = format!("use a time in the future, at most {KEY_LIFETIME_DAYS_MAX} days from now");
            let error = FieldError::new("expires_at", ValidationCode::NotATime, detail);
            return Err(Rejection::Invalid(vec![error]));
        }
        let after = KeyRecord {
            id: key.id,
            name: key.name.as_str().into(),
            scopes: key.scopes.clone(),
            created_by: origin.actor.clone(),
            created_at: now,
            expires_at: key.expires_at,
            revoked_at: None,
        };
        let secret = StoredSecret { key_id: key.id, digest: key.digest, expires_at: None };
        let change = KeyChange::Created { record: after.clone(), secret };
        Ok(KeyTransition { effect: KeyEffect::Created, before: None, after, change })
    }

    fn rotate_key(&self, rotation: &KeyRotation) -> Result<KeyTransition, Rejection> {
        let key = self.find_key(rotation.id)?.clone();
        let now = self.context.now;
        if key.expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(Rejection::KeyExpired(key.id));
        }
        let secret = StoredSecret { key_id: key.id, digest: rotation.digest, expires_at: None };
        let change = KeyChange::Rotated { secret, earlier_expire_at: now + rotation.overlap };
        Ok(KeyTransition { effect: KeyEffect::Rotated, before: Some(key.clone()), after: key, change })
    }

    fn revoke_key(&self, id: KeyId) -> Result<KeyTransition, Rejection> {
        let before = self.find_key(id)?.clone();
        let revoked_at = self.context.now;
        let after = KeyRecord { revoked_at: Some(revoked_at), ..before.clone() };
        let change = KeyChange::Revoked { id, revoked_at };
        Ok(KeyTransition { effect: KeyEffect::Revoked, before: Some(before), after, change })
    }

    /// Finds a key that is not revoked.
    fn find_key(&self, id: KeyId) -> Result<&KeyRecord, Rejection> {
        let key = self.facts.keys.get(&id).ok_or(Rejection::KeyNotFound(id))?;
        if key.revoked_at.is_some() { Err(Rejection::KeyRevoked(id)) } else { Ok(key) }
    }
}

impl From<&KeyRecord> for AuditedKey {
    fn from(key: &KeyRecord) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name.to_string(),
            scopes: key.scopes.to_string(),
            created_by: key.created_by.clone(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
        }
    }
}
