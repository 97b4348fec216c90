//! How attempts end: with their owner, or without.

use std::time::Duration;

use weipay::Outcome;
use weipay_relay::job::{Attempted, Ending, NewJob, State};
use weipay_relay::store::StoreError;

use super::bench::{again, by, question, settled};
use super::{Bench, EPOCH, at, on_every_store};

on_every_store!(
    a_result_and_what_follows_are_kept_together,
    t16_an_attempt_that_never_ended_counts_as_unknown,
    t16_the_worst_earlier_outcome_is_told,
    whoever_lost_the_lease_cannot_end_the_job,
    a_renewed_lease_lasts_and_a_lost_one_is_named,
    again_and_again_down_is_dead,
    an_attempt_that_ends_clears_the_crashes_before_it,
    the_first_crash_costs_no_time_and_every_further_one_more,
    leases_survive_a_clock_that_jumps,
    the_merchants_work_commits_with_the_ending,
    the_merchants_work_cannot_end_the_transaction,
    a_panic_in_the_merchants_work_is_an_error,
);

async fn a_result_and_what_follows_are_kept_together(bench: Bench) {
    bench.submit(vec![question("R1/decide")], EPOCH).await;
    let claimed = bench.claim_one(EPOCH).await;
    assert_eq!((claimed.job.attempts, claimed.job.earlier), (0, None));
    let ending = Ending::Settled {
        result: Some(b"sealed result".to_vec()),
        follow: vec![question("R1/confirm"), question("R1/decide")],
    };
    assert!(bench.finish(claimed.lease, ending, at(1.0)).await);
    let job = bench.job("R1/decide").await;
    assert_eq!((job.state, job.attempts, job.ended), (State::Settled, 1, Some(at(1.0))));
    assert_eq!(job.result.as_deref(), Some(b"sealed result".as_slice()));
    assert_eq!(bench.claim_keys(5, at(1.0)).await, ["R1/confirm"]);
    assert!(!bench.finish(claimed.lease, settled(), at(2.0)).await, "it has ended");
}

async fn t16_an_attempt_that_never_ended_counts_as_unknown(bench: Bench) {
    bench.submit(vec![question("a")], EPOCH).await;
    bench.claim_one(EPOCH).await;
    assert_eq!(bench.store.reclaim(5, at(29.9)).await.unwrap(), 0);
    assert_eq!(bench.store.reclaim(5, at(30.0)).await.unwrap(), 1);
    let claimed = bench.claim_one(at(30.0)).await;
    assert_eq!(claimed.job.earlier, Some(Outcome::Unknown));
    assert_eq!((claimed.job.crashes, claimed.job.attempts), (1, 0));
}

async fn t16_the_worst_earlier_outcome_is_told(bench: Bench) {
    bench.submit(vec![question("a")], EPOCH).await;
    let seen = [
        (Outcome::NotSent, Outcome::NotSent),
        (Outcome::Unknown, Outcome::Unknown),
        (Outcome::Rejected, Outcome::Unknown),
    ];
    for (ends, earlier) in seen {
        let claimed = bench.claim_one(EPOCH).await;
        bench.store.finish(claimed.lease, by(ends), again(EPOCH), EPOCH).await.unwrap();
        assert_eq!(bench.job("a").await.earlier, Some(earlier));
    }
}

async fn whoever_lost_the_lease_cannot_end_the_job(bench: Bench) {
    bench.submit(vec![question("a")], EPOCH).await;
    let late = bench.claim_one(EPOCH).await;
    bench.store.reclaim(5, at(30.0)).await.unwrap();
    let ending = Ending::Settled { result: None, follow: vec![question("b")] };
    assert!(!bench.finish(late.lease, ending.clone(), at(31.0)).await);
    let owner = bench.claim_one(at(31.0)).await;
    assert!(owner.lease.token > late.lease.token);
    assert!(!bench.finish(late.lease, ending, at(32.0)).await);
    assert_eq!(bench.job("a").await.state, State::Running);
    assert!(bench.store.job("shop", "b").await.unwrap().is_none(), "nothing of the late one is left");
    assert!(bench.finish(owner.lease, settled(), at(33.0)).await);
}

async fn a_renewed_lease_lasts_and_a_lost_one_is_named(bench: Bench) {
    bench.submit(vec![question("a"), question("b")], EPOCH).await;
    let claimed = bench.claim(2, EPOCH).await;
    let (a, b) = (claimed[0].lease, claimed[1].lease);
    bench.finish(b, settled(), at(1.0)).await;
    let lost = bench.store.renew(&[b, a], Duration::from_secs(30), at(20.0)).await.unwrap();
    assert_eq!(lost, [b]);
    assert_eq!(bench.store.reclaim(5, at(49.0)).await.unwrap(), 0);
    assert_eq!(bench.store.reclaim(5, at(50.0)).await.unwrap(), 1);
}

async fn again_and_again_down_is_dead(bench: Bench) {
    bench.submit(vec![question("poison")], EPOCH).await;
    for crash in 1..=3 {
        let now = at(f64::from(crash) * 100.0);
        bench.claim_one(now).await;
        bench.store.reclaim(3, now + Duration::from_secs(30)).await.unwrap();
        let job = bench.job("poison").await;
        assert_eq!(job.crashes, u32::try_from(crash).unwrap());
        assert_eq!(job.state == State::Dead, crash == 3);
    }
    assert!(bench.claim(1, at(999.0)).await.is_empty());
    assert!(bench.job("poison").await.reason.is_some());
}

