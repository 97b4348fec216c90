//! A client of the tests' own: raw TCP, its own string to sign, its own verification. It shares no code with the
//! sandbox and none with weipay.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use weipay_sandbox::{Credentials, RunningWorld, Sandbox, World};

pub(crate) const CONFIRM: &str = "/v3/brand/partner/card-member/user-points/exchange-coupon/confirm";
pub(crate) const SYNC: &str = "/v3/brand/partner/card-member/user-points/sync";
pub(crate) const NOTIFY: &str = "/v3/businesscircle/points/notify";
pub(crate) const USE: &str = "/v3/marketing/busifavor/coupons/use";
pub(crate) const COMMIT: &str =
    "/v3/marketing/membercard-open/cards/478515832665/codes/478515832665/bonus/commit";
pub(crate) const PREPARE: &str =
    "/v3/marketing/membercard-open/cards/478515832665/codes/478515832665/bonus/prepare";
pub(crate) const RIGHTS: &str = "/v3/marketing/membercard-open/cards/478515832665/codes/478515832665/rights";

/// Signs as one caller.
#[derive(Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    pub(crate) credentials: Credentials,
    scheme: &'static str,
    key: Arc<KeyPair>,
}

/// A request before it is sent; every part can be made wrong.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) method: String,
    /// What goes into the request line.
    pub(crate) target: String,
    /// What is signed instead of the target, if another.
    pub(crate) signed_target: Option<String>,
    pub(crate) body: Vec<u8>,
    /// What is signed instead of the body, if another.
    pub(crate) signed_body: Option<Vec<u8>>,
    /// What is signed instead of the whole string, if another.
    pub(crate) signed: Option<Vec<u8>>,
    pub(crate) timestamp: String,
    pub(crate) nonce: String,
    pub(crate) scheme: String,
    pub(crate) identity: String,
    pub(crate) serial: String,
    /// Sent instead of the header that follows from all this.
    pub(crate) authorization: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn new(sandbox: &RunningWorld) -> Self {
        Self::with(sandbox, sandbox.credentials())
    }

    pub(crate) fn of(sandbox: &RunningWorld, mchid: &str) -> Self {
        Self::with(sandbox, sandbox.credentials_of(mchid).unwrap())
    }

    pub(crate) fn with(sandbox: &RunningWorld, credentials: Credentials) -> Self {
        let der = der(&credentials.private_key_pem);
        let (address, scheme) = (sandbox.addr(), "WECHATPAY2-SHA256-RSA2048 mchid");
        Self { address, credentials, scheme, key: Arc::new(KeyPair::from_pkcs8(&der).unwrap()) }
    }

    /// Signs as the environment of a sandbox says, which may be another process's.
    pub(crate) fn of_environment(like: &RunningWorld, environment: &BTreeMap<String, String>) -> Self {
        let value = |name: &str| environment[name].clone();
        let mut credentials = like.credentials();
        credentials.mchid = value("WEIPAY_MCHID");
        credentials.merchant_serial = value("WEIPAY_MERCHANT_SERIAL");
        credentials.private_key_pem = value("WEIPAY_PRIVATE_KEY");
        credentials.platform_key_id = value("WEIPAY_PLATFORM_KEY_ID");
        credentials.platform_public_key_pem = value("WEIPAY_PLATFORM_PUBLIC_KEY");
        let address = value("WEIPAY_BASE_URL").strip_prefix("http://").unwrap().parse().unwrap();
        Self { address, ..Self::with(like, credentials) }
    }

    /// Signs as the brand 1004 of the documentation.
    pub(crate) fn of_brand(sandbox: &Sandbox) -> Self {
        let world = World::documentation();
        let brand = world.brand("1004").unwrap().credential.clone().unwrap();
        let mut credentials = sandbox.credentials();
        credentials.mchid = "1004".to_owned();
        credentials.merchant_serial = serial_of(&brand.certificate.certificate_pem);
        credentials.private_key_pem = brand.certificate.private_key_pem.expose().to_owned();
        credentials.platform_key_id = brand.platform_key_id;
        credentials.platform_public_key_pem =
            include_str!("../../keys/platform-brand-1004.pub.pem").to_owned();
        Self { scheme: "WECHATPAY-BRAND-SHA256-RSA2048 brand_id", ..Self::with(sandbox, credentials) }
    }

    pub(crate) fn draft(&self, method: &str, target: &str, body: &str) -> Draft {
        let mut headers = vec![
            ("Host".to_owned(), self.address.to_string()),
            ("User-Agent".to_owned(), "weipay-sandbox-tests".to_owned()),
            ("Accept".to_owned(), "application/json".to_owned()),
            ("Wechatpay-Serial".to_owned(), self.credentials.platform_key_id.clone()),
        ];
        if !body.is_empty() {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        Draft {
            method: method.to_owned(),
            target: target.to_owned(),
            signed_target: None,
            body: body.as_bytes().to_vec(),
            signed_body: None,
            signed: None,
            timestamp: now().to_string(),
            nonce: "593BEC0C930BF1AFEB40B4A08C8FB242".to_owned(),
            scheme: self.scheme.to_owned(),
            identity: self.credentials.mchid.clone(),
            serial: self.credentials.merchant_serial.clone(),
            authorization: None,
            headers,
        }
    }

    pub(crate) async fn post(&self, target: &str, body: &str) -> Reply {
        self.send(&self.draft("POST", target, body)).await
    }

    pub(crate) async fn json(&self, target: &str, body: &Value) -> Reply {
        self.post(target, &body.to_string()).await
    }

    pub(crate) async fn get(&self, target: &str) -> Reply {
        self.send(&self.draft("GET", target, "")).await
    }

    pub(crate) async fn send(&self, draft: &Draft) -> Reply {
        self.try_send(draft).await.expect("an answer")
    }

    /// None when the connection ends before a whole head.
    pub(crate) async fn try_send(&self, draft: &Draft) -> Option<Reply> {
        Reply::parse(&self.exchange(draft).await.ok()?)
    }

    /// All bytes that come back, or the connection's error.
    pub(crate) async fn exchange(&self, draft: &Draft) -> std::io::Result<Vec<u8>> {
        let bytes = self.wire(draft);
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(&bytes).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(answer)
    }

    /// The request as bytes, signed.
    pub(crate) fn wire(&self, draft: &Draft) -> Vec<u8> {
        let authorization = draft.authorization.clone().unwrap_or_else(|| self.authorization(draft));
        let mut lines = vec![format!("{} {} HTTP/1.1", draft.method, draft.target)];
        lines.extend(draft.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        if !authorization.is_empty() {
            lines.push(format!("Authorization: {authorization}"));
        }
        lines.push(format!("Content-Length: {}\r\nConnection: close\r\n\r\n", draft.body.len()));
        let head = lines.join("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&draft.body);
        bytes
    }

    pub(crate) fn authorization(&self, draft: &Draft) -> String {
        let signature = self.sign(&draft.string());
        format!(
            "{}=\"{}\",nonce_str=\"{}\",signature=\"{signature}\",timestamp=\"{}\",serial_no=\"{}\"",
            draft.scheme, draft.identity, draft.nonce, draft.timestamp, draft.serial
        )
    }

    pub(crate) fn sign(&self, message: &[u8]) -> String {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
        STANDARD.encode(signature)
    }

    /// Asserts that the answer carries a valid signature of the platform key that its serial names.
    pub(crate) fn verify(&self, reply: &Reply) {
        assert!(self.verifies(reply), "not validly signed: {reply:?}");
    }

    pub(crate) fn verifies(&self, reply: &Reply) -> bool {
        let Some(serial) = reply.header("wechatpay-serial") else { return false };
        let key = if serial == self.credentials.platform_key_id {
            der(&self.credentials.platform_public_key_pem)
        } else {
            assert_eq!(serial, self.credentials.platform_certificate_serial);
            certificate_key(&self.credentials.platform_certificate_pem)
        };
        verifies(&key, |name| reply.header(name), &reply.body)
    }
}

/// Checks `timestamp\nnonce\nbody\n` against the signature headers.
pub(crate) fn verifies<'a>(key: &[u8], header: impl Fn(&str) -> Option<&'a str>, body: &[u8]) -> bool {
    let (Some(timestamp), Some(nonce), Some(signature)) =
        (header("wechatpay-timestamp"), header("wechatpay-nonce"), header("wechatpay-signature"))
    else {
        return false;
    };
    let mut message = format!("{timestamp}\n{nonce}\n").into_bytes();
    message.extend_from_slice(body);
    message.push(b'\n');
    let Ok(signature) = STANDARD.decode(signature) else { return false };
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(&message, &signature).is_ok()
}

impl Draft {
    pub(crate) fn string(&self) -> Vec<u8> {
        if let Some(signed) = &self.signed {
            return signed.clone();
        }
        let target = self.signed_target.as_ref().unwrap_or(&self.target);
        let mut string =
            format!("{}\n{target}\n{}\n{}\n", self.method, self.timestamp, self.nonce).into_bytes();
        string.extend_from_slice(self.signed_body.as_ref().unwrap_or(&self.body));
        string.push(b'\n');
        string
    }

    pub(crate) fn without(mut self, header: &str) -> Self {
        self.headers.retain(|(name, _)| name != header);
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl Reply {
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        Some(Self { status, headers, body: bytes[end + 4..].to_vec() })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn code(&self) -> String {
        self.value()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn message(&self) -> String {
        self.value()["message"].as_str().unwrap_or_default().to_owned()
    }

    /// Asserts status and code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        let body = String::from_utf8_lossy(&self.body);
        assert_eq!((self.status, self.code().as_str()), (status, code), "{body}");
    }

    /// Asserts the status.
    #[track_caller]
    pub(crate) fn is(&self, status: u16) {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
    }
}

/// The world of the pages on a free port, changed a little.
pub(crate) async fn sandbox(change: impl FnOnce(&mut World)) -> (Sandbox, Client) {
    let mut world = World::documentation();
    change(&mut world);
    let sandbox = Sandbox::builder().world(world).start().await.unwrap();
    let client = Client::new(&sandbox);
    (sandbox, client)
}

/// The world of the pages on a free port.
pub(crate) async fn documentation() -> (Sandbox, Client) {
    sandbox(|_| ()).await
}

pub(crate) fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// The serial out of a certificate: the first INTEGER of 20 bytes.
pub(crate) fn serial_of(pem: &str) -> String {
    let der = der(pem);
    let at = der.windows(2).position(|two| two == [0x02, 0x14]).unwrap() + 2;
    der[at..at + 20].iter().fold(String::new(), |text, byte| text + &format!("{byte:02X}"))
}

/// The bytes inside a PEM text.
pub(crate) fn der(pem: &str) -> Vec<u8> {
    let lines: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(lines).unwrap()
}

/// The public key inside a certificate: found by the way it begins, then cut to its length.
pub(crate) fn certificate_key(pem: &str) -> Vec<u8> {
    let der = der(pem);
    let rsa = [0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09];
    let at = der.windows(rsa.len()).position(|bytes| bytes == rsa).unwrap();
    der[at..at + 0x122 + 4].to_vec()
}

/// A copy of a JSON object with some members changed; `null` takes one away.
pub(crate) fn with(base: &Value, changes: Value) -> Value {
    let mut changed = base.clone();
    let Value::Object(changes) = changes else { panic!("changes are an object") };
    for (name, value) in changes {
        if value.is_null() {
            changed.as_object_mut().unwrap().shift_remove(&name);
        } else {
            changed[name] = value;
        }
    }
    changed
}
