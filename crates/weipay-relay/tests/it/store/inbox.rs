//! What comes in is kept once.

use std::sync::Arc;

use weipay_relay::store::{Receipt, Store};

use super::bench::{arrival, question, settled};
use super::{Bench, at, on_every_store};

on_every_store!(
    n01_the_same_notification_twice_is_one_job,
    n02_the_same_case_under_another_id_is_one_job,
    n03_concurrent_copies_are_one_job,
    a_known_id_with_another_case_keeps_the_first,
    a_job_leads_back_to_its_notification,
    submitting_twice_changes_nothing,
    everything_is_there_after_a_restart,
);

async fn n01_the_same_notification_twice_is_one_job(bench: Bench) {
    assert!(matches!(
        bench.store.receive(arrival("N1", "exchange/R1"), at(0.0)).await.unwrap(),
        Receipt::New(_)
    ));
    let again = bench.store.receive(arrival("N1", "exchange/R1"), at(60.0)).await.unwrap();
    assert_eq!(again, Receipt::Duplicate);
    assert_eq!(bench.claim_keys(10, at(60.0)).await, ["exchange/R1/decide"]);
}

async fn n02_the_same_case_under_another_id_is_one_job(bench: Bench) {
    bench.store.receive(arrival("N1", "exchange/R1"), at(0.0)).await.unwrap();
    let claimed = bench.claim_one(at(0.0)).await;
    assert!(bench.finish(claimed.lease, settled(), at(1.0)).await);
    let again = bench.store.receive(arrival("N2", "exchange/R1"), at(2.0)).await.unwrap();
    assert_eq!(again, Receipt::Duplicate, "also long after it was settled");
    assert!(bench.claim(10, at(2.0)).await.is_empty());
}

async fn n03_concurrent_copies_are_one_job(bench: Bench) {
    let other = bench.another().await;
    for round in 0..20 {
        let case = format!("exchange/R{round}");
        let copies = (0..8).map(|copy| {
            let store: Arc<dyn Store> = if copy % 2 == 0 { bench.store.clone() } else { other.clone() };
            // Half of them carry another id.
            let arrival = arrival(&format!("N{round}-{}", copy / 4), &case);
            tokio::spawn(async move { store.receive(arrival, at(0.0)).await.unwrap() })
        });
        let mut new = 0;
        for copy in copies.collect::<Vec<_>>() {
            new += usize::from(matches!(copy.await.unwrap(), Receipt::New(_)));
        }
        assert_eq!(new, 1, "of {case}");
    }
    assert_eq!(bench.claim(100, at(0.0)).await.len(), 20);
}

async fn a_known_id_with_another_case_keeps_the_first(bench: Bench) {
    bench.store.receive(arrival("N1", "exchange/R1"), at(0.0)).await.unwrap();
    let other = bench.store.receive(arrival("N1", "exchange/R2"), at(1.0)).await.unwrap();
    assert_eq!(other, Receipt::Duplicate);
    assert_eq!(bench.claim_keys(10, at(1.0)).await, ["exchange/R1/decide"]);
}

async fn a_job_leads_back_to_its_notification(bench: Bench) {
    let kept = arrival("N1", "exchange/R1");
    bench.store.receive(kept.clone(), at(0.0)).await.unwrap();
    let claimed = bench.claim_one(at(0.0)).await;
    let follow = vec![question("exchange/R1/confirm")];
    let ending = weipay_relay::job::Ending::Settled { result: None, follow };
    assert!(bench.finish(claimed.lease, ending, at(1.0)).await);
    let confirm = bench.claim_one(at(1.0)).await;
    let found = bench.store.arrival(confirm.job.id).await.unwrap().unwrap();
    assert_eq!((found.body, found.headers), (kept.body, kept.headers));
    assert_eq!((found.notification_id, found.event_type), (kept.notification_id, kept.event_type));
    let alone = bench.submit(vec![question("alone")], at(1.0)).await;
    assert!(bench.store.arrival(alone[0].id).await.unwrap().is_none());
}

async fn submitting_twice_changes_nothing(bench: Bench) {
    let first = bench.submit(vec![question("a"), question("b")], at(0.0)).await;
    let mut other = question("b");
    other.payload = b"another".to_vec();
    let second = bench.submit(vec![other, question("c")], at(5.0)).await;
    assert_eq!(second[0].id, first[1].id);
    assert_eq!(second[0].work.payload, b"sealed");
    assert_eq!(second[0].created, at(0.0));
    assert_eq!(second[1].work.key, "c");
}

async fn everything_is_there_after_a_restart(bench: Bench) {
    bench.store.receive(arrival("N1", "exchange/R1"), at(0.0)).await.unwrap();
    let stored = bench.submit(vec![question("alone")], at(0.0)).await.remove(0);
    let bench = bench.restarted().await;
    assert_eq!(bench.job("alone").await.work, stored.work);
    assert_eq!(bench.store.receive(arrival("N1", "exchange/R1"), at(1.0)).await.unwrap(), Receipt::Duplicate);
    assert_eq!(bench.claim(10, at(1.0)).await.len(), 2);
}
