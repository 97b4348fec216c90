//! An explicit HTTP proxy. Proxies of the environment are ignored.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;

/// Where tunnels are asked for, and by whom.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(super) address: Uri,
    pub(super) authorization: Option<HeaderValue>,
}

impl Proxy {
    /// Reads `http://host:port` or `http://user:password@host:port`. The error never repeats the text.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|_| "it is no URL".to_owned())?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err("it is not of the form http://host:port".to_owned());
        };
        if *scheme != Scheme::HTTP {
            return Err(format!("its scheme is {scheme}://, and only http:// proxies are supported"));
        }
        if uri.path_and_query().is_some_and(|path| path.as_str() != "/") {
            return Err("something stands behind its host and port".to_owned());
        }
        let (user, host) = match authority.as_str().rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority.as_str()),
        };
        let host: Authority = host.parse().map_err(|_| "it has no host".to_owned())?;
        let address = Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(host)
            .path_and_query("/")
            .build()
            .map_err(|_| "it has no host".to_owned())?;
        Ok(Self { address, authorization: user.map(basic).transpose()? })
    }
}

fn basic(user: &str) -> Result<HeaderValue, String> {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let mut pair = percent_decode_str(name).collect::<Vec<u8>>();
    pair.push(b':');
    pair.extend(percent_decode_str(password));
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
        .map_err(|_| "its user or password is not usable".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}
