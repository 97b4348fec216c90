//! Who gets which job and which slot.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use weipay::Outcome;
use weipay_relay::job::{Attempted, Ending, Lane, NewJob, State};
use weipay_relay::store::Want;

use super::bench::{again, by, claim, effect, keys, question, settled, want};
use super::{Bench, EPOCH, at, on_every_store};

on_every_store!(
    lanes_go_first_then_age,
    work_that_is_not_due_waits,
    an_order_is_done_one_after_the_other,
    an_order_holds_across_processes,
    an_unsent_absolute_value_gives_way,
    an_absolute_value_that_may_have_gone_out_is_settled_first,
    an_overtaken_absolute_value_is_never_sent_again,
    shares_of_a_budget_take_turns,
    a_share_that_was_idle_does_not_catch_up,
    merchants_without_budgets_take_turns,
    questions_and_calls_have_places_of_their_own,
    a_hook_is_asked_so_much_at_once_and_no_more,
    what_draws_on_a_budget_goes_to_no_hook,
    l04_slots_are_exactly_an_interval_apart,
    l04_slots_are_shared_by_all_processes,
    the_most_urgent_gets_the_slot,
    several_budgets_in_one_claim,
    a_late_slot_is_given_up_for_the_next,
    a_slot_too_far_ahead_gives_the_job_back_without_an_attempt,
    refusals_for_speed_slow_down_and_successes_recover,
    an_expired_job_needs_no_slot,
    clocks_that_jump_neither_stop_nor_hurry_a_budget,
    next_due_tells_when_to_look_again,
);

async fn lanes_go_first_then_age(bench: Bench) {
    let lane = |key, lane| NewJob { lane, ..question(key) };
    bench
        .submit(
            vec![
                lane("bulk", Lane::Bulk),
                lane("points", Lane::Points),
                lane("confirm", Lane::Confirm),
                lane("till-1", Lane::Till),
                lane("sync", Lane::Sync),
            ],
            EPOCH,
        )
        .await;
    bench.submit(vec![lane("till-2", Lane::Till)], EPOCH).await;
    assert_eq!(bench.claim_keys(4, EPOCH).await, ["till-1", "till-2", "confirm", "points"]);
    assert_eq!(bench.claim_keys(4, EPOCH).await, ["sync", "bulk"]);
}

async fn work_that_is_not_due_waits(bench: Bench) {
    bench.submit(vec![NewJob { due: at(10.0), ..question("later") }], EPOCH).await;
    assert!(bench.claim(1, at(9.999)).await.is_empty());
    let claimed = bench.claim_one(at(10.0)).await;
    assert!(bench.finish(claimed.lease, again(at(20.0)), at(10.0)).await);
    assert!(bench.claim(1, at(19.0)).await.is_empty());
    let claimed = bench.claim_one(at(20.0)).await;
    assert_eq!((claimed.job.attempts, claimed.job.state), (1, State::Running));
}

fn ordered(key: &str) -> NewJob {
    NewJob { order: Some("card-1".to_owned()), ..question(key) }
}

async fn an_order_is_done_one_after_the_other(bench: Bench) {
    for key in ["first", "second", "third"] {
        bench.submit(vec![ordered(key)], EPOCH).await;
    }
    let first = bench.claim_one(EPOCH).await;
    assert_eq!(first.job.work.key, "first");
    assert!(bench.claim(5, EPOCH).await.is_empty(), "while the first is under way");
    bench.finish(first.lease, again(at(60.0)), EPOCH).await;
    assert!(bench.claim(5, at(1.0)).await.is_empty(), "while the first waits to be repeated");
    let first = bench.claim_one(at(60.0)).await;
    let parked = Ending::Parked { reason: "a person".to_owned(), follow: Vec::new() };
    bench.finish(first.lease, parked, at(60.0)).await;
    assert_eq!(bench.claim_keys(5, at(60.0)).await, ["second"], "what is parked holds nobody up");
}