async fn an_attempt_that_ends_clears_the_crashes_before_it(bench: Bench) {
    bench.submit(vec![question("innocent")], EPOCH).await;
    for round in 0..4 {
        let now = at(f64::from(round) * 100.0);
        bench.claim_one(now).await;
        bench.store.reclaim(2, now + Duration::from_secs(30)).await.unwrap();
        assert_eq!(bench.job("innocent").await.crashes, 1);
        let now = now + Duration::from_secs(30);
        let claimed = bench.claim_one(now).await;
        assert!(bench.finish(claimed.lease, again(now), now).await);
        let job = bench.job("innocent").await;
        assert_eq!((job.state, job.crashes), (State::Ready, 0));
    }
}

async fn the_first_crash_costs_no_time_and_every_further_one_more(bench: Bench) {
    bench.submit(vec![question("a")], EPOCH).await;
    bench.claim_one(EPOCH).await;
    let mut now = 0.0;
    for pause in [0.0, 0.5, 2.0] {
        now += 30.0;
        bench.store.reclaim(12, at(now)).await.unwrap();
        if pause > 0.0 {
            assert!(bench.claim(1, at(now + pause - 0.1)).await.is_empty(), "{pause}");
        }
        now += pause;
        bench.claim_one(at(now)).await;
    }
}

async fn leases_survive_a_clock_that_jumps(bench: Bench) {
    bench.submit(vec![question("a")], EPOCH).await;
    let claimed = bench.claim_one(at(7200.0)).await;
    // Set back two hours: the lease runs from here, it does not last two hours more.
    assert_eq!(bench.store.reclaim(5, EPOCH).await.unwrap(), 0);
    assert_eq!(bench.store.reclaim(5, at(29.0)).await.unwrap(), 0);
    assert!(bench.store.renew(&[claimed.lease], Duration::from_secs(30), at(29.0)).await.unwrap().is_empty());
    assert_eq!(bench.store.reclaim(5, at(58.0)).await.unwrap(), 0);
    assert_eq!(bench.store.reclaim(5, at(59.0)).await.unwrap(), 1);
    // Set forward: the lease is over, the job is not lost, the late owner changes nothing.
    let claimed = bench.claim_one(at(59.0)).await;
    assert_eq!(bench.store.reclaim(5, at(9999.0)).await.unwrap(), 1);
    assert!(!bench.finish(claimed.lease, settled(), at(9999.0)).await);
    assert_eq!(bench.claim_keys(1, at(10_000.0)).await, ["a"]);
}

async fn the_merchants_work_commits_with_the_ending(bench: Bench) {
    bench.submit(vec![question("a"), NewJob { order: None, ..question("b") }], EPOCH).await;
    let claimed = bench.claim(2, EPOCH).await;
    let work = |number: i64| -> weipay_relay::store::Work {
        Box::new(move |tx| {
            Box::pin(async move {
                tx.execute("CREATE TABLE IF NOT EXISTS shop_points (member TEXT, points BIGINT)", &[])
                    .await?;
                tx.execute("INSERT INTO shop_points VALUES ($1, $2)", &["M1".into(), number.into()]).await?;
                let rows =
                    tx.rows("SELECT points FROM shop_points WHERE member = $1", &["M1".into()]).await?;
                assert_eq!(rows[0].get::<i64>("points")?, 7);
                match number {
                    7 => Ok(settled()),
                    _ => Err(StoreError::Refused("not today".to_owned())),
                }
            })
        })
    };
    assert!(bench.store.finish_with(claimed[0].lease, Attempted::default(), work(7), EPOCH).await.unwrap());
    assert_eq!(bench.job("a").await.state, State::Settled);
    let failed = bench.store.finish_with(claimed[1].lease, Attempted::default(), work(8), EPOCH).await;
    assert!(failed.is_err());
    assert_eq!(bench.job("b").await.state, State::Running);
    let seen = std::sync::Arc::new(std::sync::Mutex::new(0));
    let count: weipay_relay::store::Work = {
        let seen = seen.clone();
        Box::new(move |tx| {
            Box::pin(async move {
                let rows = tx.rows("SELECT count(*) AS n FROM shop_points", &[]).await?;
                *seen.lock().unwrap() = rows[0].get::<i64>("n")?;
                Ok(settled())
            })
        })
    };
    assert!(bench.store.finish_with(claimed[1].lease, Attempted::default(), count, EPOCH).await.unwrap());
    assert_eq!(*seen.lock().unwrap(), 1, "what the failed work inserted is gone");
    let never: weipay_relay::store::Work = Box::new(|_| panic!("the lease is lost"));
    assert!(!bench.store.finish_with(claimed[0].lease, Attempted::default(), never, EPOCH).await.unwrap());
}

async fn the_merchants_work_cannot_end_the_transaction(bench: Bench) {
    bench.submit(vec![question("a")], EPOCH).await;
    let claimed = bench.claim_one(EPOCH).await;
    for sql in ["COMMIT", " rollback", "SELECT 1; COMMIT", "savepoint x"] {
        let work: weipay_relay::store::Work = Box::new(move |tx| {
            Box::pin(async move {
                tx.execute(sql, &[]).await?;
                Ok(settled())
            })
        });
        let refused = bench.store.finish_with(claimed.lease, Attempted::default(), work, EPOCH).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{sql}");
    }
    assert_eq!(bench.job("a").await.state, State::Running);
}

async fn a_panic_in_the_merchants_work_is_an_error(bench: Bench) {
    bench.submit(vec![question("a")], EPOCH).await;
    let claimed = bench.claim_one(EPOCH).await;
    let work: weipay_relay::store::Work = Box::new(|_| Box::pin(async { panic!("a handler's mistake") }));
    let panicked = bench.store.finish_with(claimed.lease, Attempted::default(), work, EPOCH).await;
    assert!(matches!(panicked, Err(StoreError::Refused(_))), "{panicked:?}");
    assert!(bench.finish(claimed.lease, settled(), EPOCH).await, "the store goes on");
}
