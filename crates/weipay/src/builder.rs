//! Puts a client together.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use weipay_core::exchange::{BASE_URL, Settings};
use weipay_core::{ApiV3Key, Certificate, Credential, CredentialBuilder, PrivateKey, PublicKey, Signer};

use crate::client::Core;
use crate::clock::Clock;
use crate::driver::Engine;
use crate::transport::{Pool, Proxy, Tls, Transport};
use crate::{Client, ConfigError, blocking};

/// Puts a [`Client`] or a [`blocking::Client`] together.
///
/// # Examples
///
/// ```
/// let error = weipay::Client::builder().build().unwrap_err();
/// assert!(error.to_string().starts_with("the client has no credential"));
/// ```
#[must_use = "a client comes into being by build()"]
pub struct ClientBuilder<C> {
    caller: Option<Caller>,
    /// What goes into the credential whoever calls: applied when the caller is known.
    keys: Vec<AddKey>,
    base_url: String,
    changes: Vec<Change>,
    user_agent: Option<String>,
    proxy: Option<String>,
    extra_ca: Vec<Vec<u8>>,
    transport: Option<Box<dyn Transport>>,
    clock: Clock,
    client: PhantomData<fn() -> C>,
}

type AddKey = Box<dyn FnOnce(CredentialBuilder) -> CredentialBuilder + Send>;
type Change = Box<dyn FnOnce(&mut Settings) + Send>;

enum Caller {
    Builder(CredentialBuilder),
    Ready(Arc<Credential>),
}

/// Who calls.
impl<C> ClientBuilder<C> {
    pub(crate) fn new() -> Self {
        Self {
            caller: None,
            keys: Vec::new(),
            base_url: BASE_URL.to_owned(),
            changes: Vec::new(),
            user_agent: None,
            proxy: None,
            extra_ca: Vec::new(),
            transport: None,
            clock: Clock::system(),
            client: PhantomData,
        }
    }

    /// A merchant or partner: its merchant number, the serial of its API certificate and that certificate's key.
    pub fn merchant(self, mchid: impl Into<String>, serial: impl Into<String>, key: PrivateKey) -> Self {
        self.caller(Credential::merchant(mchid).private_key(serial, key))
    }

    /// A brand, which calls `/brand/…`: its id, the serial of its API certificate and that certificate's key.
    pub fn brand(self, brand_id: impl Into<String>, serial: impl Into<String>, key: PrivateKey) -> Self {
        self.caller(Credential::brand(brand_id).private_key(serial, key))
    }

    /// A merchant or partner whose key lives elsewhere: in a KMS, an HSM, another process. A signer that hands a local
    /// key to a thread pool also keeps the other tasks of a busy current-thread runtime punctual: a signature takes a
    /// quarter of a millisecond, and a local key signs on the task that sends.
    pub fn merchant_signer(
        self,
        mchid: impl Into<String>,
        serial: impl Into<String>,
        signer: impl Signer + 'static,
    ) -> Self {
        self.caller(Credential::merchant(mchid).signer(serial, Arc::new(signer)))
    }

    /// A brand whose key lives elsewhere.
    pub fn brand_signer(
        self,
        brand_id: impl Into<String>,
        serial: impl Into<String>,
        signer: impl Signer + 'static,
    ) -> Self {
        self.caller(Credential::brand(brand_id).signer(serial, Arc::new(signer)))
    }

    /// A credential that was built elsewhere, with its keys. Keys that are given to this builder are not added to it.
    pub fn credential(mut self, credential: impl Into<Arc<Credential>>) -> Self {
        self.caller = Some(Caller::Ready(credential.into()));
        self
    }

    /// The WeChat Pay public key and its id `PUB_KEY_ID_…`, both from the merchant portal.
    pub fn platform_public_key(self, id: impl Into<String>, key: PublicKey) -> Self {
        let id = id.into();
        self.key(|credential| credential.platform_public_key(id, key))
    }

    /// A platform certificate. Can be given several times, and beside a public key: migrations need both.
    pub fn platform_certificate(self, certificate: Certificate) -> Self {
        self.key(|credential| credential.platform_certificate(certificate))
    }

    /// The APIv3 key (a brand's API key): opens notifications and certificate lists.
    pub fn apiv3_key(self, key: ApiV3Key) -> Self {
        self.key(|credential| credential.apiv3_key(key))
    }

    /// A former APIv3 key, tried when the present one does not open a notification: after a change, some still come.
    pub fn former_apiv3_key(self, key: ApiV3Key) -> Self {
        self.key(|credential| credential.former_apiv3_key(key))
    }

    /// Fetches platform certificates from WeChat Pay when there is none, or when an unknown one is named. Needs the
    /// APIv3 key.
    pub fn download_certificates(self) -> Self {
        self.key(CredentialBuilder::download_certificates)
    }

    fn caller(mut self, credential: CredentialBuilder) -> Self {
        self.caller = Some(Caller::Builder(credential));
        self
    }

    fn key(mut self, add: impl FnOnce(CredentialBuilder) -> CredentialBuilder + Send + 'static) -> Self {
        self.keys.push(Box::new(add));
        self
    }
}

