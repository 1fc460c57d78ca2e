//! Checks whether events reach Redis and mail reaches payers, or stand still.

use anyhow::{Result, bail};
use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::ports::{EventsAfter, MailQueue, Outbox, RelayLease};
use hermes_repository::{Database, SqlMailQueue, SqlOutbox};

use super::Finding;
use crate::compose;
use crate::config::{Configuration, Settings};

/// The age from which an event that is not handled, or a message that is due, is reported. It covers a restart of Hermes
/// and of Redis.
const DELAY_MAX: TimeDelta = TimeDelta::minutes(10);
/// The age from which a message that the mail server postpones is reported. Servers that postpone unknown senders expect
/// some minutes.
const POSTPONED_MAX: TimeDelta = TimeDelta::hours(1);
/// The time in which every waiting message is due: longer than each delay between attempts.
const EVERY_MESSAGE: TimeDelta = TimeDelta::days(1);

const READ_ACTION: &str =
    "check the log of the database server, and the rights of this user in docs/grants.sql";
const EVENTS_ACTION: &str = "start a portal with this REDIS_URL, or find in the log of the running ones why Redis does not accept the events";
const MAIL_ACTION: &str =
    "check the settings of mail and that the mail server accepts them; Hermes retries by itself";
const SENDER_ACTION: &str =
    "start a portal with these settings of mail, or find in the log of the running ones why messages wait";
const POSTPONED_ACTION: &str =
    "find the reply of the mail server in the log, and let its administrator accept the sender";

/// What was found, and what stands still with its remedy.
type Delivery = (String, Option<(String, &'static str)>);

/// Checks whether the events reach Redis.
pub(super) async fn check_events(settings: &Settings, database: &Database) -> Finding {
    finding("events", describe_events(settings, database).await, READ_ACTION)
}

/// Checks the mail server and the queue of messages.
pub(super) async fn check_mail(configuration: &Configuration, database: &Database) -> Finding {
    finding("mail", describe_mail(configuration, database).await, MAIL_ACTION)
}

fn finding(code: &'static str, described: Result<Delivery>, action: &str) -> Finding {
    match described {
        Ok((found, None)) => Finding::ok(code, found),
        Ok((found, Some((delay, action)))) => Finding::warning(code, format!("{found}; {delay}"), action),
        Err(error) => Finding::error(code, &error, action),
    }
}

async fn describe_events(settings: &Settings, database: &Database) -> Result<Delivery> {
    let outbox = SqlOutbox::new(database);
    let (newest, relay) = (outbox.newest_event().await?, outbox.relay_status().await?);
    let publisher = match relay.holder {
        Some(_) => "an instance publishes them to Redis",
        None => "no instance publishes them to Redis now",
    };
    let published = relay.published_seq;
    let found = format!("{newest} in total; {publisher}; published up to {published}");
    if !settings.has_redis() {
        return Ok((found, None));
    }
    let delayed = delayed_since(&outbox, published, newest).await?;
    let delay = delayed.map(|since| format!("the next one waits since {}", minute(since)));
    Ok((found, delay.map(|delay| (delay, EVENTS_ACTION))))
}

async fn describe_mail(configuration: &Configuration, database: &Database) -> Result<Delivery> {
    if !configuration.settings.mail.is_on() {
        return Ok(("not configured: payers get no mail".to_owned(), None));
    }
    compose::mail::check(configuration).await?;
    let queue = SqlMailQueue::new(database);
    let status = queue.mail_status().await?;
    if let Some(outage) = status.outage {
        bail!("{} messages wait since {}: {}", status.waiting, minute(outage.since), outage.error);
    }
    let found = match status.oldest_waiting {
        None => "the mail server responds, and no message waits".to_owned(),
        Some(oldest) => format!(
            "the mail server responds; {} messages wait, the oldest since {}",
            status.waiting,
            minute(oldest)
        ),
    };
    Ok((found, mail_delay(&queue, &SqlOutbox::new(database)).await?))
}

/// Returns why mail stands still, if it does. A message that waits for the hourly limit of its address is not delayed.
async fn mail_delay(queue: &SqlMailQueue, outbox: &SqlOutbox) -> Result<Option<(String, &'static str)>> {
    let (newest, cursor, now) =
        (outbox.newest_event().await?, queue.relay_status().await?.published_seq, Utc::now());
    // A negative cursor means that no portal has run with mail yet, which begins with the changes after its start.
    if cursor >= 0
        && let Some(since) = delayed_since(outbox, cursor, newest).await?
    {
        return Ok(Some((
            format!("no message exists about the events since {}", minute(since)),
            SENDER_ACTION,
        )));
    }
    if let Some(due) = queue.next_message(now - DELAY_MAX).await? {
        let delay =
            format!("a message about {} is due since {}", due.reference, minute(due.event.occurred_at));
        return Ok(Some((delay, SENDER_ACTION)));
    }
    let oldest = queue.next_message(now + EVERY_MESSAGE).await?;
    let postponed =
        oldest.filter(|oldest| oldest.attempts > 0 && oldest.event.occurred_at < now - POSTPONED_MAX);
    Ok(postponed.map(|postponed| {
        let delay = format!(
            "the mail server has postponed a message about {} {} times",
            postponed.reference, postponed.attempts
        );
        (delay, POSTPONED_ACTION)
    }))
}

/// Returns the time of the first event after `seq`, if that event is older than [`DELAY_MAX`].
async fn delayed_since(outbox: &SqlOutbox, seq: i64, newest: i64) -> Result<Option<DateTime<Utc>>> {
    if seq >= newest {
        return Ok(None);
    }
    let events = match outbox.events_after(Some(seq), 1).await? {
        EventsAfter::Events(events) => events,
        // The outbox no longer has the next event, so the oldest one that it has is later.
        EventsAfter::OutOfRange { oldest, .. } => match outbox.events_after(Some(oldest - 1), 1).await? {
            EventsAfter::Events(events) => events,
            EventsAfter::OutOfRange { .. } => Vec::new(),
        },
    };
    let first = events.first().map(|event| event.occurred_at);
    Ok(first.filter(|occurred_at| *occurred_at < Utc::now() - DELAY_MAX))
}

fn minute(time: DateTime<Utc>) -> impl std::fmt::Display {
    time.format("%Y-%m-%d %H:%M UTC")
}
