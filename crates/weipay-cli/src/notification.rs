//! `weipay notification`: what WeChat Pay posts to a merchant.

mod receive;

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use weipay::catalog::{ops::Method, reference};
use weipay::{Client, Notification, NotificationError, error::VerifyReason};

use crate::call::told;
use crate::environment;
use crate::output::{self, Failure, Misuse};

/// The text above the options in `weipay notification open --help`.
pub(crate) const ABOUT: &str = "\
Verifies and decrypts a notification that was captured, and prints its resource as JSON.

FILE is the raw HTTP request: request line, headers, an empty line, and the body byte for byte as it came. A capture
older than five minutes is refused, as a replay would be, unless --at names the moment at which it came.
Reads the keys from the environment, as `weipay call` does; needs WEIPAY_APIV3_KEY or WEIPAY_APIV3_KEY_FILE.";

/// What can be done with notifications.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Verify and decrypt a captured notification
    #[command(long_about = ABOUT)]
    Open(Args),
    /// Wait for one notification and keep it for `open`
    #[command(long_about = receive::ABOUT)]
    Receive(receive::Args),
}

/// What the command line says.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The raw HTTP request
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// When it came, as RFC 3339 with an offset or in Unix seconds
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<i64>,
    /// Read the environment from this dotenv file instead
    #[arg(long, value_name = "FILE")]
    env: Option<PathBuf>,
}

fn moment(text: &str) -> Result<i64, &'static str> {
    let seconds = text.parse().ok();
    let time = || text.parse::<Timestamp>().ok().map(Timestamp::as_second);
    seconds.or_else(time).ok_or("expected such as 2025-01-01T08:00:00+08:00, or Unix seconds")
}

/// Opens and prints, or receives.
pub(crate) async fn run(command: Command) -> Result<bool, Failure> {
    match command {
        Command::Open(args) => open(args).await,
        Command::Receive(args) => receive::run(args).await,
    }
}

async fn open(args: Args) -> Result<bool, Failure> {
    let (headers, body) = read(&args.file)?;
    let client = environment::client(args.env.as_deref())?;
    let opened = match args.at {
        None => client.notification(&headers, &body).await,
        Some(at) => open_at(&client, &headers, &body, at).await?,
    };
    match opened {
        Ok(notification) => {
            let about = format!("{} {}", notification.event_type(), notification.id());
            let known = reference::event(notification.event_type()).map_or("", |event| event.title);
            output::log(format!("{about} {known}").trim_end());
            let resource = notification.resource()?;
            output::result(&serde_json::to_string_pretty(&resource)?);
            Ok(true)
        }
        Err(error) => {
            output::log(&format!("weipay: the notification cannot be trusted or read: {error}"));
            if let NotificationError::Verify(VerifyReason::Stale { .. }) = error {
                output::log("an old capture is opened by --at TIME, the moment at which it came");
            }
            Ok(false)
        }
    }
}

/// The same at a moment of the past. Certificates are fetched by today's clock.
async fn open_at(
    client: &Client,
    headers: &http::HeaderMap,
    body: &[u8],
    at: i64,
) -> Result<Result<Notification, NotificationError>, Failure> {
    let credential = client.credential();
    let opened = Notification::open(credential, headers, body, at);
    match &opened {
        Err(NotificationError::Verify(VerifyReason::UnknownSerial(serial)))
            if credential.key_ring().may_download(serial) =>
        {
            if let Err(error) = client.certificates().await {
                told(&error, Method::Get);
                return Ok(opened);
            }
            Ok(Notification::open(credential, headers, body, at))
        }
        _ => Ok(opened),
    }
}

/// Headers and body of a captured request.
fn read(path: &Path) -> Result<(http::HeaderMap, Vec<u8>), Failure> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let bad = |why: &str| Failure::from(Misuse::new(format!("{} is no HTTP request: {why}", path.display())));
    let ends = [&b"\r\n\r\n"[..], b"\n\n"].map(|end| {
        bytes.windows(end.len()).position(|window| window == end).map(|place| (place, place + end.len()))
    });
    let (head, body) = ends.into_iter().flatten().min().ok_or_else(|| bad("no empty line ends its head"))?;
    let text = std::str::from_utf8(&bytes[..head]).map_err(|_| bad("its head is not text"))?;
    let mut lines = text.lines();
    if !lines.next().is_some_and(|line| line.contains(" HTTP/")) {
        return Err(bad("its first line is no request line, such as POST /notify HTTP/1.1"));
    }
    let mut headers = http::HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':').ok_or_else(|| bad("a header has no colon"))?;
        let name = http::HeaderName::try_from(name.trim()).map_err(|_| bad("a header has no legal name"))?;
        let value =
            http::HeaderValue::try_from(value.trim()).map_err(|_| bad("a header has no legal value"))?;
        headers.append(name, value);
    }
    let mut body = bytes[body..].to_vec();
    // Editors end a file with a line feed that was not received.
    let length = headers.get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
    body.truncate(length.unwrap_or(usize::MAX));
    Ok((headers, body))
}