async fn an_order_holds_across_processes(bench: Bench) {
    let other = bench.another().await;
    let mut jobs = Vec::new();
    for number in 0..6 {
        jobs.push(NewJob { order: Some(format!("card-{}", number % 3)), ..question(&format!("k{number}")) });
    }
    bench.submit(jobs, EPOCH).await;
    let mut done = Vec::new();
    while done.len() < 6 {
        let (mut here, there) = tokio::join!(bench.claim(6, EPOCH), claim(&*other, 6, EPOCH));
        here.extend(there);
        assert!(!here.is_empty());
        let mut orders: Vec<_> = here.iter().map(|claimed| claimed.job.work.order.clone()).collect();
        orders.sort();
        let claimed = orders.len();
        orders.dedup();
        assert_eq!(orders.len(), claimed, "two of one order at the same time");
        for claimed in here {
            done.push(claimed.job.work.key.clone());
            assert!(bench.finish(claimed.lease, settled(), EPOCH).await);
        }
    }
    let place = |key: &str| done.iter().position(|done| done == key).unwrap();
    assert!(place("k0") < place("k3") && place("k1") < place("k4") && place("k2") < place("k5"));
}

fn balance(key: &str) -> NewJob {
    NewJob { order: Some("card-1".to_owned()), absolute: true, name: "sync".to_owned(), ..question(key) }
}

async fn an_unsent_absolute_value_gives_way(bench: Bench) {
    bench.submit(vec![balance("100")], EPOCH).await;
    let under_way = bench.claim_one(EPOCH).await;
    bench.submit(vec![balance("90"), NewJob { name: "other".to_owned(), ..balance("x") }], at(1.0)).await;
    bench.submit(vec![balance("80")], at(2.0)).await;
    assert_eq!(bench.job("90").await.state, State::Superseded);
    assert_eq!(bench.job("x").await.state, State::Ready, "another name is another value");
    assert_eq!(bench.job("100").await.state, State::Running, "what is under way stays");
    // It turns out that nothing of it was sent: then it gives way as well.
    bench.store.finish(under_way.lease, by(Outcome::NotSent), again(at(3.0)), at(2.0)).await.unwrap();
    assert_eq!(bench.job("100").await.state, State::Superseded);
    let ended = bench.job("100").await;
    assert_eq!((ended.ended, ended.reason.is_some()), (Some(at(2.0)), true));
    assert_eq!(bench.claim_keys(5, at(3.0)).await, ["x"]);
}

async fn an_absolute_value_that_may_have_gone_out_is_settled_first(bench: Bench) {
    bench.submit(vec![balance("100")], EPOCH).await;
    let first = bench.claim_one(EPOCH).await;
    bench.store.finish(first.lease, by(Outcome::Unknown), again(at(5.0)), EPOCH).await.unwrap();
    bench.submit(vec![balance("90")], at(1.0)).await;
    assert_eq!(bench.job("100").await.state, State::Ready);
    assert!(bench.claim(5, at(4.0)).await.is_empty(), "a late first attempt could overwrite the newer value");
    assert_eq!(bench.claim_keys(5, at(5.0)).await, ["100"]);
}

async fn an_overtaken_absolute_value_is_never_sent_again(bench: Bench) {
    bench.submit(vec![balance("100")], EPOCH).await;
    let first = bench.claim_one(EPOCH).await;
    let parked = Ending::Parked { reason: "unknown".to_owned(), follow: Vec::new() };
    bench.store.finish(first.lease, by(Outcome::Unknown), parked, EPOCH).await.unwrap();
    bench.submit(vec![balance("90")], at(1.0)).await;
    let newer = bench.claim_one(at(1.0)).await;
    assert_eq!(newer.job.work.key, "90");
    bench.finish(newer.lease, settled(), at(1.0)).await;
    let parked = weipay_relay::store::Filter { keys: vec!["100".to_owned()], ..Default::default() };
    let by = weipay_relay::store::Act { who: "me".to_owned(), note: None };
    bench.store.redrive(&parked, &by, false, at(2.0)).await.unwrap();
    assert_eq!(bench.job("100").await.state, State::Superseded);
    assert!(bench.claim(5, at(2.0)).await.is_empty());
}

