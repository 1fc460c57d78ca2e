//! The totals of each currency.

use hermes_domain::ledger::Totals;
use hermes_domain::money::Currency;
use hermes_domain::ports::{LedgerStore, PaymentReader};

use crate::ledger::TestLedger;
use crate::{batches, bookings, on_each_database, updates};

on_each_database! {
    async fn totals_change_with_every_batch(ledger: &TestLedger) {
        let dollars = batches::book(ledger, vec![bookings::number(1), bookings::number(2)]).await;
        let dinars = batches::book_one(ledger, bookings::with_everything()).await;
        batches::execute(ledger, &[updates::cancellation(&dollars[0])]).await;

        let totals = ledger.reader.totals().await.unwrap();

        assert_eq!(totals.head.seq, 3);
        let expected = [
            Totals::empty(dinars.amount.currency()).after_change(None, &dinars).unwrap(),
            Totals {
                payments: 2,
                passed: 2,
                cancelled: 1,
                outstanding_minor: 52_500,
                ..Totals::empty(Currency::USD)
            },
        ];
        assert_eq!(totals.value, expected);
    }

    async fn only_the_requested_totals_are_loaded(ledger: &TestLedger) {
        batches::book(ledger, vec![bookings::number(1), bookings::with_everything()]).await;
        let mut transaction = ledger.store.begin().await.unwrap();
        let requested = ["JPY", "KWD", "EUR"].map(|code| code.parse::<Currency>().unwrap());
        let found = transaction.find_totals(&requested).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].currency, requested[1]);
        assert!(transaction.find_totals(&[]).await.unwrap().is_empty());
    }
}
