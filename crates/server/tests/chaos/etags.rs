//! The lists that an ETag stands for: a 304 claims that its list is the current one.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

/// How many lists are remembered; a read names one of them at most.
const REMEMBERED_MAX: usize = 1_000;

/// The newest lists by their ETags.
#[derive(Default)]
pub struct Etags {
    known: RefCell<Known>,
}

#[derive(Default)]
struct Known {
    lists: HashMap<String, Remembered>,
    /// From the oldest to the newest.
    order: VecDeque<String>,
}

#[derive(Clone, Copy)]
struct Remembered {
    newest: u64,
    body_digest: u64,
}

impl Etags {
    /// The newest reference of a list that was examined before, byte for byte; `None` is a list that was not.
    ///
    /// # Errors
    /// When the same strong ETag came with other bytes.
    pub fn examined(&self, etag: &str, body: &[u8]) -> Result<Option<u64>, String> {
        match self.known.borrow().lists.get(etag) {
            None => Ok(None),
            Some(known) if known.body_digest == digest(body) => Ok(Some(known.newest)),
            Some(_) => Err(format!("the ETag {etag} has stood for other bytes before")),
        }
    }

    /// Remembers a list that was examined.
    pub fn remember(&self, etag: &str, body: &[u8], newest: u64) {
        let known = &mut *self.known.borrow_mut();
        let list = Remembered { newest, body_digest: digest(body) };
        if known.lists.insert(etag.to_owned(), list).is_none() {
            known.order.push_back(etag.to_owned());
        }
        if known.order.len() > REMEMBERED_MAX
            && let Some(oldest) = known.order.pop_front()
        {
            known.lists.remove(&oldest);
        }
    }

    /// The ETag of the list that came `age` lists before the newest one, with that list's newest reference.
    pub fn recent(&self, age: usize) -> Option<(String, u64)> {
        let known = self.known.borrow();
        let etag = known.order.iter().rev().nth(age)?;
        Some((etag.clone(), known.lists.get(etag)?.newest))
    }
}

fn digest(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::Etags;

    #[test]
    fn an_etag_stands_for_the_same_bytes_always() {
        let etags = Etags::default();
        assert_eq!(etags.examined("\"1\"", b"[]"), Ok(None));
        etags.remember("\"1\"", b"[]", 0);
        assert_eq!(etags.examined("\"1\"", b"[]"), Ok(Some(0)));
        assert!(etags.examined("\"1\"", b"[1]").is_err());
        etags.remember("\"2\"", b"[1]", 1);
        assert_eq!(etags.recent(0), Some(("\"2\"".to_owned(), 1)));
        assert_eq!(etags.recent(1), Some(("\"1\"".to_owned(), 0)));
        assert_eq!(etags.recent(2), None);
    }
}
