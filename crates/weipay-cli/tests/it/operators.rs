//! What operators do with the command: to the running relay, to the store where none runs; and restarts that nobody notices.

#![cfg(unix)]

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use serde_json::Value;
use weipay_sandbox::{DeliveryState, ExchangePoints, Sandbox};

use crate::process::{Running, WEIPAY};
use crate::relay::configured;

/// Runs `weipay relay ARGUMENTS --config FILE`.
pub(crate) async fn relay(arguments: &[&str], config: &Path) -> Output {
    let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
    let config = config.to_owned();
    tokio::task::spawn_blocking(move || {
        let mut command = Command::new(WEIPAY);
        command.arg("relay").args(arguments).arg("--config").arg(config);
        command.env_remove("WEIPAY_ADMIN_TOKEN").output().unwrap()
    })
    .await
    .unwrap()
}

pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_go_to_the_relay_that_runs_and_else_to_the_store() {
    let sandbox = Sandbox::start().await.unwrap();
    let config = configured("operators", &sandbox);
    let nothing = relay(&["status"], &config).await;
    assert_eq!(nothing.status.code(), Some(1));
    assert!(text(&nothing).contains("there is no store yet"), "{}", text(&nothing));

    let folder = config.parent().unwrap();
    for (name, token) in [("zhang.token", "zhang's token, worthless"), ("li.token", "li's token, worthless")]
    {
        std::fs::write(folder.join(name), token).unwrap();
    }
    let admin = format!(
        "[admin]\nlisten = \"127.0.0.1:{}\"\n[[admin.token]]\nname = \"zhang\"\nrole = \"operator\"\n\
         token = {{ file = \"zhang.token\" }}\n[[admin.token]]\nname = \"li\"\nrole = \"viewer\"\ntoken = {{ file = \
         \"li.token\" }}\n\n[[merchant]]",
        free_port()
    );
    let written = std::fs::read_to_string(&config).unwrap().replacen("[[merchant]]", &admin, 1);
    std::fs::write(&config, written).unwrap();
    let path = config.clone();
    let running = tokio::task::spawn_blocking(move || {
        let mut running = Running::run("relay", &["serve", "--config", path.to_str().unwrap()]);
        let line = running.line();
        (running, line.trim().trim_start_matches("listening at ").to_owned())
    });
    let (running, url) = running.await.unwrap();
    sandbox.set_notify_url(&sandbox.credentials().mchid, &format!("{url}/notify/shop")).unwrap();
    let record = sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
    sandbox.settled().await;

    let who = relay(&["status"], &config).await;
    assert_eq!(who.status.code(), Some(2), "{}", text(&who));
    let status = relay(&["status", "--json", "--by", "li"], &config).await;
    assert_eq!(status.status.code(), Some(0), "{}", text(&status));
    assert!(text(&status).contains("asked the relay at http://127.0.0.1:"), "{}", text(&status));
    let answer: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!((&answer["unsettled"], &answer["points_in_reserve"]), (&1.into(), &100.into()));
    let shown = relay(&["show", &format!("exchange/{record}"), "--by", "li"], &config).await;
    assert!(
        text(&shown).contains("received   BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON"),
        "{}",
        text(&shown)
    );
    let hold = relay(&["hold", "--merchant", "shop", "--by", "li"], &config).await;
    assert_eq!(hold.status.code(), Some(1));
    assert!(text(&hold).contains("li may look and not act"), "{}", text(&hold));
    let hold =
        relay(&["hold", "--merchant", "shop", "--note", "stock taking", "--by", "zhang"], &config).await;
    assert_eq!(hold.status.code(), Some(0), "{}", text(&hold));
    let copy = folder.join("copy.db");
    let backup = relay(&["backup", copy.to_str().unwrap(), "--by", "zhang"], &config).await;
    assert_eq!(backup.status.code(), Some(0), "{}", text(&backup));
    let (status, _, stderr) = tokio::task::spawn_blocking(move || running.end("TERM")).await.unwrap();
    assert!(status.success(), "{stderr}");

    let released = relay(&["release", "--merchant", "shop", "--by", "zhang"], &config).await;
    assert_eq!(released.status.code(), Some(0), "{}", text(&released));
    assert!(text(&released).contains("the store was opened directly"), "{}", text(&released));
    let audit = text(&relay(&["audit", "--by", "zhang"], &config).await);
    for line in
        ["hold merchant shop by zhang: stock taking", "backup ", "release merchant shop by local/zhang"]
    {
        assert!(audit.contains(line), "{line}: {audit}");
    }
    missed(&config).await;
    // The copy is a store: it goes on from there.
    std::fs::copy(&copy, folder.join("relay.db")).unwrap();
    for leftover in ["relay.db-wal", "relay.db-shm"] {
        let _ = std::fs::remove_file(folder.join(leftover));
    }
    let inspected = relay(&["inspect", "--by", "zhang"], &config).await;
    assert_eq!(inspected.status.code(), Some(0), "{}", text(&inspected));
    let day = relay(&["export", "--day", "2020-01-01", "--csv", "--by", "zhang"], &config).await;
    assert_eq!((day.status.code(), day.stdout.as_slice()), (Some(0), &b""[..]));
    assert_eq!(relay(&["redrive", "--by", "zhang"], &config).await.status.code(), Some(1));
    assert_eq!(relay(&["hold"], &config).await.status.code(), Some(2));
}

