//! The database as the list reads it: payers in the order they booked in.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use hermes_domain::ledger::{BatchToken, LedgerHead, Totals};
use hermes_domain::payment::{Payment, PaymentId, PaymentKey};
use hermes_domain::ports::{AtHead, AuditPage, ListPage, Page, PaymentFilter, PaymentReader, StoreError};
use uuid::Uuid;

use super::gate::Gate;
use super::payments::payment;
use super::rows::Rows;

/// A database whose head counts its payers.
#[derive(Default)]
pub struct FakeReader {
    payers: Mutex<Vec<String>>,
    /// Where the head waits to be read.
    pub head_gate: Gate,
    /// Where a head that was read waits to arrive.
    pub head_answer_gate: Gate,
    /// Where a list that was read waits to arrive.
    pub list_gate: Gate,
    pub away: AtomicBool,
    pub panics: AtomicBool,
    pub heads: Calls,
    pub lists: Calls,
}

/// How often something was called.
#[derive(Default)]
pub struct Calls {
    begun: AtomicUsize,
    ended: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
}

/// A call that is under way.
pub struct Call<'a>(&'a Calls);

impl FakeReader {
    /// Commits a booking; nobody has been told of it.
    pub fn book(&self, payer: &str) {
        self.payers.lock().unwrap().push(payer.to_owned());
    }

    /// Fails over to a copy that has only the first so many bookings.
    pub fn lose_all_after(&self, seq: usize) {
        self.payers.lock().unwrap().truncate(seq);
    }

    /// Somebody changes a row and leaves the head alone.
    pub fn rename_by_hand(&self, payer: &str, name: &str) {
        for known in self.payers.lock().unwrap().iter_mut().filter(|known| *known == payer) {
            *known = name.to_owned();
        }
    }

    /// The list of now.
    pub fn names(&self) -> String {
        self.payers.lock().unwrap().join(",")
    }

    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    pub fn panic_once(&self) {
        self.panics.store(true, Ordering::SeqCst);
    }

    async fn read_head(&self) -> Result<LedgerHead, StoreError> {
        self.head_gate.pass().await;
        self.check()?;
        let head = head_of(&self.payers.lock().unwrap());
        self.head_answer_gate.pass().await;
        Ok(head)
    }

    async fn read_list(&self, limit: usize) -> Result<AtHead<ListPage>, StoreError> {
        let payers = self.payers.lock().unwrap().clone();
        self.list_gate.pass().await;
        self.check()?;
        Ok(AtHead {
            head: head_of(&payers).id(),
            value: ListPage {
                payments: payers.iter().take(limit).map(|payer| payment(payer)).collect(),
                has_next: payers.len() > limit,
                has_prev: false,
            },
        })
    }

    fn check(&self) -> Result<(), StoreError> {
        assert!(!self.panics.swap(false, Ordering::SeqCst), "on purpose: the database's driver panics");
        if self.away.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("away".to_owned()));
        }
        Ok(())
    }
}

#[async_trait]
impl PaymentReader for FakeReader {
    async fn head(&self) -> Result<LedgerHead, StoreError> {
        let call = self.heads.begin();
        let head = self.read_head().await;
        call.end();
        head
    }

    async fn list(
        &self,
        filter: &PaymentFilter,
        page: Page,
        limit: u64,
    ) -> Result<AtHead<ListPage>, StoreError> {
        assert_eq!(page, Page::First);
        let call = self.lists.begin();
        let mut list = self.read_list(usize::try_from(limit).unwrap()).await;
        call.end();
        if let (Ok(list), Some(email)) = (&mut list, &filter.email) {
            list.value.payments.retain(|payment| payment.details.email == *email);
        }
        list
    }

    async fn find(&self, _key: &PaymentKey) -> Result<Option<Payment>, StoreError> {
        unreachable!("what is cached has a head")
    }

    /// By the number of its reference, in the order of booking.
    async fn find_at_head(&self, key: &PaymentKey) -> Result<AtHead<Option<Payment>>, StoreError> {
        let PaymentKey::Reference(reference) = key else { unreachable!("tests name references") };
        let index = usize::try_from(reference.number()).unwrap() - 1;
        let read = self.read_list(usize::MAX).await?;
        Ok(AtHead { head: read.head, value: read.value.payments.into_iter().nth(index) })
    }

    async fn totals(&self) -> Result<AtHead<Vec<Totals>>, StoreError> {
        let read = self.read_list(usize::MAX).await?;
        let payments = i64::try_from(read.value.payments.len()).unwrap();
        let totals = Totals { payments, ..Totals::empty(payment("nobody").amount.currency()) };
        Ok(AtHead { head: read.head, value: vec![totals] })
    }

    async fn audit_of(&self, _id: PaymentId, _after: i64, _limit: u64) -> Result<AuditPage, StoreError> {
        unreachable!("the list reads no audit log")
    }

    async fn audit_after(&self, _seq: i64, _limit: u64) -> Result<AuditPage, StoreError> {
        unreachable!("the list reads no audit log")
    }
}

/// The head after the bookings of these payers.
fn head_of(payers: &[String]) -> LedgerHead {
    LedgerHead {
        seq: i64::try_from(payers.len()).unwrap(),
        token: BatchToken(name_of(payers.last())),
        ..Rows::default().head
    }
}

/// The name of the batch that booked for a payer: another payer, another batch.
fn name_of(payer: Option<&String>) -> Uuid {
    payer.map_or(Uuid::nil(), |payer| {
        let bytes = payer.bytes().chain(std::iter::repeat(0)).take(16).collect::<Vec<_>>();
        Uuid::from_slice(&bytes).unwrap()
    })
}

impl Calls {
    pub fn begin(&self) -> Call<'_> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        Call(self)
    }

    /// How many there were, dropped ones included.
    pub fn count(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    /// How many were under way at once, at most.
    pub fn most_at_once(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    /// How many were dropped before they ended.
    pub fn dropped(&self) -> usize {
        self.count() - self.ended.load(Ordering::SeqCst) - self.now.load(Ordering::SeqCst)
    }
}

impl Call<'_> {
    /// It was not dropped on the way.
    pub fn end(self) {
        self.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}
