//! HTTPS for SDKs that hard-code the host: a certificate authority of the sandbox's own, and a certificate for the hosts of
//! `WeChat` Pay.

mod authority;
mod handshake;

pub use authority::Authority;
pub(crate) use handshake::{Tls, speaks_tls};

/// The host on which the API is (DOC: 接口规则, 域名).
pub(crate) const MAIN: &str = "api.mch.weixin.qq.com";
/// The host to go to while the main one is not there (DOC: 跨城冗灾).
pub(crate) const BACKUP: &str = "api2.mch.weixin.qq.com";
/// The host of the operations abroad.
const ABROAD: &str = "apihk.mch.weixin.qq.com";
/// All names that a certificate of the sandbox is for.
const NAMES: [&str; 6] = [MAIN, BACKUP, ABROAD, "localhost", "127.0.0.1", "::1"];

/// Whether this host, a port behind it or not, is one of `WeChat` Pay's.
pub(crate) fn is_wechat_pays(host: &str) -> bool {
    [MAIN, BACKUP, ABROAD].contains(&name_of(host).as_str())
}

/// Whether this host, a port behind it or not, is the backup host.
pub(crate) fn is_backup(host: &str) -> bool {
    name_of(host) == BACKUP
}

fn name_of(host: &str) -> String {
    host.split(':').next().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase()
}