/// What is named is checked by the next relay that runs.
async fn missed(config: &Path) {
    let file = config.with_file_name("known.json");
    let known = file.to_str().unwrap();
    std::fs::write(&file, r#"[{"known":"coupon","coupon_code":"K1","openid":"oSECRET","appid":"wx1"}]"#)
        .unwrap();
    let dry = relay(&["make-good", "--known", known, "--dry-run", "--by", "zhang"], config).await;
    let query = "marketing_busifavor_users_coupons_appids_get_by_appid";
    let line = format!("shop coupon coupon K1 ← {query}: would_be_asked\n");
    assert_eq!(String::from_utf8_lossy(&dry.stdout), line, "{}", text(&dry));
    let asked =
        relay(&["make-good", "--known", known, "--note", "a till says so", "--by", "zhang"], config).await;
    assert_eq!(asked.status.code(), Some(0), "{}", text(&asked));
    assert!(text(&asked).contains(&format!("{query}: pending  make-good/20")), "{}", text(&asked));
    let status = text(&relay(&["status", "--by", "zhang"], config).await);
    assert!(status.contains("checks for what was missed: 1 open, 0 answered in 24 hours"), "{status}");
    let audit = text(&relay(&["audit", "--by", "zhang"], config).await);
    assert!(audit.contains("make-good shop: 1 checks by local/zhang: a till says so"), "{audit}");
    let unknown = relay(&["make-good", "--gap", "exchange", "--by", "zhang"], config).await;
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        text(&unknown).contains("there is no gap `exchange`: it is one of payment,"),
        "{}",
        text(&unknown)
    );
    std::fs::write(&file, r#"[{"known":"coupon","openid":"oSECRET"}]"#).unwrap();
    let wrong = relay(&["make-good", "--known", known, "--by", "zhang"], config).await;
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong));
    assert!(!text(&wrong).contains("SECRET"), "{}", text(&wrong));
}

/// What became of the connections that were made while the relay was restarted.
#[derive(Default)]
struct Tally {
    answered: AtomicU64,
    refused: AtomicU64,
    broken: AtomicU64,
}

