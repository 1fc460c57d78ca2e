//! A message arrives for every state of a payment that its payer waits for.

use hermes_domain::payment::Payment;
use hermes_test_support::builders::cancel;

use crate::harness::Harness;

fn settled(payment: &Payment, status: &str, received: &str) -> String {
    format!(
        r#"{{"reference":"{}","status":"{status}","currency_from":"USD","amount_due":"{}","amount_received":"{received}"}}"#,
        payment.reference,
        payment.amount_due()
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_state_arrives_in_order_with_the_headers_of_an_automatic_message() {
    let (harness, worker) = Harness::with_worker().await;
    let payment = harness.book("ana@example.org").await;
    harness.commit_event("payment.settled", &payment, &settled(&payment, "UNDERPAYMENT", "60.00")).await;
    harness.commit_event("payment.settled", &payment, &settled(&payment, "EXACT", "2060.00")).await;
    let refund = r#"{"reference":"RFD-2026-000001","state":"sent","currency":"USD","amount":"10.00","payment":"REF001"}"#;
    harness.commit_event("refund.sent", &payment, refund).await;
    harness.submit(cancel(1, None)).await;
    harness.until_sent().await;
    let mails = harness.server.received();
    let subjects: Vec<_> = mails.iter().map(|mail| mail.header("Subject")).collect();
    let encoded = |subject: &str| subject.starts_with("=?utf-8?") || subject.contains("=?utf-8?");
    assert_eq!(mails.len(), 5, "{subjects:?}");
    assert_eq!(subjects[2], "Payment REF001 is paid");
    assert_eq!(subjects[4], "Payment REF001 is cancelled");
    // The amounts contain spaces that do not break.
    assert!(encoded(&subjects[0]) && encoded(&subjects[1]) && encoded(&subjects[3]), "{subjects:?}");
    for mail in &mails {
        assert_eq!(mail.to, "ana@example.org");
        assert_eq!(mail.header("To"), "ana@example.org");
        assert_eq!(mail.header("From"), "\"Example University\" <payments@example.edu>");
        assert_eq!(mail.header("Reply-To"), "finance@example.edu");
        assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
        assert!(mail.header("Message-ID").ends_with(".REF001@example.edu>"), "{}", mail.source);
        assert!(mail.header("Date").ends_with("+0000"), "{}", mail.header("Date"));
        assert!(mail.header("Content-Type").starts_with("multipart/alternative"));
    }
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_before_mail_was_configured_are_not_mailed() {
    let harness = Harness::start().await;
    harness.book("ana@example.org").await;
    let worker = harness.worker();
    harness.until(async || harness.cursor().await >= 0, "the cursor to be set").await;
    harness.book("eva@example.org").await;
    harness.until_sent().await;
    let recipients: Vec<_> = harness.server.received().into_iter().map(|mail| mail.to).collect();
    assert_eq!(recipients, ["eva@example.org"]);
    worker.stop().await;
}