fn shared(key: &str, share: &str) -> NewJob {
    NewJob { share: Some(share.to_owned()), ..effect(key) }
}

/// Claims and settles one after the other, as slots come.
async fn drain(bench: &Bench, jobs: usize, from: Timestamp) -> Vec<String> {
    let mut order = Vec::new();
    let mut now = from;
    while order.len() < jobs {
        for claimed in bench.claim(1, now).await {
            order.push(claimed.job.work.key.clone());
            now = claimed.slot.unwrap();
            assert!(bench.finish(claimed.lease, settled(), now).await);
        }
    }
    order
}

async fn shares_of_a_budget_take_turns(bench: Bench) {
    bench.pace("5/s", 200, 200, EPOCH).await;
    for number in 0..6 {
        bench.submit(vec![shared(&format!("big-{number}"), "big")], EPOCH).await;
    }
    for number in 0..2 {
        bench.submit(vec![shared(&format!("small-{number}"), "small")], EPOCH).await;
    }
    let order = drain(&bench, 8, EPOCH).await;
    assert_eq!(order, ["big-0", "small-0", "big-1", "small-1", "big-2", "big-3", "big-4", "big-5"]);
}

async fn a_share_that_was_idle_does_not_catch_up(bench: Bench) {
    bench.pace("5/s", 200, 200, EPOCH).await;
    for number in 0..10 {
        bench.submit(vec![shared(&format!("busy-{number}"), "busy")], EPOCH).await;
    }
    drain(&bench, 8, EPOCH).await;
    for number in 0..4 {
        bench.submit(vec![shared(&format!("idle-{number}"), "idle")], at(2.0)).await;
    }
    let order = drain(&bench, 4, at(10.0)).await;
    let idle = order.iter().filter(|key| key.starts_with("idle")).count();
    assert_eq!(idle, 2, "{order:?}");
}

async fn merchants_without_budgets_take_turns(bench: Bench) {
    for number in 0..5 {
        bench.submit(vec![question(&format!("flood-{number}"))], EPOCH).await;
    }
    bench.submit(vec![NewJob { merchant: "other".to_owned(), ..question("alone") }], EPOCH).await;
    assert_eq!(bench.claim_keys(3, EPOCH).await, ["flood-0", "alone", "flood-1"]);
}

async fn questions_and_calls_have_places_of_their_own(bench: Bench) {
    bench.pace("5/s", 1, 1, EPOCH).await;
    let free = NewJob { pace: None, ..effect("free") };
    bench.submit(vec![question("q0"), question("q1"), effect("paced"), free], EPOCH).await;
    let claim = async |want: &Want| keys(&bench.store.claim(want, EPOCH).await.unwrap());
    let no_places = want(0);
    assert_eq!(bench.store.next_due(&no_places, EPOCH).await.unwrap(), None);
    assert_eq!(claim(&no_places).await, Vec::<String>::new());
    assert_eq!(claim(&Want { calls: 0, ..want(1) }).await, ["q0"]);
    let mut calls = claim(&Want { questions: 0, ..want(5) }).await;
    calls.sort();
    assert_eq!(calls, ["free", "paced"]);
    let no_question = Want { questions: 0, ..want(5) };
    assert_eq!(
        bench.store.next_due(&no_question, EPOCH).await.unwrap(),
        Some(at(30.0)),
        "when a lease may run out"
    );
    assert_eq!(claim(&want(5)).await, ["q1"]);
}

