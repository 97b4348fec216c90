//! `weipay certificates`: the certificates with which WeChat Pay signs.

use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::json;
use weipay::catalog::ops::Method;

use crate::call::told;
use crate::environment;
use crate::output::{self, Failure};

/// The text above the options in `weipay certificates fetch --help`.
pub(crate) const ABOUT: &str = "\
Fetches the platform certificates, opens them by the APIv3 key and verifies the list by a certificate inside it. Prints
each one's serial and validity; with --out, writes wechatpay_SERIAL.pem files.

404 RESOURCE_NOT_EXISTS means that this merchant has none and uses the WeChat Pay public key of the merchant portal.
Reads the keys from the environment, as `weipay call` does; needs WEIPAY_APIV3_KEY or WEIPAY_APIV3_KEY_FILE.";

/// What can be done with certificates.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Fetch the platform certificates
    #[command(long_about = ABOUT)]
    Fetch(Args),
}

/// What the command line says.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write them into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
    /// Read the environment from this dotenv file instead
    #[arg(long, value_name = "FILE")]
    env: Option<PathBuf>,
}

/// Fetches and tells.
pub(crate) async fn run(command: Command) -> Result<bool, Failure> {
    let Command::Fetch(args) = command;
    let client = environment::client(args.env.as_deref())?;
    let certificates = match client.certificates().await {
        Ok(certificates) => certificates,
        Err(error) => {
            told(&error, Method::Get);
            return Ok(false);
        }
    };
    for certificate in certificates {
        let serial = certificate.serial();
        let time = |seconds| {
            Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
        };
        let (from, until) = (time(certificate.not_before()), time(certificate.not_after()));
        let mut file = None;
        if let Some(folder) = &args.out {
            let path = folder.join(format!("wechatpay_{serial}.pem"));
            fs::create_dir_all(folder)
                .and_then(|()| fs::write(&path, certificate.to_pem()))
                .map_err(|error| format!("{}: {error}", path.display()))?;
            file = Some(path.display().to_string());
        }
        output::result(&match args.json {
            true => {
                json!({ "serial": serial, "not_before": from, "not_after": until, "file": file }).to_string()
            }
            false => format!("{serial}  valid {from} to {until}  {}", file.unwrap_or_default())
                .trim_end()
                .to_owned(),
        });
    }
    Ok(true)
}
