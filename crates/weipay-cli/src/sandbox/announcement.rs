//! What is printed once the sandbox listens. Keys are not part of it: they stand in the environment file.

use std::path::PathBuf;

use serde_json::json;
use weipay_sandbox::{Credentials, Sandbox};

/// Where the sandbox listens, and who may call.
pub(super) struct Announcement {
    url: String,
    backup_url: String,
    tls: bool,
    ca_file: Option<PathBuf>,
    credentials: Credentials,
    env_file: Option<PathBuf>,
}

impl Announcement {
    pub(super) fn new(sandbox: &Sandbox, ca_file: Option<PathBuf>, env_file: Option<PathBuf>) -> Self {
        let tls = sandbox.ca_pem().is_some();
        let (url, backup_url) = (sandbox.url(), sandbox.backup_url());
        Self { url, backup_url, tls, ca_file, credentials: sandbox.credentials(), env_file }
    }

    /// One object in one line. `env_file` is absolute, or null without `--env`; `ca_file` without `--tls-ca`.
    pub(super) fn json(&self) -> String {
        json!({
            "url": self.url,
            "backup_url": self.backup_url,
            "tls": self.tls,
            "ca_file": self.ca_file.as_deref().map(|path| path.to_string_lossy()),
            "credentials": {
                "mchid": self.credentials.mchid,
                "merchant_serial": self.credentials.merchant_serial,
                "platform_key_id": self.credentials.platform_key_id,
                "platform_certificate_serial": self.credentials.platform_certificate_serial,
            },
            "env_file": self.env_file.as_deref().map(|path| path.to_string_lossy()),
        })
        .to_string()
    }

    /// For people: the ids, and the lines to paste.
    pub(super) fn text(&self) -> String {
        let Credentials { mchid, merchant_serial, platform_key_id, platform_certificate_serial, .. } =
            &self.credentials;
        let (keys, load) = match &self.env_file {
            Some(path) => {
                let path = path.to_string_lossy();
                (path.to_string(), format!("set -a; . {}; set +a", shell_word(&path)))
            }
            None => (
                "not written; start with --env sandbox.env to have them in a file".to_owned(),
                "set -a; . ./sandbox.env; set +a       # the file of --env".to_owned(),
            ),
        };
        format!(
            "\
The sandbox listens at {}  (Ctrl-C ends it)

  mchid                        {mchid}
  merchant serial              {merchant_serial}
  platform key id              {platform_key_id}
  platform certificate serial  {platform_certificate_serial}
  keys                         {keys}
  backup host                  {}
{}
Load the environment into the shell that starts your program:

  {load}

{PROGRAMS}",
            self.url,
            self.backup_url,
            self.https(),
        )
    }

    /// How a program that hard-codes the host comes here, and how it comes to trust what it finds.
    fn https(&self) -> String {
        if !self.tls {
            return String::new();
        }
        let authority = self.url.trim_start_matches("http://");
        let (address, port) = authority.rsplit_once(':').unwrap_or((authority, "443"));
        let ca = match &self.ca_file {
            Some(path) => shell_word(&path.to_string_lossy()),
            None => format!(
                "ca.pem, from: curl {}/sandbox/v1/ca.pem > ca.pem   (--tls-ca FILE keeps it)",
                self.url
            ),
        };
        let file = if self.ca_file.is_some() { &ca } else { "ca.pem" };
        format!(
            "
HTTPS for a program that hard-codes the host, on the same ports. Its certificate authority: {ca}

  send it here   HTTPS_PROXY={url}, or curl --connect-to api.mch.weixin.qq.com:443:{address}:{port},
                 or 127.0.0.1 for it in /etc/hosts and --listen 127.0.0.1:443
  have it trust  NODE_EXTRA_CA_CERTS, SSL_CERT_FILE (OpenSSL, Go, Rust), REQUESTS_CA_BUNDLE (Python's requests) or
                 curl --cacert: {file}
",
            url = self.url
        )
    }
}

/// How each client library is pointed at another server. All of them read the variables of the environment file.
/// Without the header `Wechatpay-Serial` the server signs with its certificate; Rust and Python send it by themselves.
const PROGRAMS: &str = r"Rust, weipay:

  let client = weipay::Client::from_env()?;

Node.js, wechatpay-axios-plugin:

  const { env } = process;
  const wxpay = new Wechatpay({
    baseURL: env.WEIPAY_BASE_URL, proxy: false,
    mchid: env.WEIPAY_MCHID, serial: env.WEIPAY_MERCHANT_SERIAL, privateKey: env.WEIPAY_PRIVATE_KEY,
    certs: { [env.WEIPAY_PLATFORM_KEY_ID]: env.WEIPAY_PLATFORM_PUBLIC_KEY },
    headers: { 'Wechatpay-Serial': env.WEIPAY_PLATFORM_KEY_ID },
  });

Python, wechatpayv3 (it has no public setting for the base URL):

  from os import environ as env
  wxpay = WeChatPay(WeChatPayType.MINIPROG, appid='wx1234567890abcdef', partner_mode=True,
      mchid=env['WEIPAY_MCHID'], cert_serial_no=env['WEIPAY_MERCHANT_SERIAL'],
      private_key=env['WEIPAY_PRIVATE_KEY'], apiv3_key=env['WEIPAY_APIV3_KEY'],
      public_key=env['WEIPAY_PLATFORM_PUBLIC_KEY'], public_key_id=env['WEIPAY_PLATFORM_KEY_ID'])
  wxpay._core._gate_way = env['WEIPAY_BASE_URL']

PHP, wechatpay/wechatpay:

  $instance = \WeChatPay\Builder::factory([
    'base_uri' => getenv('WEIPAY_BASE_URL'),
    'mchid' => getenv('WEIPAY_MCHID'), 'serial' => getenv('WEIPAY_MERCHANT_SERIAL'),
    'privateKey' => getenv('WEIPAY_PRIVATE_KEY'),
    'certs' => [getenv('WEIPAY_PLATFORM_KEY_ID') => getenv('WEIPAY_PLATFORM_PUBLIC_KEY')],
    'headers' => ['Wechatpay-Serial' => getenv('WEIPAY_PLATFORM_KEY_ID')],
  ]);";

/// A path as one word of a shell command.
fn shell_word(path: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "/._-".contains(char);
    if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::shell_word;

    #[test]
    fn a_path_is_one_word_for_the_shell() {
        assert_eq!(shell_word("/a/b-c.env"), "/a/b-c.env");
        assert_eq!(shell_word("/a b/it's.env"), r"'/a b/it'\''s.env'");
    }
}