async fn a_hook_is_asked_so_much_at_once_and_no_more(bench: Bench) {
    let other = |key: &str| NewJob { merchant: "other".to_owned(), lane: Lane::Bulk, ..question(key) };
    bench.submit((0..6).map(|n| question(&format!("flood-{n}"))).collect(), EPOCH).await;
    bench.submit((0..2).map(|n| other(&format!("other-{n}"))).collect(), EPOCH).await;
    let room = |shop: u32| Want { per_hook: 2, rooms: [("shop".to_owned(), shop)].into(), ..want(9) };
    let claim = async |want: &Want, now| keys(&bench.store.claim(want, now).await.unwrap());
    let expiring = NewJob { not_after: Some(at(1.0)), ..question("expired") };
    bench.submit(vec![expiring], EPOCH).await;
    assert_eq!(claim(&Want { questions: 3, ..room(2) }, EPOCH).await, ["flood-0", "flood-1", "other-0"]);
    assert_eq!(claim(&room(0), EPOCH).await, ["other-1"]);
    assert_eq!(claim(&room(0), EPOCH).await, Vec::<String>::new());
    assert_eq!(
        bench.store.next_due(&room(0), EPOCH).await.unwrap(),
        Some(at(1.0)),
        "when a last moment comes"
    );
    assert_eq!(claim(&room(0), at(1.0)).await, ["expired"], "which needs no hook");
    assert_eq!(claim(&room(1), at(1.0)).await, ["flood-2"]);
}

async fn what_draws_on_a_budget_goes_to_no_hook(bench: Bench) {
    let wrong = NewJob { pace: Some("5/s".to_owned()), ..question("q") };
    assert!(bench.store.submit(vec![wrong], EPOCH).await.is_err());
}

async fn l04_slots_are_exactly_an_interval_apart(bench: Bench) {
    bench.pace("5/s", 218, 5_000, EPOCH).await;
    bench.submit((0..30).map(|n| effect(&format!("e{n}"))).collect(), EPOCH).await;
    let mut slots = Vec::new();
    let mut now = EPOCH;
    while slots.len() < 30 {
        let claimed = bench.claim(10, now).await;
        slots.extend(claimed.iter().map(|claimed| claimed.slot.unwrap()));
        assert!(
            slots.iter().all(|slot| *slot <= now + Duration::from_secs(1)),
            "further ahead than asked for"
        );
        now += Duration::from_millis(700);
    }
    for pair in slots.windows(2) {
        assert_eq!(pair[1].duration_since(pair[0]).as_millis(), 218);
    }
}

async fn l04_slots_are_shared_by_all_processes(bench: Bench) {
    bench.pace("5/s", 200, 5_000, EPOCH).await;
    bench.submit((0..60).map(|n| effect(&format!("e{n}"))).collect(), EPOCH).await;
    let stores = [bench.another().await, bench.another().await, bench.another().await];
    let mut slots = Vec::new();
    for step in 0..40 {
        let now = at(f64::from(step) * 0.3);
        let claims = stores.iter().map(|store| claim(&**store, 2, now));
        for claimed in futures_util::future::join_all(claims).await.into_iter().flatten() {
            slots.push(claimed.slot.unwrap());
        }
    }
    assert!(slots.len() >= 55, "{} of 60", slots.len());
    slots.sort();
    for pair in slots.windows(2) {
        assert!(pair[1].duration_since(pair[0]).as_millis() >= 200, "{pair:?}");
    }
}

async fn the_most_urgent_gets_the_slot(bench: Bench) {
    bench.pace("5/s", 1_000, 1_000, EPOCH).await;
    bench
        .submit(
            vec![NewJob { lane: Lane::Bulk, ..effect("b0") }, NewJob { lane: Lane::Bulk, ..effect("b1") }],
            EPOCH,
        )
        .await;
    let first = bench.claim_one(EPOCH).await;
    assert_eq!(first.slot, Some(EPOCH));
    bench.submit(vec![NewJob { lane: Lane::Till, ..effect("till") }], at(0.5)).await;
    let next = bench.claim_one(at(0.5)).await;
    assert_eq!((next.job.work.key.as_str(), next.slot), ("till", Some(at(1.0))));
}

