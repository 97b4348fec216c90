//! What all exchanges of a client have in common.

use std::time::Duration;

use http::uri::{Authority, Scheme};
use http::{HeaderValue, Uri};

/// Where requests go, how long they may take and how large an answer may be.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) scheme: Scheme,
    pub(crate) authority: Authority,
    /// The `User-Agent` of every request; WeChat Pay refuses requests without one.
    pub user_agent: HeaderValue,
    /// How long a connection may take to stand.
    pub connect_timeout: Duration,
    /// How long one attempt may take, from its connection to the last byte of its answer.
    pub attempt_timeout: Duration,
    /// How long a call may take in all, refreshes and pauses included.
    pub total_timeout: Duration,
    /// How many bytes an answer may have.
    pub max_answer: usize,
    /// How long a download may take in all. [`attempt_timeout`](Self::attempt_timeout) bounds its silences.
    pub download_timeout: Duration,
    /// How many bytes a downloaded file may have, inflated.
    pub max_file: u64,
    /// How often a connection is tried. Only attempts of which no byte was sent are repeated.
    pub connect_attempts: u32,
}

/// WeChat Pay's main host.
pub const BASE_URL: &str = "https://api.mch.weixin.qq.com";

impl Settings {
    /// Settings for `base_url`, such as [`BASE_URL`] or the address that the sandbox prints.
    ///
    /// Connect 5 s, attempt 15 s, total 30 s, answers of 8 MiB at most, one attempt; a download 15 minutes and 1 GiB.
    ///
    /// # Errors
    ///
    /// When it is not `http://` or `https://` with a host and without a path, query or user.
    pub fn new(base_url: &str) -> Result<Self, BaseUrlError> {
        let uri: Uri = base_url.parse().map_err(|_| BaseUrlError(()))?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(BaseUrlError(()));
        };
        let known = scheme == Scheme::HTTP || scheme == Scheme::HTTPS;
        let bare = parts.path_and_query.is_none_or(|path| path.as_str() == "/");
        if !known || !bare || authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(BaseUrlError(()));
        }
        Ok(Self {
            scheme,
            authority,
            user_agent: HeaderValue::from_static(concat!("weipay/", env!("CARGO_PKG_VERSION"), " (Rust)")),
            connect_timeout: Duration::from_secs(5),
            attempt_timeout: Duration::from_secs(15),
            total_timeout: Duration::from_secs(30),
            max_answer: 8 * 1024 * 1024,
            download_timeout: Duration::from_secs(15 * 60),
            max_file: 1 << 30,
            connect_attempts: 1,
        })
    }
}

/// A base URL that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaseUrlError(());

impl std::fmt::Display for BaseUrlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the base URL has to be http:// or https:// with a host and nothing behind it, such as {BASE_URL}"
        )
    }
}

impl std::error::Error for BaseUrlError {}
