//! What operators see and do.

use std::time::Duration;

use weipay::Outcome;
use weipay_relay::job::{Attempted, Ending, Kind, NewJob, State};
use weipay_relay::store::{Act, Fact, Filter, Purged, Refusal, Retention, Scope, StoreError, What};

use super::bench::{again, arrival, by, effect, question, settled, want};
use super::{Bench, EPOCH, at, on_every_store};

on_every_store!(
    status_tells_backlogs_as_time,
    the_timeline_of_a_case_is_in_order,
    a_day_is_listed_page_by_page,
    a_dry_run_tells_what_a_redrive_does,
    a_person_resolves_what_nobody_knows,
    what_is_held_waits,
    a_person_is_erased_and_the_outcome_stays,
    refusals_are_kept_up_to_a_bound,
    what_is_old_enough_goes,
);

fn me() -> Act {
    Act { who: "li".to_owned(), note: Some("ticket 7".to_owned()) }
}

fn parked(reason: &str) -> Ending {
    Ending::Parked { reason: reason.to_owned(), follow: Vec::new() }
}

async fn park(bench: &Bench, key: &str) {
    bench.submit(vec![question(key)], EPOCH).await;
    let claimed = bench.claim_one(EPOCH).await;
    bench.store.finish(claimed.lease, by(Outcome::Unknown), parked("no answer"), EPOCH).await.unwrap();
}

async fn status_tells_backlogs_as_time(bench: Bench) {
    park(&bench, "p").await;
    bench.pace("5/s", 200, 1_000, EPOCH).await;
    bench.submit((0..11).map(|n| effect(&format!("e{n}"))).collect(), at(1.0)).await;
    bench.submit(vec![NewJob { due: at(99.0), not_after: Some(at(50.0)), ..effect("late") }], at(2.0)).await;
    bench.submit(vec![question("q")], at(3.0)).await;
    assert_eq!(bench.claim(1, at(3.0)).await.len(), 2, "a call, and a question");
    let status = bench.store.status(EPOCH, at(10.0)).await.unwrap();
    let jobs = |state| {
        status.counts.iter().filter(|count| count.state == state).map(|count| count.jobs).sum::<u64>()
    };
    assert_eq!((jobs(State::Ready), jobs(State::Running), jobs(State::Parked)), (11, 2, 1));
    assert_eq!(status.oldest, Some(at(1.0)));
    assert!(status.oldest_job.is_some_and(|(merchant, _)| merchant == "shop"));
    let backlog = &status.budgets[0];
    assert_eq!((backlog.budget.as_str(), backlog.jobs, status.budgets.len()), ("5/s", 12, 1));
    assert_eq!(
        (backlog.interval, backlog.first_not_after),
        (Some(Duration::from_millis(200)), Some(at(50.0)))
    );
    assert_eq!(backlog.drained, Some(at(12.2)), "the twelfth of them");
}

async fn the_timeline_of_a_case_is_in_order(bench: Bench) {
    bench.store.receive(arrival("N1", "exchange/R1"), EPOCH).await.unwrap();
    bench.store.receive(arrival("N1", "exchange/R1"), at(0.5)).await.unwrap();
    bench.store.receive(arrival("N2", "exchange/R2"), at(0.5)).await.unwrap();
    let ask = bench.claim_one(at(1.0)).await;
    let confirm = NewJob { case: "exchange/R1".to_owned(), ..question("exchange/R1/confirm") };
    bench.finish(ask.lease, Ending::Settled { result: None, follow: vec![confirm] }, at(2.0)).await;
    bench.store.hold(&Scope::All, &me(), at(2.0)).await.unwrap();
    bench.store.release(&Scope::All, &me(), at(2.0)).await.unwrap();
    bench.claim(1, at(3.0)).await;
    let confirm = bench.claim_one(at(3.0)).await;
    assert_eq!(confirm.job.work.key, "exchange/R1/confirm");
    let attempted = Attempted {
        outcome: Some(Outcome::Unknown),
        status: Some(500),
        code: Some("SYSTEM_ERROR".to_owned()),
        request_id: Some("08F7".to_owned()),
        note: None,
    };
    bench.store.finish(confirm.lease, attempted, parked("unknown"), at(4.0)).await.unwrap();
    bench
        .store
        .resolve("shop", "exchange/R1/confirm", Fact::Happened, Vec::new(), &me(), at(9.0))
        .await
        .unwrap();
    let moments = bench.store.timeline("shop", "exchange/R1").await.unwrap();
    let told: Vec<String> = moments
        .iter()
        .map(|moment| match &moment.what {
            What::Received { notification_id, duplicates, .. } => format!("{notification_id} +{duplicates}"),
            What::Stored { job } => format!("stored {}", job.work.key),
            What::Attempt { key, outcome, status, .. } => format!("attempt {key} {outcome:?} {status:?}"),
            What::Ended { key, state, .. } => format!("{key} {state:?}"),
            What::Acted(audited) => format!("{} by {}", audited.act, audited.by.who),
        })
        .collect();
    assert_eq!(
        told,
        [
            "N1 +1",
            "stored exchange/R1/decide",
            "attempt exchange/R1/decide None None",
            "exchange/R1/decide Settled",
            "stored exchange/R1/confirm",
            "attempt exchange/R1/confirm Some(Unknown) Some(500)",
            "exchange/R1/confirm Settled",
            "resolve: happened by li",
        ]
    );
    assert!(moments.windows(2).all(|pair| pair[0].at <= pair[1].at));
}

