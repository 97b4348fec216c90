//! The two clients under one trait, so that one suite judges both.

use std::future::IntoFuture as _;
use std::sync::LazyLock;

use http::HeaderMap;
use serde_json::Value;
use tokio::runtime::Runtime;
use weipay::{
    Answer, AsyncHandle, BlockingHandle, Call, Client, ClientBuilder, ConfigError, Credential, Envelope,
    Error, Handle, Notification, NotificationError, Path, Request, blocking,
};

/// A client of either kind.
pub(crate) trait Kind: Handle + Clone + Send + Sync + 'static {
    fn start() -> ClientBuilder<Self>;
    fn finish(builder: ClientBuilder<Self>) -> Result<Self, ConfigError>;
    fn value(request: Request<'_, Self>) -> Result<Value, Error>;
    fn envelope(request: Request<'_, Self>) -> Result<Envelope<Value>, Error>;
    fn run(&self, call: Call) -> Result<Answer, Error>;
    fn fetch_certificates(&self) -> Result<Vec<String>, Error>;
    fn take_notification(&self, headers: &HeaderMap, body: &[u8]) -> Result<Notification, NotificationError>;
    fn handle_of(&self, credential: Credential) -> Self;

    fn path(&self, template: &str) -> Path<'_, Self> {
        Path::new(self, template)
    }
}

/// The runtime of the async client's tests: one, so that connections live on from call to call.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

impl Kind for Client {
    fn start() -> ClientBuilder<Self> {
        Client::builder()
    }

    fn finish(builder: ClientBuilder<Self>) -> Result<Self, ConfigError> {
        builder.build()
    }

    fn value(request: Request<'_, Self>) -> Result<Value, Error> {
        RUNTIME.block_on(request.into_future())
    }

    fn envelope(request: Request<'_, Self>) -> Result<Envelope<Value>, Error> {
        RUNTIME.block_on(request.send())
    }

    fn run(&self, call: Call) -> Result<Answer, Error> {
        RUNTIME.block_on(self.execute(call))
    }

    fn fetch_certificates(&self) -> Result<Vec<String>, Error> {
        RUNTIME.block_on(self.certificates())
    }

    fn take_notification(&self, headers: &HeaderMap, body: &[u8]) -> Result<Notification, NotificationError> {
        RUNTIME.block_on(self.notification(headers, body))
    }

    fn handle_of(&self, credential: Credential) -> Self {
        self.with_credential(credential)
    }
}

impl Kind for blocking::Client {
    fn start() -> ClientBuilder<Self> {
        blocking::Client::builder()
    }

    fn finish(builder: ClientBuilder<Self>) -> Result<Self, ConfigError> {
        builder.build()
    }

    fn value(request: Request<'_, Self>) -> Result<Value, Error> {
        request.call()
    }

    fn envelope(request: Request<'_, Self>) -> Result<Envelope<Value>, Error> {
        request.send()
    }

    fn run(&self, call: Call) -> Result<Answer, Error> {
        self.execute(call)
    }

    fn fetch_certificates(&self) -> Result<Vec<String>, Error> {
        self.certificates()
    }

    fn take_notification(&self, headers: &HeaderMap, body: &[u8]) -> Result<Notification, NotificationError> {
        self.notification(headers, body)
    }

    fn handle_of(&self, credential: Credential) -> Self {
        self.with_credential(credential)
    }
}

/// Makes `#[test]` functions of generic ones: each once per client.
macro_rules! both {
    ($($name:ident),+ $(,)?) => {
        mod awaited {
            $(#[test] fn $name() { super::$name::<weipay::Client>(); })+
        }
        mod called {
            $(#[test] fn $name() { super::$name::<weipay::blocking::Client>(); })+
        }
    };
}
pub(crate) use both;
