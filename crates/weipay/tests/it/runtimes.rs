//! Where clients may be called from, and what is left when a call is dropped.

use std::time::Duration;

use weipay::{BlockingHandle, Call, Client, Outcome, blocking, catalog::ops::Method};
use weipay_testkit::wire::{Action, Server};

use crate::world::{PATH, answers, client, redeem, signed};

fn call() -> Call {
    Call::new(Method::Get, PATH)
}

#[tokio::test]
async fn the_blocking_client_works_inside_a_current_thread_runtime() {
    let server = answers(&signed(200, "{}"));
    let client: blocking::Client = client(&server.url());
    // More polls than the budget of one async task, which is never refilled while its thread is blocked.
    for _ in 0..200 {
        client.execute(call()).unwrap();
    }
    assert_eq!(server.requests().len(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_blocking_client_works_inside_tasks_of_a_multi_thread_runtime() {
    let server = answers(&signed(200, "{}"));
    let client: blocking::Client = client(&server.url());
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                for _ in 0..100 {
                    client.execute(call()).unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(server.requests().len(), 400);
}

#[test]
fn the_blocking_client_works_on_many_threads_at_once() {
    let server = answers(&signed(200, "{}"));
    let client: blocking::Client = client(&server.url());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..20).for_each(|_| drop(redeem(&client).call().unwrap())));
        }
    });
    assert_eq!(server.requests().len(), 160);
    assert!(server.connections() <= 32, "{} connections", server.connections());
}

#[test]
fn one_client_serves_one_runtime_after_the_other() {
    let server = answers(&signed(200, "{}"));
    let client: Client = client(&server.url());
    for _ in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { redeem(&client).await }).unwrap();
    }
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_dropped_call_closes_its_connection_and_harms_no_other() {
    let server = Server::start([
        vec![Action::Read, Action::Stall],
        vec![Action::Read, Action::Write(signed(200, "{}").bytes())],
    ]);
    let client: Client = client(&server.url());
    let cut = tokio::time::timeout(Duration::from_millis(50), redeem(&client).into_future()).await;
    assert!(cut.is_err());
    redeem(&client).await.unwrap();
    assert_eq!(server.connections(), 2, "a connection with an unfinished answer is never used again");
}

#[tokio::test(start_paused = true)]
async fn pauses_between_attempts_are_on_the_clock_of_the_runtime() {
    let transport = crate::signing::Unplugged::default();
    let count = transport.0.clone();
    let client = crate::world::configured::<Client>("http://127.0.0.1:1")
        .transport(transport)
        .connect_attempts(4)
        .build()
        .unwrap();
    let started = tokio::time::Instant::now();
    let error = redeem(&client).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert_eq!(count.load(std::sync::atomic::Ordering::Relaxed), 4);
    assert!(started.elapsed() >= Duration::from_millis(200 + 400 + 800), "{:?}", started.elapsed());
}
