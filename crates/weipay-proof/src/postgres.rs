//! The PostgreSQL server of a proof. What it does takes its time, and holds nothing else up.

use std::sync::Arc;

use crate::Error;

/// A running server; it ends with its last handle.
#[derive(Clone)]
pub(crate) struct Server(Arc<weipay_postgres::Server>);

impl Server {
    pub(crate) async fn start() -> Result<Self, Error> {
        meanwhile(weipay_postgres::Server::start).await.map(|server| Self(Arc::new(server)))
    }

    /// A new database; its URL.
    pub(crate) async fn database(&self, name: &'static str) -> Result<String, Error> {
        let server = Arc::clone(&self.0);
        meanwhile(move || server.database(name)).await
    }

    /// It crashes and starts again: every connection breaks.
    pub(crate) async fn restart(&self) -> Result<(), Error> {
        let server = Arc::clone(&self.0);
        meanwhile(move || server.crash().and_then(|()| server.start_again())).await
    }
}

async fn meanwhile<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, weipay_postgres::Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Error::Process("the PostgreSQL server could not be spoken to".to_owned())),
    }
}
