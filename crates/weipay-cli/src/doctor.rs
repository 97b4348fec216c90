//! `weipay doctor`: what is wrong with keys, serials, clock and network, and what to do about it.

use std::path::PathBuf;

use jiff::Timestamp;
use weipay::error::VerifyReason;
use weipay::{Answer, AsyncHandle as _, Call, Client, Error, catalog::ops::Method};

use crate::environment;
use crate::output::{self, Failure};

/// The text above the options in `weipay doctor --help`.
pub(crate) const ABOUT: &str = "\
Checks what a first call needs: the environment's keys and serials, the network, the clock, the merchant's signature, the
platform's key, the APIv3 key. One line each: ok, FAIL with what to do, or ?? for what could not be seen.

It asks for the list of platform certificates, and changes nothing. Reads the keys as `weipay call` does.";

/// What the command line says.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Read the environment from this dotenv file instead
    #[arg(long, value_name = "FILE")]
    env: Option<PathBuf>,
}

/// Lines so far, and whether all of them held.
struct Report {
    held: bool,
}

impl Report {
    fn ok(what: &str, text: &str) {
        output::result(&format!("ok    {what:<11}{text}"));
    }

    fn fail(&mut self, what: &str, text: &str) {
        self.held = false;
        output::result(&format!("FAIL  {what:<11}{text}"));
    }

    fn unseen(what: &str, text: &str) {
        output::result(&format!("??    {what:<11}{text}"));
    }
}

/// Checks and tells.
pub(crate) async fn run(args: Args) -> Result<bool, Failure> {
    let mut report = Report { held: true };
    let client = match environment::client(args.env.as_deref()) {
        Ok(client) => client,
        Err(error) => {
            report.fail("keys", &error.to_string());
            return Ok(false);
        }
    };
    let credential = client.credential();
    let serials = credential.key_ring().serials();
    Report::ok("keys", "the private key, the serials and the platform's key can be read");
    // The list needs no platform key to be believed, so it tells most before one is configured.
    let list = client.execute(Call::certificates()).await;
    clock(&mut report, &list);
    let reached = network(&mut report, &list);
    if reached {
        merchant(&mut report, &list);
        apiv3(&mut report, &list, !credential.has_apiv3_key());
        platform(&mut report, &client, &serials, &list).await;
    }
    Ok(report.held)
}

fn network(report: &mut Report, list: &Result<Answer, Error>) -> bool {
    match list {
        Err(error @ (Error::Transport(_) | Error::Build(_) | Error::Sign(_))) => {
            let cause =
                std::error::Error::source(error).map_or_else(String::new, |cause| format!(" ({cause})"));
            report.fail(
                "network",
                &format!("{error}{cause}; check name resolution, firewall and WEIPAY_BASE_URL"),
            );
            false
        }
        _ => {
            Report::ok("network", "the server answers");
            true
        }
    }
}

/// What the server says of the time: its Date, or that ours is more than five minutes off.
fn clock(report: &mut Report, list: &Result<Answer, Error>) {
    const CURE: &str = "set this machine's clock (NTP); signatures are valid for five minutes";
    match list {
        Ok(answer) => {
            let date = answer.headers().get("date").and_then(|date| date.to_str().ok());
            let theirs =
                date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()).map(|date| date.timestamp());
            let skew = theirs.map(|theirs| Timestamp::now().as_second() - theirs.as_second());
            match skew {
                Some(skew) if skew.abs() > 60 => {
                    report.fail("clock", &format!("it is {skew} s ahead of the server's; {CURE}"));
                }
                Some(skew) => Report::ok("clock", &format!("{skew} s ahead of the server's")),
                None => Report::ok("clock", "within five minutes of the server's"),
            }
        }
        Err(Error::Api(error))
            if error.status() == 401 && about_time(error.message().unwrap_or_default()) =>
        {
            report.fail("clock", &format!("the server says that it is more than five minutes off; {CURE}"));
        }
        Err(Error::Verify(error)) if matches!(error.reason(), VerifyReason::Stale { .. }) => {
            report.fail("clock", &format!("{}; {CURE}", error.reason()));
        }
        Err(Error::Api(_) | Error::Verify(_)) => Report::ok("clock", "within five minutes of the server's"),
        Err(_) => Report::unseen("clock", "the server did not answer"),
    }
}

fn about_time(message: &str) -> bool {
    message.contains("timestamp") && message.contains("5分钟")
}

fn merchant(report: &mut Report, list: &Result<Answer, Error>) {
    match list {
        Err(Error::Api(error)) if error.status() == 401 && about_time(error.message().unwrap_or_default()) => {
            Report::unseen("merchant", "the server looks at the clock before the signature");
        }
        Err(error @ Error::Api(api)) if api.status() == 401 => report.fail(
            "merchant",
            &format!(
                "{error}; WEIPAY_MCHID, WEIPAY_MERCHANT_SERIAL (of apiclient_cert.pem, not of the platform) and the private key \
                 (apiclient_key.pem) have to belong together"
            ),
        ),
        Err(error @ Error::Api(api)) if api.status() >= 500 || api.status() == 429 => {
            report.fail("merchant", &format!("{error}; try again later"));
        }
        _ => Report::ok("merchant", "the server accepts mchid, serial and signature"),
    }
}

fn apiv3(report: &mut Report, list: &Result<Answer, Error>, none: bool) {
    match list {
        _ if none => Report::unseen(
            "APIv3 key",
            "none is configured; notifications cannot be opened without it (WEIPAY_APIV3_KEY_FILE)",
        ),
        Ok(_) => Report::ok("APIv3 key", "it opens what WeChat Pay encrypts"),
        Err(Error::Verify(error)) if matches!(error.reason(), VerifyReason::CertificateList(_)) => report
            .fail(
                "APIv3 key",
                &format!(
                    "{}; compare it with the merchant portal, where it can only be set anew",
                    error.reason()
                ),
            ),
        Err(Error::Api(error)) if error.status() == 404 => {
            Report::unseen("APIv3 key", "this merchant has no platform certificates that it could open");
        }
        Err(_) => Report::unseen("APIv3 key", "no certificate list came to try it on"),
    }
}

/// Whether answers are verified by what is configured.
async fn platform(report: &mut Report, client: &Client, serials: &[String], list: &Result<Answer, Error>) {
    let Some(serial) = serials.first() else {
        match list {
            Ok(answer) => {
                let serials: Vec<&str> =
                    answer.certificates().iter().map(weipay::Certificate::serial).collect();
                Report::ok(
                    "platform",
                    &format!("platform certificates are downloaded: {}", serials.join(", ")),
                );
            }
            Err(error) => report.fail(
                "platform",
                &format!("{error}; download the WeChat Pay public key in the merchant portal"),
            ),
        }
        return;
    };
    match &client.execute(Call::new(Method::Get, "v3/certificates")).await {
        Ok(answer) => {
            Report::ok("platform", &format!("answers are signed by {}", answer.serial().unwrap_or(serial)));
        }
        // An unknown Wechatpay-Serial is a 400.
        Err(error @ Error::Api(api)) if api.status() == 400 => report.fail(
            "platform",
            &format!("{error}; WEIPAY_PLATFORM_KEY_ID has to be the id that the merchant portal shows"),
        ),
        Err(Error::Verify(error)) => report.fail(
            "platform",
            &format!(
                "{}; WEIPAY_PLATFORM_KEY_ID and the public key have to be those of the merchant portal",
                error.reason()
            ),
        ),
        Err(_) => {
            Report::unseen(
                "platform",
                &format!("{serial} is configured; no signed answer came to try it on"),
            );
        }
    }
}
