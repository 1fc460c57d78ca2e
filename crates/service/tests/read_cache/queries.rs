//! Everything that is cached besides the list: pages, single payments, sums.

use hermes_domain::payment::{PaymentKey, Reference};
use hermes_domain::ports::{Page, PaymentFilter};
use hermes_service::read_cache::{CacheTier, PageQuery, Query, QueryLimits};

use crate::support::TestList;

fn page_of(payer: &str) -> Query {
    let filter = PaymentFilter { email: Some(format!("{payer}@example.org")), ..PaymentFilter::default() };
    Query::Page(Box::new(PageQuery { filter, page: Page::First, limit: 100, filter_params: Vec::new() }))
}

fn booking(reference: &str) -> Query {
    Query::Booking(PaymentKey::Reference(Reference::parse(reference).unwrap()))
}

async fn read(here: &TestList, query: &Query) -> Option<(CacheTier, String)> {
    let served = here.list.read(query).await.unwrap()?;
    assert!(served.verified);
    Some((served.tier, String::from_utf8(served.entry.body.to_vec()).unwrap()))
}

#[tokio::test(start_paused = true)]
async fn each_query_is_loaded_once_for_all_instances() {
    let here = TestList::new();
    let there = here.another();
    here.reader.book("ana");
    here.reader.book("ben");
    for (query, body) in [
        (page_of("ana"), "ana"),
        (page_of("ben"), "ben"),
        (booking("REF002"), "ben@example.org"),
        (Query::Totals, "2"),
    ] {
        for (instance, tier) in
            [(&here, CacheTier::Db), (&here, CacheTier::L1), (&there, CacheTier::L2), (&there, CacheTier::L1)]
        {
            assert_eq!(read(instance, &query).await, Some((tier, body.to_owned())), "{query:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_makes_every_answer_old_on_every_instance() {
    let here = TestList::new();
    let there = here.another();
    here.book("ana").await;
    let queries = [(page_of("ben"), ["", "ben"]), (Query::Totals, ["1", "2"])];
    for (query, [before, _]) in &queries {
        assert_eq!(read(&here, query).await.unwrap().1, *before);
        assert_eq!(read(&there, query).await.unwrap().1, *before);
    }
    here.book("ben").await;
    for (query, [_, after]) in &queries {
        assert_eq!(read(&there, query).await, Some((CacheTier::Db, (*after).to_owned())));
        assert_eq!(read(&here, query).await, Some((CacheTier::L2, (*after).to_owned())));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_another_head_is_not_served_although_the_version_is_the_same() {
    let here = TestList::new();
    let there = here.another();
    here.book("ana").await;
    assert_eq!(read(&here, &Query::Totals).await.unwrap().1, "1");
    here.cache.go_away();
    there.book("ben").await;
    here.cache.come_back();
    assert_eq!(read(&here, &Query::Totals).await, Some((CacheTier::Db, "2".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_not_kept() {
    let here = TestList::new();
    assert_eq!(read(&here, &booking("REF001")).await, None);
    // Committed, and nobody has been told: a read may show it, and does.
    here.reader.book("ana");
    assert_eq!(read(&here, &booking("REF001")).await, Some((CacheTier::Db, "ana@example.org".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn readers_who_arrive_together_share_one_load_of_what_is_not_there() {
    let here = TestList::new();
    here.reader.list_gate.close();
    let reads: Vec<_> = (0..50)
        .map(|_| {
            let here = here.clone();
            tokio::spawn(async move { read(&here, &booking("REF001")).await })
        })
        .collect();
    here.reader.list_gate.arrived(1).await;
    here.reader.list_gate.open();
    for read in reads {
        assert_eq!(read.await.unwrap(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_bounded_in_number_and_in_bytes() {
    for limits in [
        QueryLimits { count_max: 10, bytes_max: 1_000_000 },
        QueryLimits { count_max: 1_000_000, bytes_max: 100 },
    ] {
        let here = TestList::with_queries(limits);
        here.reader.book("ana");
        for number in 0..200 {
            read(&here, &page_of(&format!("payer{number}"))).await.unwrap();
        }
        let status = here.list.stats();
        assert!(status.query_entries <= limits.count_max, "{status:?}");
        assert!(status.query_bytes <= limits.bytes_max, "{status:?}");
    }
}

#[test]
fn queries_that_ask_something_else_have_other_keys() {
    let page = |kept: &str, limit| {
        Query::Page(Box::new(PageQuery {
            filter: PaymentFilter::default(),
            page: Page::First,
            limit,
            filter_params: vec![("q".to_owned(), kept.to_owned())],
        }))
    };
    let queries = [
        Query::List,
        Query::Totals,
        booking("REF001"),
        booking("REF002"),
        page_of("ana"),
        page_of("ben"),
        page("a", 1),
        page("a", 2),
        page("b", 1),
    ];
    for (number, one) in queries.iter().enumerate() {
        for other in queries.iter().skip(number + 1) {
            assert_ne!(one.key(), other.key());
        }
        assert_eq!(one.key(), one.clone().key());
    }
}
