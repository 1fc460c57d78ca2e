//! `hermes keys list`

use anyhow::Result;
use chrono::{DateTime, Utc};
use hermes_domain::access::KeyRecord;
use hermes_domain::ports::AccessStore;
use hermes_web::dto::KeyBody;

/// Returns the list of all keys, oldest first.
pub(super) async fn list(store: &dyn AccessStore, json: bool) -> Result<String> {
    let records = store.key_table().await?.records();
    let last_uses = store.last_uses().await?;
    let last_use = |record: &KeyRecord| last_uses.get(&record.id).copied();
    if json {
        let bodies: Vec<_> = records.iter().map(|record| KeyBody::new(record, last_use(record))).collect();
        return Ok(serde_json::to_string_pretty(&bodies)?);
    }
    if records.is_empty() {
        return Ok("there is no key; create one with `hermes keys create`".to_owned());
    }
    let now = Utc::now();
    let lines = records.iter().map(|record| {
        let last_use = last_use(record).map_or("never".to_owned(), |day| day.to_string());
        let (id, name, scopes, state) = (record.id, &record.name, &record.scopes, state(record, now));
        format!("{id}  {name}  {state}, last used: {last_use}, created by {}  [{scopes}]", record.created_by)
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

fn state(key: &KeyRecord, now: DateTime<Utc>) -> String {
    match (key.revoked_at, key.expires_at) {
        (Some(revoked_at), _) => format!("revoked on {}", revoked_at.date_naive()),
        (None, Some(expires_at)) if expires_at <= now => format!("expired on {}", expires_at.date_naive()),
        (None, Some(expires_at)) => format!("expires on {}", expires_at.date_naive()),
        (None, None) => "never expires".to_owned(),
    }
}
