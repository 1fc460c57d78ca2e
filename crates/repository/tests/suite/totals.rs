//! The sums.

use hermes_domain::ledger::Totals;
use hermes_domain::money::Currency;
use hermes_domain::ports::{LedgerStore, PaymentReader};

use crate::ledger::TestLedger;
use crate::{altering, lane, on_each_database, payers};

on_each_database! {
    async fn sums_move_with_every_batch(ledger: &TestLedger) {
        let dollars = lane::book(ledger, vec![payers::number(1), payers::number(2)]).await;
        let dinars = lane::book_one(ledger, payers::with_everything()).await;
        lane::carry_out(ledger, &[altering::cancellation(&dollars[0])]).await;

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

    async fn only_the_sums_asked_for_are_found(ledger: &TestLedger) {
        lane::book(ledger, vec![payers::number(1), payers::with_everything()]).await;
        let mut transaction = ledger.store.begin().await.unwrap();
        let asked = ["JPY", "KWD", "EUR"].map(|code| code.parse::<Currency>().unwrap());
        let found = transaction.find_totals(&asked).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].currency, asked[1]);
        assert!(transaction.find_totals(&[]).await.unwrap().is_empty());
    }
}
