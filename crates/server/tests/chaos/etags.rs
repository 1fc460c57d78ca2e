//! The lists of earlier responses by ETag: a 304 claims that the list of its ETag is current.

use std::cell::RefCell;
use std::collections::VecDeque;

/// More lists than any reader refers to.
const MAX_LISTS: usize = 100;

/// The most recent lists, newest first.
#[derive(Default)]
pub struct Etags(RefCell<VecDeque<CheckedList>>);

struct CheckedList {
    etag: String,
    newest: u64,
    body: Vec<u8>,
}

impl Etags {
    /// Returns the newest reference of a list that was checked before, or `None` if the list is new.
    ///
    /// # Errors
    /// If the same ETag came with other bytes before.
    pub fn newest_if_checked(&self, etag: &str, body: &[u8]) -> Result<Option<u64>, String> {
        match self.0.borrow().iter().find(|list| list.etag == etag) {
            None => Ok(None),
            Some(list) if list.body == body => Ok(Some(list.newest)),
            Some(_) => Err(format!("the ETag {etag} came with other bytes before")),
        }
    }

    /// Stores a checked list.
    pub fn insert(&self, etag: &str, body: &[u8], newest: u64) {
        let mut lists = self.0.borrow_mut();
        lists.push_front(CheckedList { etag: etag.to_owned(), newest, body: body.to_vec() });
        lists.truncate(MAX_LISTS);
    }

    /// Returns the ETag and the newest reference of the list that is `age` lists older than the latest.
    pub fn recent(&self, age: usize) -> Option<(String, u64)> {
        self.0.borrow().get(age).map(|list| (list.etag.clone(), list.newest))
    }
}

#[test]
fn an_etag_with_other_bytes_is_an_error() {
    let etags = Etags::default();
    etags.insert("\"1\"", b"[]", 0);
    assert_eq!(etags.newest_if_checked("\"1\"", b"[]"), Ok(Some(0)));
    assert!(etags.newest_if_checked("\"1\"", b"[1]").is_err());
    assert_eq!(etags.newest_if_checked("\"2\"", b"[1]"), Ok(None));
}