/// Where requests go, and how.
impl<C> ClientBuilder<C> {
    /// Where requests go, such as `http://127.0.0.1:8080` for a sandbox. WeChat Pay's main host if not given.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// How long a connection may take to stand, TLS and proxy included. 5 s if not given.
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        self.change(move |settings| settings.connect_timeout = timeout)
    }

    /// How long one attempt may take, from its connection to the last byte of its answer. 15 s if not given.
    pub fn attempt_timeout(self, timeout: Duration) -> Self {
        self.change(move |settings| settings.attempt_timeout = timeout)
    }

    /// How long a call may take in all, pauses and refreshes included. 30 s if not given.
    pub fn total_timeout(self, timeout: Duration) -> Self {
        self.change(move |settings| settings.total_timeout = timeout)
    }

    /// How long the download of a file may take in all; `attempt_timeout` bounds its silences. 15 minutes if not given.
    pub fn download_timeout(self, timeout: Duration) -> Self {
        self.change(move |settings| settings.download_timeout = timeout)
    }

    /// How many bytes a downloaded file may have, inflated. 1 GiB if not given.
    pub fn max_file(self, bytes: u64) -> Self {
        self.change(move |settings| settings.max_file = bytes)
    }

    /// How many bytes an answer may have. 8 MiB if not given.
    pub fn max_answer(self, bytes: usize) -> Self {
        self.change(move |settings| settings.max_answer = bytes)
    }

    /// How often a connection is tried; only attempts of which no byte was sent are repeated. Once if not given.
    pub fn connect_attempts(self, attempts: u32) -> Self {
        self.change(move |settings| settings.connect_attempts = attempts)
    }

    /// A product to name in `User-Agent`, behind `weipay/…`, such as `my-shop/1.2`.
    pub fn user_agent(mut self, product: impl Into<String>) -> Self {
        self.user_agent = Some(product.into());
        self
    }

    /// An HTTP proxy, `http://host:port` or `http://user:password@host:port`, asked for a tunnel by `CONNECT`. Proxies
    /// that the environment names are ignored.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Trusts the certificate authorities in this PEM text as well as those of the platform and the bundled ones. Can
    /// be given several times.
    pub fn extra_ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.extra_ca.push(pem.into());
        self
    }

    /// Another transport than the default one. Proxy and additional authorities are then its own affair.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Box::new(transport));
        self
    }

    /// The wall clock in Unix seconds, for tests that replay what was signed long ago.
    #[doc(hidden)]
    pub fn clock(mut self, unix: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        self.clock = Clock::fake(unix);
        self
    }

    fn change(mut self, change: impl FnOnce(&mut Settings) + Send + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// Checks everything. Nothing is read from the network, and no certificate file before the first `https` call.
    fn core(self) -> Result<Core, ConfigError> {
        let credential = match self.caller {
            None => return Err(ConfigError::NoCredential),
            Some(Caller::Ready(credential)) => credential,
            Some(Caller::Builder(credential)) => {
                Arc::new(self.keys.into_iter().fold(credential, |credential, add| add(credential)).build()?)
            }
        };
        let mut settings = Settings::new(&self.base_url)?;
        self.changes.into_iter().for_each(|change| change(&mut settings));
        if let Some(product) = self.user_agent {
            name(&mut settings, &product)?;
        }
        check(&settings)?;
        let transport = match self.transport {
            Some(_) if self.proxy.is_some() || !self.extra_ca.is_empty() => {
                return Err(ConfigError::Setting(
                    "a proxy and additional authorities belong to the default transport; configure them in your own".to_owned(),
                ));
            }
            Some(transport) => transport,
            None => Box::new(pool(self.proxy.as_deref(), &self.extra_ca)?),
        };
        let engine = Engine { settings: Arc::new(settings), transport, clock: self.clock };
        Ok(Core { credential, engine: Arc::new(engine) })
    }
}

impl ClientBuilder<Client> {
    /// Checks everything and gives the client. Nothing is sent.
    pub fn build(self) -> Result<Client, ConfigError> {
        self.core().map(Client::from_core)
    }
}

impl ClientBuilder<blocking::Client> {
    /// Checks everything and gives the client. Nothing is sent. The first one starts the background thread.
    pub fn build(self) -> Result<blocking::Client, ConfigError> {
        let core = self.core()?;
        blocking::start().map_err(ConfigError::Thread)?;
        Ok(blocking::Client::from_core(core))
    }
}

impl<C> fmt::Debug for ClientBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The proxy's URL may hold a password.
        f.debug_struct("ClientBuilder")
            .field("base_url", &self.base_url)
            .field("proxy", &self.proxy.is_some())
            .field("extra_ca", &self.extra_ca.len())
            .finish_non_exhaustive()
    }
}

fn pool(proxy: Option<&str>, extra_ca: &[Vec<u8>]) -> Result<Pool, ConfigError> {
    let proxy = proxy.map(Proxy::parse).transpose().map_err(ConfigError::Proxy)?;
    let mut tls = Tls::default();
    for pem in extra_ca {
        tls.trust(pem).map_err(ConfigError::ExtraCa)?;
    }
    Ok(Pool::new(proxy, tls))
}

fn name(settings: &mut Settings, product: &str) -> Result<(), ConfigError> {
    let ours = settings.user_agent.to_str().unwrap_or_default();
    let value = HeaderValue::try_from(format!("{ours} {product}")).map_err(|_| {
        ConfigError::Setting("the user agent holds a character that no header can carry".to_owned())
    })?;
    settings.user_agent = value;
    Ok(())
}

fn check(settings: &Settings) -> Result<(), ConfigError> {
    let timeouts = [
        ("connect_timeout", settings.connect_timeout),
        ("attempt_timeout", settings.attempt_timeout),
        ("total_timeout", settings.total_timeout),
        ("download_timeout", settings.download_timeout),
    ];
    let wrong = |text: String| Err(ConfigError::Setting(text));
    if let Some((name, _)) = timeouts.iter().find(|(_, timeout)| timeout.is_zero()) {
        return wrong(format!("{name} is zero, so that every call would fail"));
    }
    if settings.connect_attempts == 0 {
        return wrong("connect_attempts is zero, so that nothing would be sent".to_owned());
    }
    if settings.max_answer == 0 {
        return wrong("max_answer is zero, so that every answer would be refused".to_owned());
    }
    Ok(())
}
