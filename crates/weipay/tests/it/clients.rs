//! The two clients under one trait, so that one suite judges both.

use std::future::IntoFuture as _;
use std::path::Path;
use std::sync::LazyLock;

use http::HeaderMap;
use serde_json::Value;
use tokio::runtime::Runtime;
use weipay::{
    Answer, AsyncHandle, BlockingHandle, Call, Certificate, Client, ClientBuilder, ConfigError, Credential,
    Envelope, Error, Handle, Notification, NotificationError, Request, UnverifiedFile, VerifiedFile,
    blocking,
};

/// A client of either kind.
pub(crate) trait Kind: Handle + Clone + Send + Sync + 'static {
    fn start() -> ClientBuilder<Self>;
    fn finish(builder: ClientBuilder<Self>) -> Result<Self, ConfigError>;
    fn value(request: Request<'_, Self>) -> Result<Value, Error>;
    fn envelope(request: Request<'_, Self>) -> Result<Envelope<Value>, Error>;
    fn run(&self, call: Call) -> Result<Answer, Error>;
    fn fetch_certificates(&self) -> Result<Vec<Certificate>, Error>;
    fn take_notification(&self, headers: &HeaderMap, body: &[u8]) -> Result<Notification, NotificationError>;
    fn handle_of(&self, credential: Credential) -> Self;

    fn save(download: Self::Downloading<'_, VerifiedFile>, path: &Path) -> Result<VerifiedFile, Error>;
    fn write(download: Self::Downloading<'_, VerifiedFile>, to: &mut Vec<u8>) -> Result<VerifiedFile, Error>;
    fn write_unverified(
        download: Self::Downloading<'_, UnverifiedFile>,
        to: &mut Vec<u8>,
    ) -> Result<UnverifiedFile, Error>;
    /// Into a writer that takes nothing.
    fn write_full(download: Self::Downloading<'_, VerifiedFile>) -> Result<VerifiedFile, Error>;
    fn told<'c>(
        download: Self::Downloading<'c, VerifiedFile>,
        tell: impl FnMut(u64, Option<u64>) + Send + 'c,
    ) -> Self::Downloading<'c, VerifiedFile>;
    fn at_most(
        download: Self::Downloading<'_, VerifiedFile>,
        max: u64,
    ) -> Self::Downloading<'_, VerifiedFile>;
    fn file_at(&self, address: &str, hash_type: &str, hash: &str) -> Self::Downloading<'_, VerifiedFile>;

    fn path(&self, template: &str) -> weipay::Path<'_, Self> {
        weipay::Path::new(self, template)
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

    fn fetch_certificates(&self) -> Result<Vec<Certificate>, Error> {
        RUNTIME.block_on(self.certificates())
    }

    fn take_notification(&self, headers: &HeaderMap, body: &[u8]) -> Result<Notification, NotificationError> {
        RUNTIME.block_on(self.notification(headers, body))
    }

    fn handle_of(&self, credential: Credential) -> Self {
        self.with_credential(credential)
    }

    fn save(download: Self::Downloading<'_, VerifiedFile>, path: &Path) -> Result<VerifiedFile, Error> {
        RUNTIME.block_on(download.to_file(path))
    }

    fn write(download: Self::Downloading<'_, VerifiedFile>, to: &mut Vec<u8>) -> Result<VerifiedFile, Error> {
        RUNTIME.block_on(download.to_writer(to))
    }

    fn write_unverified(
        download: Self::Downloading<'_, UnverifiedFile>,
        to: &mut Vec<u8>,
    ) -> Result<UnverifiedFile, Error> {
        RUNTIME.block_on(download.to_writer(to))
    }

    fn write_full(download: Self::Downloading<'_, VerifiedFile>) -> Result<VerifiedFile, Error> {
        RUNTIME.block_on(download.to_writer(&mut std::io::Cursor::new(&mut [0_u8; 3][..])))
    }

    fn told<'c>(
        download: Self::Downloading<'c, VerifiedFile>,
        tell: impl FnMut(u64, Option<u64>) + Send + 'c,
    ) -> Self::Downloading<'c, VerifiedFile> {
        download.progress(tell)
    }

    fn at_most(
        download: Self::Downloading<'_, VerifiedFile>,
        max: u64,
    ) -> Self::Downloading<'_, VerifiedFile> {
        download.max_bytes(max)
    }

    fn file_at(&self, address: &str, hash_type: &str, hash: &str) -> Self::Downloading<'_, VerifiedFile> {
        self.file(address, hash_type, hash)
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

    fn fetch_certificates(&self) -> Result<Vec<Certificate>, Error> {
        self.certificates()
    }

    fn take_notification(&self, headers: &HeaderMap, body: &[u8]) -> Result<Notification, NotificationError> {
        self.notification(headers, body)
    }

    fn handle_of(&self, credential: Credential) -> Self {
        self.with_credential(credential)
    }

    fn save(download: Self::Downloading<'_, VerifiedFile>, path: &Path) -> Result<VerifiedFile, Error> {
        download.to_file(path)
    }

    fn write(download: Self::Downloading<'_, VerifiedFile>, to: &mut Vec<u8>) -> Result<VerifiedFile, Error> {
        download.to_writer(to)
    }

    fn write_unverified(
        download: Self::Downloading<'_, UnverifiedFile>,
        to: &mut Vec<u8>,
    ) -> Result<UnverifiedFile, Error> {
        download.to_writer(to)
    }

    fn write_full(download: Self::Downloading<'_, VerifiedFile>) -> Result<VerifiedFile, Error> {
        download.to_writer(&mut std::io::Cursor::new(&mut [0_u8; 3][..]))
    }

    fn told<'c>(
        download: Self::Downloading<'c, VerifiedFile>,
        tell: impl FnMut(u64, Option<u64>) + Send + 'c,
    ) -> Self::Downloading<'c, VerifiedFile> {
        download.progress(tell)
    }

    fn at_most(
        download: Self::Downloading<'_, VerifiedFile>,
        max: u64,
    ) -> Self::Downloading<'_, VerifiedFile> {
        download.max_bytes(max)
    }

    fn file_at(&self, address: &str, hash_type: &str, hash: &str) -> Self::Downloading<'_, VerifiedFile> {
        self.file(address, hash_type, hash)
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
