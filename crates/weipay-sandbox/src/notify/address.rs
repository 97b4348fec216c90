//! Where a notification may go.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http::Uri;

/// Where a notification goes: only to `http://` addresses of this machine, because the keys are public and the
/// sandbox must never talk to anybody else.
pub(crate) fn resolve(url: &str) -> Result<(Uri, Vec<SocketAddr>), String> {
    let uri: Uri = url.parse().map_err(|_| "notify_url is not an address".to_owned())?;
    let elsewhere =
        || "notify_url is not an http:// loopback address; the sandbox talks to this machine only".to_owned();
    if uri.scheme_str() != Some("http") {
        return Err(elsewhere());
    }
    let port = uri.port_u16().unwrap_or(80);
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let hosts = match host.parse::<IpAddr>() {
        Ok(ip) if ip.is_loopback() => vec![ip],
        Err(_) if host.eq_ignore_ascii_case("localhost") => {
            vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]
        }
        _ => return Err(elsewhere()),
    };
    Ok((uri, hosts.into_iter().map(|host| SocketAddr::new(host, port)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_an_address() {
        for good in ["http://127.0.0.1:80/a?b=c", "http://localhost/notify", "http://[::1]:8080/"] {
            assert!(resolve(good).is_ok(), "{good}");
        }
        for bad in
            ["https://127.0.0.1/", "http://10.0.0.1/", "http://example.com/", "ftp://localhost/", "x", ""]
        {
            assert!(resolve(bad).is_err(), "{bad}");
        }
    }
}