async fn several_budgets_in_one_claim(bench: Bench) {
    for budget in ["a", "b"] {
        bench.pace(budget, 400, 400, EPOCH).await;
        let jobs =
            (0..9).map(|n| NewJob { pace: Some(budget.to_owned()), ..effect(&format!("{budget}{n}")) });
        bench.submit(jobs.collect(), EPOCH).await;
    }
    bench
        .submit(vec![NewJob { pace: Some("free".to_owned()), ..effect("free") }, question("q")], EPOCH)
        .await;
    let claimed = bench.claim(20, EPOCH).await;
    let mut slots: HashMap<Option<String>, usize> = HashMap::new();
    for claimed in &claimed {
        *slots.entry(claimed.job.work.pace.clone()).or_default() += 1;
        let limited = matches!(claimed.job.work.pace.as_deref(), Some("a" | "b"));
        assert_eq!(claimed.slot.is_some(), limited, "a budget without a pace is not limited");
    }
    // At 0, 400 and 800 ms.
    assert_eq!((slots[&Some("a".to_owned())], slots[&Some("b".to_owned())]), (3, 3));
    assert_eq!(claimed.len(), 8);
}

async fn a_late_slot_is_given_up_for_the_next(bench: Bench) {
    bench.pace("5/s", 200, 200, EPOCH).await;
    bench.submit(vec![effect("a"), effect("b")], EPOCH).await;
    let claimed = bench.claim(2, EPOCH).await;
    let slot = bench.store.next_slot(claimed[0].lease, Duration::from_secs(1), at(0.1)).await.unwrap();
    assert_eq!(slot, Some(at(0.4)), "after that of b");
    let lost = weipay_relay::store::Lease { token: claimed[0].lease.token + 99, ..claimed[0].lease };
    assert_eq!(bench.store.next_slot(lost, Duration::from_secs(1), at(0.1)).await.unwrap(), None);
    assert_eq!(bench.job("a").await.state, State::Running);
}

async fn a_slot_too_far_ahead_gives_the_job_back_without_an_attempt(bench: Bench) {
    bench.pace("5/s", 3_000, 3_000, EPOCH).await;
    bench.submit(vec![effect("a")], EPOCH).await;
    let claimed = bench.claim_one(EPOCH).await;
    let slot = bench.store.next_slot(claimed.lease, Duration::from_secs(1), at(0.5)).await.unwrap();
    assert_eq!(slot, None);
    let job = bench.job("a").await;
    assert_eq!((job.state, job.attempts, job.earlier), (State::Ready, 0, None));
    assert!(!bench.finish(claimed.lease, settled(), at(0.5)).await, "its lease is over");
    assert_eq!(bench.claim_one(at(2.5)).await.slot, Some(at(3.0)));
}

async fn refusals_for_speed_slow_down_and_successes_recover(bench: Bench) {
    bench.pace("5/s", 200, 1_000, EPOCH).await;
    bench.submit((0..120).map(|n| effect(&format!("e{n}"))).collect(), EPOCH).await;
    let first = bench.claim_one(EPOCH).await;
    bench.store.slow_down("5/s", at(10.0), at(0.1)).await.unwrap();
    bench.finish(first.lease, Ending::Again { due: at(0.1), counts: false }, at(0.1)).await;
    assert_eq!(bench.job("e0").await.attempts, 0, "a refusal for speed is no attempt");
    assert!(bench.claim(1, at(8.0)).await.is_empty(), "nothing before the moment that was asked for");
    let slots: Vec<_> = bench.claim(5, at(9.5)).await.iter().map(|claimed| claimed.slot.unwrap()).collect();
    assert_eq!(slots, [at(10.0), at(10.4)]);
    for _ in 0..3 {
        bench.store.slow_down("5/s", at(10.0), at(10.4)).await.unwrap();
    }
    let (a, b) = (bench.claim_one(at(20.0)).await, bench.claim_one(at(20.0)).await);
    assert_eq!((a.slot, b.slot), (Some(at(20.0)), Some(at(21.0))), "not slower than the slowest");
    let mut now = at(30.0);
    for _ in 0..60 {
        let claimed = bench.claim_one(now).await;
        now = claimed.slot.unwrap();
        bench.finish(claimed.lease, settled(), now).await;
    }
    let (a, b) = (bench.claim_one(now).await.slot.unwrap(), bench.claim_one(now).await.slot.unwrap());
    assert_eq!(b.duration_since(a).as_millis(), 200, "back at its pace");
}

