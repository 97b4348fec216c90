//! wxpay-rs set up for the sandbox. Its base URL is fixed, so its own HTTP client gets the same request at another host.

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use wxpay_rs::auth::Sha256RsaSigner;
use wxpay_rs::http::client::HttpResponse;
use wxpay_rs::http::{HttpClient, HttpMethod, ReqwestHttpClient};
use wxpay_rs::services::payments::jsapi::{Amount, JsapiRequest, Payer};
use wxpay_rs::services::refund::{RefundAmount, RefundRequest, RefundResponse};
use wxpay_rs::services::transport::ServiceTransport;
use wxpay_rs::{WxPayClient, WxPayConfig, WxPayResult};

use crate::sandbox::Environment;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

pub const APPID: &str = "wx1234567890abcdef";
const OPENID: &str = "oWmnN4xxxxxxxxxxe92NHIGf1xd8";

/// Keys in PEM that replace those of the environment.
#[derive(Default)]
pub struct Keys {
    pub merchant: Option<String>,
    pub platform: Option<String>,
}

pub struct Shop {
    pub client: WxPayClient,
    /// For operations that the SDK has no function for: its own signing, sending and verifying.
    pub transport: ServiceTransport,
    pub mchid: String,
}

impl Shop {
    pub async fn new(environment: &Environment, keys: Keys) -> Result<Self> {
        let of = |name: &str| environment[name].clone();
        let private_key = keys.merchant.unwrap_or_else(|| of("WEIPAY_PRIVATE_KEY"));
        let platform_key = keys.platform.unwrap_or_else(|| of("WEIPAY_PLATFORM_PUBLIC_KEY"));
        let config = WxPayConfig::builder()
            .app_id(APPID)
            .merchant_id(of("WEIPAY_MCHID"))
            .api_v3_key(of("WEIPAY_APIV3_KEY"))
            .private_key(private_key.clone().into_bytes())
            .cert_serial_number(of("WEIPAY_MERCHANT_SERIAL"))
            .platform_public_key(of("WEIPAY_PLATFORM_KEY_ID"), platform_key.into_bytes())
            .timeout(10)
            .build()?;
        let http = || -> WxPayResult<_> {
            Ok(Elsewhere {
                official: config.base_url().to_owned(),
                sandbox: of("WEIPAY_BASE_URL"),
                inner: ReqwestHttpClient::builder().timeout(10).max_retries(0).build()?,
            })
        };
        let signer =
            Sha256RsaSigner::new(of("WEIPAY_MCHID"), private_key.as_bytes(), of("WEIPAY_MERCHANT_SERIAL"))?;
        let transport = ServiceTransport::new(Arc::new(config.clone()), Arc::new(http()?), Arc::new(signer));
        let client = WxPayClient::builder().http_client(http()?).config(config).build().await?;
        Ok(Self { client, transport, mchid: of("WEIPAY_MCHID") })
    }

    /// Makes an order, and gives its `prepay_id`.
    pub async fn order(&self, number: &str, total: u64, notify_url: &str) -> Result<String> {
        let request = JsapiRequest {
            appid: APPID.to_owned(),
            mchid: self.mchid.clone(),
            description: "Image形象店-深圳腾大-QQ公仔".to_owned(),
            out_trade_no: number.to_owned(),
            amount: Some(Amount { total, currency: Some("CNY".to_owned()) }),
            payer: Some(Payer { openid: OPENID.to_owned() }),
            notify_url: Some(notify_url.to_owned()),
        };
        Ok(self.client.jsapi().create_order(&request).await?.prepay_id)
    }

    pub async fn refund(
        &self,
        number: &str,
        back: &str,
        refund: u64,
        total: u64,
        notify_url: &str,
    ) -> Result<RefundResponse> {
        let request = RefundRequest {
            transaction_id: None,
            out_trade_no: Some(number.to_owned()),
            out_refund_no: back.to_owned(),
            reason: Some("商品已售完".to_owned()),
            amount: RefundAmount { refund, total, currency: "CNY".to_owned() },
            notify_url: Some(notify_url.to_owned()),
        };
        Ok(self.client.refund().create_refund(&request).await?)
    }

    /// A call whose answer has to be empty: the SDK reads a missing body as the default, and everything else as JSON.
    pub async fn empty(&self, path: &str, body: &Value) -> crate::Outcome {
        let answer: Option<Value> =
            self.transport.request_default(HttpMethod::Post, path, Some(&body.to_string()), "empty").await?;
        crate::same("body", answer, None)
    }
}

/// The SDK's own HTTP client, with the sandbox in the place of the official host.
struct Elsewhere {
    official: String,
    sandbox: String,
    inner: ReqwestHttpClient,
}

impl Elsewhere {
    fn url(&self, url: &str) -> String {
        url.replacen(&self.official, &self.sandbox, 1)
    }
}

type Headers = Vec<(String, String)>;

#[async_trait]
impl HttpClient for Elsewhere {
    async fn get(&self, url: &str, headers: Headers) -> WxPayResult<HttpResponse> {
        self.inner.get(&self.url(url), headers).await
    }
    async fn post(&self, url: &str, headers: Headers, body: &str) -> WxPayResult<HttpResponse> {
        self.inner.post(&self.url(url), headers, body).await
    }
    async fn put(&self, url: &str, headers: Headers, body: &str) -> WxPayResult<HttpResponse> {
        self.inner.put(&self.url(url), headers, body).await
    }
    async fn delete(&self, url: &str, headers: Headers) -> WxPayResult<HttpResponse> {
        self.inner.delete(&self.url(url), headers).await
    }
    async fn patch(&self, url: &str, headers: Headers, body: &str) -> WxPayResult<HttpResponse> {
        self.inner.patch(&self.url(url), headers, body).await
    }
}

/// Somebody's key pair in PEM, which nobody here knows.
pub struct Stranger {
    pub private: String,
    pub public: String,
}

pub fn stranger() -> Result<Stranger> {
    use aws_lc_rs::signature::KeyPair as _;
    let pair = KeyPair::generate(KeySize::Rsa2048)?;
    let pem = |label: &str, der: &[u8]| {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", wrapped(&STANDARD.encode(der)))
    };
    let private: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der()?;
    let public: aws_lc_rs::encoding::PublicKeyX509Der<'_> = pair.public_key().as_der()?;
    Ok(Stranger { private: pem("PRIVATE KEY", private.as_ref()), public: pem("PUBLIC KEY", public.as_ref()) })
}

fn wrapped(text: &str) -> String {
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    lines.join("\n")
}