async fn a_day_is_listed_page_by_page(bench: Bench) {
    bench.submit((0..5).map(|n| effect(&format!("e{n}"))).collect(), EPOCH).await;
    bench.submit(vec![question("q")], EPOCH).await;
    for (second, claimed) in bench.claim(6, EPOCH).await.into_iter().enumerate() {
        let now = at(100.0 * f64::from(u32::try_from(second).unwrap()));
        bench.finish(claimed.lease, settled(), now).await;
    }
    let mut day = Filter {
        kind: Some(Kind::Effect),
        states: vec![State::Settled, State::Refused],
        ended_from: Some(EPOCH),
        ended_before: Some(at(400.0)),
        limit: Some(2),
        ..Filter::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = bench.store.list(&day).await.unwrap();
        let Some(last) = page.last() else { break };
        day.after = Some(last.id);
        seen.extend(page.into_iter().map(|job| job.ended.unwrap()));
    }
    let expected = seen.iter().filter(|ended| (EPOCH..at(400.0)).contains(*ended)).count();
    assert!(seen.len() == expected && (3..=4).contains(&seen.len()), "{seen:?}");
}

async fn a_dry_run_tells_what_a_redrive_does(bench: Bench) {
    park(&bench, "a").await;
    park(&bench, "b").await;
    bench.submit(vec![question("c")], EPOCH).await;
    let filter = Filter { merchant: Some("shop".to_owned()), ..Filter::default() };
    let told = bench.store.redrive(&filter, &me(), true, at(5.0)).await.unwrap();
    assert_eq!(bench.job("a").await.state, State::Parked);
    assert!(bench.store.audit(10).await.unwrap().is_empty());
    let done = bench.store.redrive(&filter, &me(), false, at(5.0)).await.unwrap();
    assert_eq!(told, done);
    assert_eq!(done.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let job = bench.job("a").await;
    assert_eq!((job.state, job.reason, job.ended), (State::Ready, None, None));
    assert_eq!(job.earlier, Some(Outcome::Unknown), "what the first attempt may have done is not forgotten");
    let audit = bench.store.audit(10).await.unwrap();
    assert_eq!(audit.len(), 2);
    assert_eq!((audit[1].target.as_str(), &audit[1].by, audit[1].at), ("shop a", &me(), at(5.0)));
}

async fn a_person_resolves_what_nobody_knows(bench: Bench) {
    park(&bench, "a").await;
    park(&bench, "b").await;
    let tell = vec![NewJob { kind: Kind::Tell, ..question("b/settled") }];
    bench.store.resolve("shop", "a", Fact::Happened, Vec::new(), &me(), at(1.0)).await.unwrap();
    bench.store.resolve("shop", "b", Fact::NotHappened, tell, &me(), at(1.0)).await.unwrap();
    assert_eq!(bench.job("a").await.state, State::Settled);
    assert_eq!(bench.job("b").await.state, State::Refused);
    assert_eq!(bench.claim_keys(5, at(1.0)).await, ["b/settled"]);
    for key in ["a", "nothing"] {
        let again = bench.store.resolve("shop", key, Fact::NotHappened, Vec::new(), &me(), at(2.0)).await;
        assert!(matches!(again, Err(StoreError::Refused(_))), "{key}");
    }
    assert_eq!(bench.store.audit(10).await.unwrap().len(), 2, "what was refused left no line");
}

async fn what_is_held_waits(bench: Bench) {
    bench.pace("5/s", 1, 1, EPOCH).await;
    bench.submit(vec![question("q"), effect("e")], EPOCH).await;
    for scope in [Scope::All, Scope::Merchant("shop".to_owned()), Scope::Budget("5/s".to_owned())] {
        bench.store.hold(&scope, &me(), EPOCH).await.unwrap();
        let status = bench.store.status(EPOCH, EPOCH).await.unwrap();
        assert_eq!(status.held[0].scope, scope);
        if matches!(scope, Scope::Budget(_)) {
            assert_eq!(bench.claim_keys(5, at(1.0)).await, ["q"]);
            let next = bench.store.next_due(&want(5), at(1.0)).await.unwrap();
            assert_eq!(next, Some(at(31.0)), "only the lease: nobody waits for what is held");
        } else {
            assert!(bench.claim(5, at(1.0)).await.is_empty(), "{scope:?}");
        }
        assert!(bench.store.release(&scope, &me(), EPOCH).await.unwrap());
        assert!(!bench.store.release(&scope, &me(), EPOCH).await.unwrap());
    }
    assert_eq!(bench.claim_keys(5, at(1.0)).await, ["e"]);
}

async fn a_person_is_erased_and_the_outcome_stays(bench: Bench) {
    let mut notification = arrival("N1", "exchange/R1");
    notification.job.person = notification.person.clone();
    bench.store.receive(notification.clone(), EPOCH).await.unwrap();
    let ask = bench.claim_one(EPOCH).await;
    let confirm = NewJob { person: Some("person-1".to_owned()), ..question("exchange/R1/confirm") };
    let ending = Ending::Settled { result: Some(b"sealed".to_vec()), follow: vec![confirm] };
    bench.finish(ask.lease, ending, EPOCH).await;
    let erased = bench.store.erase("person-1", &me(), EPOCH).await.unwrap();
    assert_eq!(
        (erased.notifications, erased.jobs, erased.unfinished),
        (0, 1, 1),
        "what is unfinished needs its data"
    );
    let confirm = bench.claim_one(EPOCH).await;
    assert_eq!(confirm.job.work.payload, b"sealed");
    bench.finish(confirm.lease, settled(), EPOCH).await;
    let erased = bench.store.erase("person-1", &me(), at(1.0)).await.unwrap();
    assert_eq!((erased.notifications, erased.jobs, erased.unfinished), (1, 1, 0));
    let job = bench.job("exchange/R1/decide").await;
    assert_eq!(
        (job.state, job.work.payload.len(), job.result, job.work.person),
        (State::Settled, 0, None, None)
    );
    let kept = bench.store.arrival(job.id).await.unwrap().unwrap();
    assert!(kept.body.is_empty() && kept.headers.is_empty());
    let again = bench.store.receive(notification, at(2.0)).await.unwrap();
    assert_eq!(again, weipay_relay::store::Receipt::Duplicate, "the key stays");
}

async fn refusals_are_kept_up_to_a_bound(bench: Bench) {
    for (merchant, number) in [("shop", 1), ("shop", 2), ("other", 3), ("shop", 4), ("shop", 5)] {
        let refusal = Refusal {
            merchant: merchant.to_owned(),
            reason: "the signature does not hold".to_owned(),
            headers: "{}".to_owned(),
            body: vec![number],
        };
        bench.store.refuse(refusal, 3, at(f64::from(number))).await.unwrap();
    }
    let kept = bench.store.refused("shop", 10).await.unwrap();
    assert_eq!(kept.iter().map(|one| one.refusal.body[0]).collect::<Vec<_>>(), [2, 4, 5]);
    assert_eq!(kept[0].received, at(2.0));
    assert!(bench.store.forget_refused(kept[0].id).await.unwrap());
    assert!(!bench.store.forget_refused(kept[0].id).await.unwrap());
    assert_eq!(bench.store.refused("other", 10).await.unwrap().len(), 1);
    assert_eq!(bench.store.status(EPOCH, EPOCH).await.unwrap().refused, 3);
}

async fn what_is_old_enough_goes(bench: Bench) {
    for (number, when) in [(1, 0.0), (2, 100.0)] {
        bench
            .store
            .receive(arrival(&format!("N{number}"), &format!("exchange/R{number}")), at(when))
            .await
            .unwrap();
        let ask = bench.claim_one(at(when)).await;
        let follow = vec![question(&format!("exchange/R{number}/confirm"))];
        bench.finish(ask.lease, Ending::Settled { result: None, follow }, at(when)).await;
        let confirm = bench.claim_one(at(when)).await;
        bench.finish(confirm.lease, settled(), at(when)).await;
    }
    park(&bench, "parked").await;
    bench.submit(vec![question("again")], EPOCH).await;
    let claimed = bench.claim_one(EPOCH).await;
    bench.finish(claimed.lease, again(at(999.0)), EPOCH).await;
    let contents = Retention { contents_before: at(50.0), rows_before: EPOCH };
    assert_eq!(bench.store.purge(contents, &me(), at(200.0)).await.unwrap(), Purged { contents: 2, rows: 0 });
    let first = bench.job("exchange/R1/decide").await;
    assert_eq!((first.state, first.work.payload.len()), (State::Settled, 0));
    assert!(bench.store.arrival(first.id).await.unwrap().unwrap().body.is_empty());
    assert_eq!(bench.job("exchange/R2/decide").await.work.payload, b"sealed");
    let rows = Retention { contents_before: at(50.0), rows_before: at(50.0) };
    let mut gone = 0;
    while let Purged { rows: more @ 1.., .. } = bench.store.purge(rows, &me(), at(200.0)).await.unwrap() {
        gone += more;
    }
    assert_eq!(gone, 2);
    assert!(bench.store.job("shop", "exchange/R1/decide").await.unwrap().is_none());
    assert!(bench.store.arrival(bench.job("exchange/R2/confirm").await.id).await.unwrap().is_some());
    assert_eq!(
        (bench.job("parked").await.state, bench.job("again").await.state),
        (State::Parked, State::Ready)
    );
    assert_eq!(bench.store.check().await.unwrap(), Vec::<String>::new());
}
