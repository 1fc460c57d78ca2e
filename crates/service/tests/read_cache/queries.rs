//! Every cached query: the list, filtered pages, single payments and totals.

use hermes_domain::payment::{PaymentKey, Reference};
use hermes_domain::ports::{Page, PaymentFilter};
use hermes_service::read_cache::{CacheTier, PageQuery, Query, QueryLimits, ReadCacheConfig};

use crate::support::{ReadCacheHarness, config, email, names};

fn page_of(payer: &str) -> Query {
    let filter = PaymentFilter { email: Some(email(payer)), ..PaymentFilter::default() };
    Query::Page(Box::new(PageQuery { filter, page: Page::First, limit: 100, filter_params: Vec::new() }))
}

fn booking(reference: &str) -> Query {
    Query::Booking(PaymentKey::Reference(Reference::parse(reference).unwrap()))
}

async fn read(instance: &ReadCacheHarness, query: &Query) -> Option<(CacheTier, String)> {
    let response = instance.reads.read(query).await.unwrap()?;
    assert!(response.verified);
    Some((response.tier, names(&response)))
}

#[tokio::test(start_paused = true)]
async fn each_query_is_loaded_once_for_all_instances() {
    let instance = ReadCacheHarness::with_bookings(&["ana", "ben"]);
    let other = instance.another();
    for (query, body) in [
        (Query::List, "ana,ben"),
        (page_of("ana"), "ana"),
        (page_of("ben"), "ben"),
        (booking("REF002"), "ben@example.org"),
        (Query::Totals, "2"),
    ] {
        for (instance, tier) in [
            (&instance, CacheTier::Db),
            (&instance, CacheTier::L1),
            (&other, CacheTier::L2),
            (&other, CacheTier::L1),
        ] {
            assert_eq!(read(instance, &query).await, Some((tier, body.to_owned())), "{query:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_acknowledged_write_is_in_every_query_on_every_instance() {
    let instance = ReadCacheHarness::new();
    let other = instance.another();
    instance.book("ana").await;
    let queries =
        [(Query::List, ["ana", "ana,ben"]), (page_of("ben"), ["", "ben"]), (Query::Totals, ["1", "2"])];
    for (query, [before, _]) in &queries {
        assert_eq!(read(&instance, query).await.unwrap().1, *before);
        assert_eq!(read(&other, query).await.unwrap().1, *before);
    }
    instance.book("ben").await;
    for (query, [_, after]) in &queries {
        assert_eq!(read(&other, query).await, Some((CacheTier::Db, (*after).to_owned())));
        assert_eq!(read(&instance, query).await, Some((CacheTier::L2, (*after).to_owned())));
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_payment_is_not_cached() {
    let instance = ReadCacheHarness::new();
    assert_eq!(read(&instance, &booking("REF001")).await, None);
    instance.store.book("ana");
    let found = Some((CacheTier::Db, "ana@example.org".to_owned()));
    assert_eq!(read(&instance, &booking("REF001")).await, found);
}

#[tokio::test(start_paused = true)]
async fn the_number_and_the_size_of_cached_queries_are_limited() {
    for queries in [
        QueryLimits { count_max: 10, bytes_max: 1_000_000 },
        QueryLimits { count_max: 1_000_000, bytes_max: 100 },
    ] {
        let instance = ReadCacheHarness::with(ReadCacheConfig { queries, ..config() });
        instance.store.book("ana");
        for number in 0..200 {
            read(&instance, &page_of(&format!("payer{number}"))).await.unwrap();
        }
        let status = instance.reads.stats();
        assert!(status.query_entries <= queries.count_max, "{status:?}");
        assert!(status.query_bytes <= queries.bytes_max, "{status:?}");
    }
}

#[test]
fn different_queries_have_different_keys() {
    let page = |text: &str, limit| {
        Query::Page(Box::new(PageQuery {
            filter: PaymentFilter::default(),
            page: Page::First,
            limit,
            filter_params: vec![("q".to_owned(), text.to_owned())],
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
