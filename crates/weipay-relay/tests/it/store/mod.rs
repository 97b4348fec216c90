//! One suite for every store: what holds on SQLite holds on PostgreSQL.

mod alone;
pub(crate) mod bench;
mod claim;
mod ending;
mod inbox;
mod operate;
mod power;
pub(crate) mod server;

pub(crate) use bench::{Bench, EPOCH, at};

/// Runs each test on every store. PostgreSQL's are skipped aloud where no server is installed.
macro_rules! on_every_store {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::store::Bench::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(bench) = crate::store::Bench::postgres().await {
                    super::$name(bench).await;
                }
            })*
        }
    };
}
pub(crate) use on_every_store;
