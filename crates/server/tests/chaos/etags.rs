//! The lists of earlier responses by ETag: a 304 claims that the list of its ETag is current.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

/// More lists than any reader refers to.
const MAX_LISTS: usize = 1_000;

/// The most recent lists.
#[derive(Default)]
pub struct Etags(RefCell<Lists>);

#[derive(Default)]
struct Lists {
    by_etag: HashMap<String, CheckedList>,
    /// The ETags, oldest first.
    order: VecDeque<String>,
}

#[derive(Clone, Copy)]
struct CheckedList {
    newest: u64,
    body_digest: u64,
}

impl Etags {
    /// Returns the newest reference of a list that was checked before, or `None` if the list is new.
    ///
    /// # Errors
    /// If the same ETag came with other bytes before.
    pub fn newest_if_checked(&self, etag: &str, body: &[u8]) -> Result<Option<u64>, String> {
        match self.0.borrow().by_etag.get(etag) {
            None => Ok(None),
            Some(list) if list.body_digest == digest(body) => Ok(Some(list.newest)),
            Some(_) => Err(format!("the ETag {etag} came with other bytes before")),
        }
    }

    /// Stores a checked list.
    pub fn insert(&self, etag: &str, body: &[u8], newest: u64) {
        let lists = &mut *self.0.borrow_mut();
        let list = CheckedList { newest, body_digest: digest(body) };
        if lists.by_etag.insert(etag.to_owned(), list).is_none() {
            lists.order.push_back(etag.to_owned());
        }
        if lists.order.len() > MAX_LISTS
            && let Some(oldest) = lists.order.pop_front()
        {
            lists.by_etag.remove(&oldest);
        }
    }

    /// Returns the ETag and the newest reference of the list that is `age` lists older than the latest.
    pub fn recent(&self, age: usize) -> Option<(String, u64)> {
        let lists = self.0.borrow();
        let etag = lists.order.iter().rev().nth(age)?;
        Some((etag.clone(), lists.by_etag.get(etag)?.newest))
    }
}

fn digest(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn an_etag_with_other_bytes_is_an_error() {
    let etags = Etags::default();
    assert_eq!(etags.newest_if_checked("\"1\"", b"[]"), Ok(None));
    etags.insert("\"1\"", b"[]", 0);
    assert_eq!(etags.newest_if_checked("\"1\"", b"[]"), Ok(Some(0)));
    assert!(etags.newest_if_checked("\"1\"", b"[1]").is_err());
    etags.insert("\"2\"", b"[1]", 1);
    assert_eq!(etags.recent(0), Some(("\"2\"".to_owned(), 1)));
    assert_eq!(etags.recent(1), Some(("\"1\"".to_owned(), 0)));
    assert_eq!(etags.recent(2), None);
}
