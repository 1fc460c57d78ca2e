//! Receipts, allocations and refunds on real databases.

use fastrand::Rng;
use hermes_domain::ledger::{
    Command, Erasure, ErasureScope, ReceiptCommand, ReceiptOutcome, ReceiptTarget, RefundCommand, Reversal,
};
use hermes_domain::payment::{Payment, PaymentKey};
use hermes_domain::ports::{PaymentReader, ReceiptFilter, ReceiptReader, RefundFilter};
use hermes_domain::receipt::{NewReceipt, Receipt, ReceiptStatus, RefundState, StatementLineId};
use hermes_test_support::MemoryLedger;
use hermes_test_support::builders::{payment_key, receipt, record};
use hermes_test_support::money_steps::random_batch;
use sea_orm::{ConnectionTrait, Statement};

use crate::erasure::verify_chain;
use crate::ledger::TestLedger;
use crate::{batches, bookings, on_each_database};

/// Random histories per database, and the batches of each.
const HISTORIES: u64 = 12;
const BATCHES: usize = 24;

on_each_database! {
    async fn a_receipt_is_read_as_it_was_written(ledger: &TestLedger) {
        batches::book(ledger, vec![bookings::number(1), bookings::number(2)]).await;
        let mut new = receipt("100", "USD");
        new.statement_line = Some(StatementLineId([7; 32]));
        let recorded = execute(ledger, record(new, &[(1, "60"), (2, "5")])).await;
        assert_eq!(read(ledger, &recorded).await, recorded);

        let target = ReceiptTarget { number: recorded.number, expected_version: Some(1) };
        let reason = "not theirs".to_owned();
        let unallocate = ReceiptCommand::Unallocate { target, allocation: 1, reason };
        let altered = execute(ledger, Command::Receipt(unallocate)).await;
        assert_eq!(altered.allocations.len(), 1);
        assert_eq!(read(ledger, &altered).await, altered);
        assert!(payment(ledger, 1).await.amount_received.is_zero());

        let target = ReceiptTarget { number: recorded.number, expected_version: None };
        let request = RefundCommand::Request {
            target,
            amount: None,
            payee_account: None,
            reason: "withdrawn".to_owned(),
        };
        let requested = execute(ledger, Command::Refund(request)).await;
        assert_eq!(read(ledger, &requested).await, requested);
        let refund = ledger.reader.find_refund(requested.refunds[0].number).await.unwrap().unwrap();
        assert_eq!((refund.receipt, &refund.refund), (requested.number, &requested.refunds[0]));
        verify_chain(ledger).await.unwrap();
    }

    async fn lists_are_filtered_and_start_before_a_count(ledger: &TestLedger) {
        batches::book_one(ledger, bookings::number(1)).await;
        for (amount, code) in [("10", "USD"), ("20", "EUR"), ("30", "USD"), ("40", "USD")] {
            execute(ledger, record(receipt(amount, code), &[])).await;
        }
        let settled = execute(ledger, record(receipt("50", "USD"), &[(1, "50")])).await;
        let counts = async |filter: ReceiptFilter, before, limit| -> Vec<i64> {
            let found = ledger.reader.list_receipts(&filter, before, limit).await.unwrap();
            found.iter().map(|receipt| receipt.number.sequence()).collect()
        };
        let all = ReceiptFilter::default();
        assert_eq!(counts(all, None, 2).await, [5, 4]);
        assert_eq!(counts(all, Some(4), 10).await, [3, 2, 1]);
        let open = ReceiptFilter { status: Some(ReceiptStatus::Open), ..all };
        let dollars = ReceiptFilter { currency: Some(settled.amount.currency()), ..open };
        assert_eq!(counts(dollars, None, 10).await, [4, 3, 1]);
        let of_payment = ReceiptFilter { payment: Some(payment(ledger, 1).await.id), ..all };
        assert_eq!(counts(of_payment, None, 10).await, [5]);
        let refunds = ledger.reader.list_refunds(&RefundFilter::default(), None, 10).await.unwrap();
        assert!(refunds.is_empty());
    }

    async fn a_statement_line_is_booked_once(ledger: &TestLedger) {
        batches::book_one(ledger, bookings::number(1)).await;
        let line = || {
            let new = receipt("10", "USD");
            let id = StatementLineId([9; 32]);
            record(NewReceipt::of_statement_line(id, new.amount, new.value_date, new.details), &[(1, "10")])
        };
        let first = execute(ledger, line()).await;
        batches::execute_rejected(ledger, &batches::submission(line())).await;
        let target = ReceiptTarget { number: first.number, expected_version: None };
        let kind = Reversal::Undone;
        let undo = ReceiptCommand::Reverse { target, kind, reason: "wrong file".to_owned() };
        execute(ledger, Command::Receipt(undo)).await;
        let again = execute(ledger, line()).await;
        assert_eq!(again.number.sequence(), 2);
    }

    async fn an_erasure_removes_the_texts_of_receipts(ledger: &TestLedger) {
        let booked = batches::book_one(ledger, bookings::number(1)).await;
        let mut new = receipt("100", "USD");
        new.details.payer_text = Some("canary".to_owned());
        let recorded = execute(ledger, record(new, &[(1, "60")])).await;
        let target = PaymentKey::Id(booked.id);
        let erase = Command::Erase(Erasure::new(target, ErasureScope::Payment));
        batches::execute_any(ledger, &[batches::submission(erase)]).await.remove(0).unwrap();
        let erased = read(ledger, &recorded).await;
        assert_eq!((erased.details.payer_text.as_deref(), erased.credit()), (None, recorded.credit()));
        assert_eq!(sum(ledger, "SELECT COUNT(*) FROM audit_log WHERE new_value LIKE '%canary%'").await, 0);
        verify_chain(ledger).await.unwrap();
    }

    /// The stored payments, receipts and totals equal those of the same history in memory, and the sums of the rows.
    async fn random_histories_leave_the_same_money_as_in_memory(ledger: &TestLedger) {
        for seed in 0..HISTORIES {
            let mut random = Rng::with_seed(seed);
            let mut memory = MemoryLedger::new();
            let first = sum(ledger, "SELECT next_reference FROM ledger_head").await;
            if seed > 0 {
                reset(ledger).await;
            }
            assert!(seed == 0 || first > 1, "the earlier history booked nothing");
            for _ in 0..BATCHES {
                let batch = random_batch(&memory, &mut random);
                let expected = memory.execute_any(&batch);
                let outcomes = batches::execute_any(ledger, &batch).await;
                let accepted = |outcomes: &[Result<_, _>]| -> Vec<bool> {
                    outcomes.iter().map(Result::is_ok).collect()
                };
                assert_eq!(accepted(&outcomes), accepted(&expected), "seed {seed}: {outcomes:?} {expected:?}");
            }
            assert_same_money(ledger, &memory).await;
            assert_sums(ledger).await;
            verify_chain(ledger).await.unwrap();
        }
    }
}

