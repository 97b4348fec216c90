//! What only one of the stores has to show.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection, PgConnection};
use weipay_relay::job::State;
use weipay_relay::store::{
    Operate as _, PostgresOptions, PostgresStore, Receipt, SqliteOptions, SqliteStore, Store as _, StoreError,
};

use super::bench::{arrival, claim, question, want};
use super::{Bench, EPOCH, at, server};

#[tokio::test]
async fn a_sqlite_store_has_one_owner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let first = SqliteStore::open(SqliteOptions::new(&path)).await.unwrap();
    let second = SqliteStore::open(SqliteOptions::new(&path)).await.unwrap_err();
    assert!(second.to_string().contains("in use by another relay process"), "{second}");
    first.close().await;
    assert!(matches!(first.submit(vec![question("a")], EPOCH).await, Err(StoreError::Closed)));
    SqliteStore::open(SqliteOptions::new(&path)).await.unwrap();
}

#[tokio::test]
async fn leases_of_an_earlier_life_are_void_at_once() {
    let bench = Bench::sqlite().await;
    bench.submit(vec![question("a")], EPOCH).await;
    let lost = bench.claim_one(EPOCH).await;
    let bench = bench.restarted().await;
    assert_eq!(bench.store.next_due(&want(5), EPOCH).await.unwrap().unwrap().as_second(), 0, "at once");
    assert_eq!(bench.store.reclaim(5, EPOCH).await.unwrap(), 1);
    let claimed = bench.claim_one(EPOCH).await;
    assert_eq!((claimed.job.crashes, claimed.job.earlier), (1, Some(weipay::Outcome::Unknown)));
    assert!(claimed.lease.token > lost.lease.token);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let error = SqliteStore::open(SqliteOptions::new("/nowhere/at/all/relay.db")).await.unwrap_err();
    assert!(error.to_string().contains("/nowhere/at/all/relay.db.lock"), "{error}");
}

#[tokio::test]
async fn a_schema_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    SqliteStore::open(SqliteOptions::new(&path)).await.unwrap().close().await;
    let store = SqliteStore::open(SqliteOptions::new(&path)).await.unwrap();
    store.submit(vec![question("a")], EPOCH).await.unwrap();
    let claimed = claim(&store, 1, EPOCH).await;
    let newer: weipay_relay::store::Work = Box::new(|tx| {
        Box::pin(async move {
            tx.execute("INSERT INTO relay_schema (version) VALUES (999)", &[]).await?;
            Ok(super::bench::settled())
        })
    });
    store.finish_with(claimed[0].lease, weipay_relay::job::Attempted::default(), newer, EPOCH).await.unwrap();
    store.close().await;
    let error = SqliteStore::open(SqliteOptions::new(&path)).await.unwrap_err();
    assert!(error.to_string().contains("newer weipay"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_complete_and_opens() {
    let bench = Bench::sqlite().await;
    for number in 0..50 {
        bench
            .store
            .receive(arrival(&format!("N{number}"), &format!("exchange/R{number}")), EPOCH)
            .await
            .unwrap();
    }
    bench.claim(5, EPOCH).await;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    let more = async {
        for number in 50..80 {
            bench
                .store
                .receive(arrival(&format!("N{number}"), &format!("exchange/R{number}")), EPOCH)
                .await
                .unwrap();
        }
    };
    let (written, ()) = tokio::join!(bench.store.backup(&copy), more);
    written.unwrap();
    assert!(bench.store.backup(&copy).await.is_err(), "a backup is never written over");
    let restored = SqliteStore::open(SqliteOptions::new(&copy)).await.unwrap();
    assert_eq!(restored.check().await.unwrap(), Vec::<String>::new());
    for number in 0..50 {
        let again = arrival(&format!("N{number}"), &format!("exchange/R{number}"));
        assert_eq!(restored.receive(again, EPOCH).await.unwrap(), Receipt::Duplicate);
    }
    assert_eq!(restored.reclaim(5, EPOCH).await.unwrap(), 5, "what was under way goes on");
}

#[tokio::test]
async fn n20_a_full_queue_refuses_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions::new(folder.path().join("relay.db")).queue(8);
    let store = Arc::new(SqliteStore::open(options).await.unwrap());
    let burst = (0..200).map(|n| store.receive(arrival(&format!("N{n}"), &format!("exchange/R{n}")), EPOCH));
    let receipts = futures_util::future::join_all(burst).await;
    let busy = receipts.iter().filter(|receipt| matches!(receipt, Err(StoreError::Busy))).count();
    assert!(busy > 0, "two hundred at once do not fit into eight places");
    for (number, receipt) in receipts.iter().enumerate() {
        let again = arrival(&format!("N{number}"), &format!("exchange/R{number}"));
        let known = store.receive(again, at(1.0)).await.unwrap() == Receipt::Duplicate;
        assert_eq!(known, receipt.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_server_may_stop_and_start() {
    let Some(server) = server::Server::start() else { return };
    let url = server.database();
    let store = PostgresStore::open(PostgresOptions::new(&url).unwrap()).await.unwrap();
    store.receive(arrival("N1", "exchange/R1"), EPOCH).await.unwrap();
    let claimed = claim(&store, 1, EPOCH).await.remove(0);
    server.stop();
    let refused = store.receive(arrival("N2", "exchange/R2"), EPOCH).await;
    assert!(refused.is_err(), "{refused:?}");
    let waited = tokio::time::timeout(Duration::from_secs(5), store.changed()).await;
    assert!(waited.is_ok(), "nobody waits for ever on a server that is gone");
    server.start_again();
    assert_eq!(store.receive(arrival("N1", "exchange/R1"), EPOCH).await.unwrap(), Receipt::Duplicate);
    let again = store.receive(arrival("N2", "exchange/R2"), EPOCH).await.unwrap();
    assert!(matches!(again, Receipt::New(_)), "what was refused was not stored");
    let ending = super::bench::settled();
    assert!(
        store.finish(claimed.lease, weipay_relay::job::Attempted::default(), ending, EPOCH).await.unwrap()
    );
    assert_eq!(store.job("shop", "exchange/R1/decide").await.unwrap().unwrap().state, State::Settled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_hears_of_work_that_another_stored() {
    let Some(bench) = Bench::postgres().await else { return };
    let other = bench.another().await;
    bench.submit(vec![question("first")], EPOCH).await;
    // However the first notices come in: until the work is seen, every wait ends.
    let seen = async {
        loop {
            let claimed = claim(&*other, 1, EPOCH).await;
            if !claimed.is_empty() {
                return claimed[0].job.work.key.clone();
            }
            other.changed().await;
        }
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(10), seen).await.unwrap(), "first");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_database_that_may_forget_is_refused() {
    let Some(server) = server::shared() else { return };
    let url = server.database();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let forget = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$";
    sqlx::raw_sql(forget).execute(&mut connection).await.unwrap();
    let error = PostgresStore::open(PostgresOptions::new(&url).unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("synchronous_commit=off"), "{error}");
    let wrong = PostgresOptions::new("mysql://somewhere:secret@host/db").unwrap_err();
    assert!(!wrong.to_string().contains("secret"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_processes_may_open_an_empty_database_at_once() {
    let Some(server) = server::shared() else { return };
    let url = server.database();
    let opened = (0..4).map(|_| PostgresStore::open(PostgresOptions::new(&url).unwrap()));
    let stores = futures_util::future::join_all(opened).await;
    assert!(stores.iter().all(Result::is_ok), "{stores:?}");
}