impl Tally {
    fn one(&self, address: SocketAddr) {
        let count = match ask(address) {
            Ok(answer) if answer.starts_with("HTTP/1.1 200") => &self.answered,
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => &self.refused,
            _ => &self.broken,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// One request over a connection of its own.
fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: relay\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// The relay as systemd starts it: the socket is there before it and after it, as descriptor 3. With `blocks`, none of its
/// files grows beyond so many times 512 bytes: to it, the disk is full from there on.
fn activated(listener: &TcpListener, config: &Path, blocks: Option<u32>) -> Running {
    let socket = OwnedFd::from(listener.try_clone().unwrap());
    let limit = blocks.map_or(String::new(), |blocks| format!("trap '' XFSZ; ulimit -f {blocks};"));
    let script = format!("{limit} exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script, "sh", WEIPAY, "relay", "serve", "--config"]).arg(config);
    Running::spawn(shell.stdin(Stdio::from(socket)))
}

#[expect(clippy::print_stdout, reason = "the figures that the guide names")]
async fn restarts(name: &str, times: u32) {
    let sandbox = Sandbox::start().await.unwrap();
    let config = configured(name, &sandbox);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    sandbox.set_notify_url(&sandbox.credentials().mchid, &format!("http://{address}/notify/shop")).unwrap();
    let (tally, over) = (Arc::new(Tally::default()), Arc::new(AtomicBool::new(false)));
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let (tally, over) = (Arc::clone(&tally), Arc::clone(&over));
            thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    tally.one(address);
                }
            })
        })
        .collect();
    for _ in 0..times {
        // Also one that is delivered while nobody runs.
        sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
        let (socket, config) = (listener.try_clone().unwrap(), config.clone());
        let started = tokio::task::spawn_blocking(move || {
            let mut running = activated(&socket, &config, None);
            assert_eq!(running.line().trim(), format!("listening at http://{address}"));
            running
        });
        let running = started.await.unwrap();
        for _ in 0..5 {
            sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
        }
        let (status, _, stderr) = tokio::task::spawn_blocking(move || running.end("TERM")).await.unwrap();
        assert!(status.success(), "{stderr}");
    }
    let (socket, path) = (listener.try_clone().unwrap(), config.clone());
    let last = tokio::task::spawn_blocking(move || activated(&socket, &path, None)).await.unwrap();
    sandbox.settled().await;
    over.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.join().unwrap();
    }
    let (status, _, stderr) = tokio::task::spawn_blocking(move || last.end("TERM")).await.unwrap();
    assert!(status.success(), "{stderr}");

    let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let deliveries = sandbox.deliveries();
    let undelivered = deliveries.iter().filter(|one| one.state != DeliveryState::Delivered).count();
    println!(
        "{times} restarts: {} answered, {} refused, {} broken off; {} notifications, {undelivered} not acknowledged at once",
        count(&tally.answered),
        count(&tally.refused),
        count(&tally.broken),
        deliveries.len(),
    );
    assert_eq!(count(&tally.refused), 0, "refused connections");
    assert_eq!(count(&tally.broken), 0, "connections without an answer");
    assert_eq!((deliveries.len(), undelivered), (6 * times as usize, 0));
    assert!(count(&tally.answered) > u64::from(times), "there was no load");
    let status = relay(&["status", "--json"], &config).await;
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["unsettled"], 6 * times, "every acknowledged notification is in the store");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_refuses_no_connection() {
    restarts("relay-restarts", 5).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a minute or more: nightly"]
async fn a_hundred_restarts_refuse_no_connection() {
    restarts("relay-hundred-restarts", 100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_notifications_and_loses_none() {
    let sandbox = Sandbox::start().await.unwrap();
    let config = configured("relay-full-disk", &sandbox);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/notify/shop", listener.local_addr().unwrap());
    sandbox.set_notify_url(&sandbox.credentials().mchid, &url).unwrap();
    let start = |blocks: Option<u32>| {
        let (config, listener) = (config.clone(), listener.try_clone().unwrap());
        tokio::task::spawn_blocking(move || {
            let mut running = activated(&listener, &config, blocks);
            assert!(running.line().starts_with("listening at "));
            running
        })
    };
    let running = start(Some(2000)).await.unwrap();
    let delivered =
        || sandbox.deliveries().iter().filter(|one| one.state == DeliveryState::Delivered).count();
    let mut made = 0;
    while delivered() + 5 > made {
        sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
        sandbox.settled().await;
        made += 1;
        assert!(made < 500, "the disk never became full");
    }
    let before = delivered();
    assert!(before > 3, "nothing was taken in before the disk was full");
    tokio::task::spawn_blocking(move || running.end("TERM")).await.unwrap();

    // There is room again: what was acknowledged is there, and WeChat Pay repeats the rest.
    let running = start(None).await.unwrap();
    for _ in 0..20 {
        if delivered() == made {
            break;
        }
        sandbox.advance(std::time::Duration::from_mins(1)).await;
    }
    assert_eq!(delivered(), made);
    tokio::task::spawn_blocking(move || running.end("TERM")).await.unwrap();
    let status = relay(&["status", "--json"], &config).await;
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["unsettled"], made, "{before} of {made} were acknowledged before the disk was full");
    assert_eq!(relay(&["inspect"], &config).await.status.code(), Some(0));
}