/// Executes a command that changes a receipt and must succeed.
async fn execute(ledger: &TestLedger, command: Command) -> Receipt {
    let outcome = batches::execute_any(ledger, &[batches::submission(command)]).await.remove(0);
    ReceiptOutcome::try_from(outcome.unwrap()).unwrap().receipt
}

async fn read(ledger: &TestLedger, receipt: &Receipt) -> Receipt {
    ledger.reader.find_receipt(receipt.number).await.unwrap().unwrap()
}

async fn payment(ledger: &TestLedger, reference: i64) -> Payment {
    ledger.reader.find(&payment_key(reference)).await.unwrap().unwrap()
}

async fn assert_same_money(ledger: &TestLedger, memory: &MemoryLedger) {
    for expected in &memory.payments {
        let stored = payment(ledger, expected.reference.number()).await;
        assert_eq!(
            (stored.amount_received, stored.shortfall_written_off(), stored.status(), stored.version),
            (expected.amount_received, expected.shortfall_written_off(), expected.status(), expected.version)
        );
        assert_eq!(stored.checks, expected.checks);
    }
    for expected in &memory.receipts {
        let stored = read(ledger, expected).await;
        let parts = |receipt: &Receipt| {
            let states: Vec<(RefundState, _, i64)> =
                receipt.refunds.iter().map(|refund| (refund.state, refund.amount, refund.version)).collect();
            let allocations: Vec<_> = receipt
                .allocations
                .iter()
                .map(|allocation| (allocation.id, allocation.reference, allocation.amount))
                .collect();
            (receipt.status(), receipt.credit(), allocations, states, receipt.version)
        };
        assert_eq!(parts(&stored), parts(expected));
    }
    let mut totals = ledger.reader.totals().await.unwrap().value;
    totals.sort_by_key(|totals| totals.currency.code());
    let mut expected: Vec<_> = memory.totals.values().copied().collect();
    expected.sort_by_key(|totals| totals.currency.code());
    assert_eq!(totals, expected);
}

