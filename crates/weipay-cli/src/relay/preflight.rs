//! `weipay relay preflight`: whatever a first live day needs, tried before anything depends on it.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use weipay::Error;
use weipay_relay::operate::probe;
use weipay_relay::{Config, Merchant};

use crate::output;

/// A disk that takes longer cannot acknowledge in time under load.
const SLOW_SYNC: Duration = Duration::from_millis(50);
/// File systems that forget when the power goes.
const FORGETFUL: [&str; 2] = ["tmpfs", "ramfs"];

/// Says what held. Nothing is changed anywhere but a scratch file beside the store.
pub(super) async fn run(config: &Config, notify_url: Option<&str>) -> bool {
    let mut held = true;
    let mut say = |what: String, result: Result<String, String>| {
        held &= result.is_ok();
        let (mark, text) = match result {
            Ok(text) => ("ok", text),
            Err(text) => ("FAILED", text),
        };
        output::result(&format!("{mark:6} {what}: {text}"));
    };
    if let Some(file) = config.sqlite_file() {
        say("store".to_owned(), durable(file));
    }
    for merchant in config.merchants() {
        let name = merchant.name();
        say(format!("{name} WeChat Pay"), wechat_pay(merchant).await);
        say(format!("{name} hook"), hook(merchant).await);
        if let Some(url) = notify_url {
            say(
                format!("{name} notify URL"),
                notified(&format!("{}/notify/{name}", url.trim_end_matches('/'))).await,
            );
        }
    }
    held
}

/// The certificate list is the one call that changes nothing and that every merchant may make. That there are no
/// certificates is a good answer as well: newer merchants have the public key instead. Either shows that our clock is within
/// the five minutes that a signature lasts.
async fn wechat_pay(merchant: &Merchant) -> Result<String, String> {
    let no_certificates =
        |error: &Error| error.status() == Some(404) && error.code() == Some("RESOURCE_NOT_EXISTS");
    match merchant.client().certificates().await {
        Ok(_) => Ok("accepts our signature, serial and clock, and its own signature is verified".to_owned()),
        Err(error) if no_certificates(&error) => {
            Ok("accepts our signature, serial and clock; it has the public key only".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

async fn hook(merchant: &Merchant) -> Result<String, String> {
    merchant.probe_hook().await.map(|()| "answers, and refuses what is not signed".to_owned())
}

async fn notified(url: &str) -> Result<String, String> {
    probe::notify_url(url).await.map(|()| format!("{url} reaches the relay"))
}

/// How long a sync takes beside the store, and whether that file system keeps anything.
fn durable(store: &Path) -> Result<String, String> {
    let folder = store.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Some(kind) = file_system(folder).filter(|kind| FORGETFUL.contains(&kind.as_str())) {
        return Err(format!(
            "{} is on {kind}, which does not survive a restart: put it on a disk",
            folder.display()
        ));
    }
    let scratch = folder.join(format!(".weipay-preflight-{}", std::process::id()));
    let written = (|| {
        let mut file = File::options().write(true).create_new(true).open(&scratch)?;
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            let began = Instant::now();
            file.write_all(&[0; 4096])?;
            file.sync_data()?;
            slowest = slowest.max(began.elapsed());
        }
        Ok::<_, std::io::Error>(slowest)
    })();
    let _ = std::fs::remove_file(&scratch);
    match written {
        Ok(slowest) if slowest > SLOW_SYNC => Err(format!(
            "the slowest of 20 syncs took {} ms: notifications would be acknowledged late under load",
            slowest.as_millis()
        )),
        Ok(slowest) => Ok(format!("the slowest of 20 syncs took {:.1} ms", slowest.as_secs_f64() * 1000.0)),
        Err(error) => Err(format!("nothing can be written in {}: {error}", folder.display())),
    }
}

/// The type of the file system that holds a folder, as Linux tells it; none elsewhere.
fn file_system(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = std::fs::read_to_string("/proc/mounts").ok()?;
    let mount = |line: &str| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    };
    let held = mounts.lines().filter_map(mount).filter(|(at, _)| folder.starts_with(at));
    held.max_by_key(|(at, _)| at.len()).map(|(_, kind)| kind)
}
