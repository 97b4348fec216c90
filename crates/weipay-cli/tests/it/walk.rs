//! The operators' guide, walked through: a parked exchange resolved by hand, and a store restored from its backup.
//! `cargo test -p weipay-cli --test it the_guide -- --nocapture` prints what the guide shows.

#![cfg(unix)]

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use weipay_sandbox::world::ConfirmShape;
use weipay_sandbox::{ExchangePoints, Sandbox, World};
use weipay_shop::{Config, Coupons, Member, Merchant, Shop};

use crate::operators::{free_port, relay, text};
use crate::process::Running;
use crate::relay::configured;

const OPENID: &str = "obLatjnx9gnqzS4myYGmLZ7LgLBA";

/// A shop whose member has 1,000 points.
async fn shop(folder: &Path) -> Shop {
    let member = Member {
        merchant: "shop".to_owned(),
        openid: OPENID.to_owned(),
        name: "Li".to_owned(),
        points: 1000,
        card: None,
    };
    let config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        database: folder.join("shop.db"),
        secret: "a secret of the tests, worthless".to_owned(),
        merchants: vec![Merchant { name: "shop".to_owned(), coupons: Coupons::WeChatPay }],
        members: vec![member],
        think_ms: 0,
        forgetful: false,
    };
    Shop::start(config, None).await.unwrap()
}

/// Runs a command, prints it with its answer as a terminal shows it, and gives the answer.
#[expect(clippy::print_stdout, reason = "what the guide shows")]
async fn shown(arguments: &[&str], config: &Path) -> String {
    let output = relay(arguments, config).await;
    println!("$ weipay relay {}\n{}", arguments.join(" "), text(&output));
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output));
    text(&output)
}

async fn until(what: &str, config: &Path, holds: impl Fn(&Value) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let output = relay(&["status", "--json"], config).await;
        let status: Value = serde_json::from_slice(&output.stdout).unwrap();
        if holds(&status) {
            return;
        }
        assert!(Instant::now() < deadline, "{what}: {status}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn serve(config: &Path) -> Running {
    let path = config.to_str().unwrap().to_owned();
    let start = move || {
        let mut running = Running::run("relay", &["serve", "--config", &path]);
        assert!(running.line().starts_with("listening at "));
        running
    };
    tokio::task::spawn_blocking(start).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_was_walked_through() {
    // This account takes the other shape of confirm than is configured: the decision parks.
    let mut world = World::documentation();
    world.merchants.iter_mut().for_each(|merchant| merchant.confirm_shape = ConfirmShape::A);
    let sandbox = Sandbox::builder().world(world).start().await.unwrap();
    let config = configured("relay-guide", &sandbox);
    let folder = config.parent().unwrap();
    let shop = shop(folder).await;
    let (port, admin) = (free_port(), free_port());
    let written = std::fs::read_to_string(&config).unwrap();
    let written = written
        .replacen("[relay]", &format!("[relay]\nlisten = \"127.0.0.1:{port}\""), 1)
        .replacen("[[merchant]]", &format!("[admin]\nlisten = \"127.0.0.1:{admin}\"\n\n[[merchant]]"), 1)
        .replace(
            &format!("hook = {{ url = \"{}\"", sandbox.url()),
            &format!("hook = {{ url = \"{}\"", shop.hook_url()),
        );
    std::fs::write(&config, written).unwrap();
    let url = format!("http://127.0.0.1:{port}/notify/shop");
    sandbox.set_notify_url(&sandbox.credentials().mchid, &url).unwrap();

    let running = serve(&config).await;
    shown(&["preflight", "--notify-url", &format!("http://127.0.0.1:{port}")], &config).await;
    let record = sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
    until("parked", &config, |status| status["to_look_at"] == 1 && status["unsettled"] == 0).await;
    assert!(shown(&["status"], &config).await.contains("100 points in reserve"));
    let key = format!("exchange/{record}/confirm");
    assert!(shown(&["dead-letters"], &config).await.contains(&key));
    let life = shown(&["show", &format!("exchange/{record}")], &config).await;
    assert!(life.contains("PARAM_ERROR") && !life.contains(OPENID), "{life}");
    let note = "WeChat Pay's support: the record has no coupon";
    let resolve = ["resolve", &key, "--as", "not-happened", "--note", note];
    assert!(shown(&resolve, &config).await.contains("the hook is told"));
    until("told", &config, |status| status["unsettled"] == 0 && status["points_in_reserve"] == 0).await;

    let copy = folder.join("backup.db");
    let _ = std::fs::remove_file(&copy);
    shown(&["backup", copy.to_str().unwrap()], &config).await;
    tokio::task::spawn_blocking(move || running.end("TERM")).await.unwrap();
    // The disk is lost.
    for file in ["relay.db", "relay.db-wal", "relay.db-shm"] {
        let _ = std::fs::remove_file(folder.join(file));
    }
    std::fs::copy(&copy, folder.join("relay.db")).unwrap();
    shown(&["inspect"], &config).await;
    assert!(shown(&["show", &key], &config).await.contains("resolve: did not happen"));
    let running = serve(&config).await;
    sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
    until("the restored store goes on", &config, |status| status["to_look_at"] == 1).await;
    shown(&["audit"], &config).await;
    tokio::task::spawn_blocking(move || running.end("TERM")).await.unwrap();
    shop.stop().await;
}