/// Recomputes every stored sum from the rows that it sums.
async fn assert_sums(ledger: &TestLedger) {
    for (name, wrong) in [
        (
            "amount_received",
            "SELECT COUNT(*) FROM payments WHERE amount_received <> (SELECT COALESCE(SUM(amount), 0) \
             FROM allocations WHERE payment_id = payments.id)",
        ),
        (
            "allocated",
            "SELECT COUNT(*) FROM receipts WHERE allocated <> (SELECT COALESCE(SUM(amount), 0) \
             FROM allocations WHERE receipt_seq = receipts.seq)",
        ),
        (
            "refunds",
            "SELECT COUNT(*) FROM receipts WHERE refunds_reserved + refunded <> (SELECT COALESCE(SUM(amount), 0) \
             FROM refunds WHERE receipt_seq = receipts.seq AND state IN ('REQUESTED', 'APPROVED', 'SENT'))",
        ),
        (
            "due",
            "SELECT COUNT(*) FROM receipts WHERE refunds_due <> (SELECT COALESCE(SUM(amount), 0) \
             FROM refunds WHERE receipt_seq = receipts.seq AND state = 'DUE')",
        ),
        (
            "credit",
            "SELECT COUNT(*) FROM payment_totals WHERE credit <> (SELECT COALESCE(SUM(credit), 0) FROM receipts \
             WHERE currency = currency_from)",
        ),
        (
            "receipts",
            "SELECT COUNT(*) FROM payment_totals WHERE receipts <> (SELECT COALESCE(SUM(amount), 0) FROM receipts \
             WHERE currency = currency_from AND reversed_at IS NULL)",
        ),
        ("numbers", "SELECT COUNT(*) - MAX(seq) FROM receipts"),
    ] {
        assert_eq!(sum(ledger, wrong).await, 0, "{name}");
    }
}

async fn sum(ledger: &TestLedger, sql: &str) -> i64 {
    let outsider = ledger.outsider().await;
    let statement = Statement::from_string(outsider.get_database_backend(), sql);
    let row = outsider.query_one_raw(statement).await.unwrap().unwrap();
    let value = row.try_get_by_index::<Option<i64>>(0).unwrap().unwrap_or_default();
    outsider.close().await.unwrap();
    value
}

/// Empties the ledger for the next history.
async fn reset(ledger: &TestLedger) {
    let outsider = ledger.outsider().await;
    for trigger in ["audit_log_no_delete", "audit_log_no_update", "audit_log_no_replace"] {
        outsider.execute_unprepared(&format!("DROP TRIGGER IF EXISTS {trigger}")).await.unwrap();
    }
    for table in [
        "idempotency_keys",
        "outbox",
        "audit_log",
        "allocations",
        "refunds",
        "receipts",
        "validation_results",
        "payments",
        "payment_totals",
    ] {
        outsider.execute_unprepared(&format!("DELETE FROM {table}")).await.unwrap();
    }
    let head = "UPDATE ledger_head SET next_reference = 1, next_receipt = 1, next_refund = 1, audit_seq = 0, \
                audit_hash = X'0000000000000000000000000000000000000000000000000000000000000000', event_seq = 0";
    outsider.execute_unprepared(head).await.unwrap();
    outsider.close().await.unwrap();
}