async fn an_expired_job_needs_no_slot(bench: Bench) {
    bench.pace("5/s", 60_000, 60_000, EPOCH).await;
    bench.submit(vec![effect("a"), NewJob { not_after: Some(at(30.0)), ..effect("b") }], EPOCH).await;
    bench.claim_one(EPOCH).await;
    assert!(bench.claim(5, at(29.0)).await.is_empty());
    let expired = bench.claim_one(at(30.0)).await;
    assert_eq!((expired.job.work.key.as_str(), expired.slot), ("b", None));
    // A repetition that would come too late comes in time to say so.
    bench.submit(vec![NewJob { not_after: Some(at(40.0)), ..question("c") }], at(31.0)).await;
    let claimed = bench.claim_one(at(31.0)).await;
    bench.finish(claimed.lease, again(at(99.0)), at(31.0)).await;
    assert_eq!(bench.claim_keys(1, at(40.0)).await, ["c"]);
}

async fn clocks_that_jump_neither_stop_nor_hurry_a_budget(bench: Bench) {
    bench.pace("5/s", 200, 200, at(7200.0)).await;
    bench.submit((0..40).map(|n| effect(&format!("e{n}"))).collect(), EPOCH).await;
    bench.claim(5, at(7200.0)).await;
    // The clock is set back two hours: slots that were given out stay given out, and no more than that.
    let back = bench.claim(10, EPOCH).await;
    let slots: Vec<_> =
        back.iter().map(|claimed| claimed.slot.unwrap().duration_since(EPOCH).as_millis()).collect();
    assert_eq!(slots, [1000], "after the five that were given out");
    // And forward again: from there on at the same pace.
    let forward = bench.claim(3, at(7200.0)).await;
    let slots: Vec<_> =
        forward.iter().map(|claimed| claimed.slot.unwrap().duration_since(at(7200.0)).as_millis()).collect();
    assert_eq!(slots, [0, 200, 400]);
    // Two processes whose clocks differ a little share one pace.
    let slot = bench.claim_one(at(7199.9)).await.slot.unwrap();
    assert_eq!(slot, at(7200.6));
}

async fn next_due_tells_when_to_look_again(bench: Bench) {
    let near = Want { ahead: Duration::from_millis(300), ..want(5) };
    let next = async |now| bench.store.next_due(&near, now).await.unwrap();
    assert_eq!(next(EPOCH).await, None);
    bench.pace("5/s", 1_000, 1_000, EPOCH).await;
    bench.submit(vec![NewJob { due: at(50.0), ..question("later") }, effect("a"), effect("b")], EPOCH).await;
    assert!(next(EPOCH).await.unwrap() <= EPOCH, "there is work now");
    bench.claim_one(EPOCH).await;
    assert_eq!(next(EPOCH).await, Some(at(0.7)), "when the next slot is near enough");
    let claimed = claim(&*bench.store, 1, EPOCH).await;
    assert_eq!(keys(&claimed), ["b"]);
    assert_eq!(next(EPOCH).await, Some(at(30.0)), "when a lease may run out");
    for claimed in claimed {
        bench.store.finish(claimed.lease, Attempted::default(), settled(), EPOCH).await.unwrap();
    }
    bench.submit(vec![ordered("o1"), ordered("o2")], EPOCH).await;
    bench.claim_one(EPOCH).await;
    assert_eq!(next(EPOCH).await, Some(at(30.0)), "what waits for its order is no reason to look");
}
