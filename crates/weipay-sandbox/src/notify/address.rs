//! Where a notification may go.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http::Uri;

use crate::mistake::Mistake;

/// Whether a notification may go there: to `http://` addresses of this machine, because the keys are public and the sandbox
/// must not talk to anybody else unless it was told to.
pub(crate) fn check(url: &str, anywhere: bool) -> Result<Uri, String> {
    let uri: Uri = url.parse().map_err(|_| "notify_url is not an address".to_owned())?;
    if uri.scheme_str() != Some("http") || uri.host().is_none() {
        return Err("notify_url is not an http:// address; the sandbox speaks no TLS to receivers".to_owned());
    }
    if !anywhere && local(&uri).is_none() {
        return Err("notify_url is not an http:// loopback address; the sandbox talks to this machine only, unless it \
            is started with --notify-anywhere"
            .to_owned());
    }
    Ok(uri)
}

/// What a real platform would not deliver to, although the sandbox does.
pub(crate) fn doubt(url: &str) -> Option<Mistake> {
    url.contains('?').then(|| {
        Mistake::new("N24", "notify_url has a query; the real platform does not deliver to such an address")
    })
}

/// The host and port of an address of this machine; none for any other.
pub(crate) fn local(uri: &Uri) -> Option<Vec<SocketAddr>> {
    let port = uri.port_u16().unwrap_or(80);
    let host = uri.host()?.trim_matches(['[', ']']);
    let hosts = match host.parse::<IpAddr>() {
        Ok(ip) if ip.is_loopback() => vec![ip],
        Err(_) if host.eq_ignore_ascii_case("localhost") => {
            vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]
        }
        _ => return None,
    };
    Some(hosts.into_iter().map(|host| SocketAddr::new(host, port)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_an_address() {
        for good in ["http://127.0.0.1:80/a?b=c", "http://localhost/notify", "http://[::1]:8080/"] {
            assert!(check(good, false).is_ok(), "{good}");
        }
        for bad in
            ["https://127.0.0.1/", "http://10.0.0.1/", "http://example.com/", "ftp://localhost/", "x", ""]
        {
            assert!(check(bad, false).is_err(), "{bad}");
        }
    }

    #[test]
    fn elsewhere_needs_to_be_allowed_and_tls_is_not_spoken() {
        assert!(check("http://10.0.0.1/notify", false).is_err());
        assert!(check("http://10.0.0.1/notify", true).is_ok());
        assert!(check("https://10.0.0.1/notify", true).is_err());
    }
}
