//! The configuration file: what is right about it, and everything that is wrong, with field and line.

use std::fs;

use weipay_relay::Config;
use weipay_sandbox::Sandbox;

use crate::stage::Folder;

const GOOD: &str = r#"[relay]
listen = "127.0.0.1:0"
store = "sqlite:relay.db"
seal_key = { file = "seal.key" }

[[merchant]]
name = "shop"
mchid = "1900000100"
serial = "SERIAL"
private_key = { file = "key.pem" }
platform_key_id = "PUB_KEY_ID_0000000000000000000000000000000100"
platform_public_key = { file = "pub.pem" }
apiv3_key = { file = "apiv3" }
confirm_shape = "B"
brands = ["1004"]
events = ["TRANSACTION.SUCCESS"]

[merchant.hook]
url = "http://127.0.0.1:9/weipay"
secret = { file = "hook.secret" }
timeout = "5s"

[merchant.limits]
brand_partner_card_member_user_points_sync = { share = 0.5 }

[merchant.deadlines]
decide = { within = "6h", then = "decline", reason = "系统繁忙" }

[merchant.make_good]
every = "2h"
share = 0.2

[retention]
contents_days = 10
rows_days = 60
"#;

async fn folder() -> (Folder, String) {
    let folder = Folder::new();
    let sandbox = Sandbox::start().await.unwrap();
    let known = sandbox.credentials();
    for (name, text) in [
        ("key.pem", known.private_key_pem.as_str()),
        ("pub.pem", &known.platform_public_key_pem),
        ("apiv3", &known.apiv3_key),
        ("seal.key", &"07".repeat(32)),
        ("hook.secret", "a secret of the tests, worthless"),
    ] {
        fs::write(folder.0.join(name), text).unwrap();
    }
    (folder, GOOD.replace("SERIAL", &known.merchant_serial))
}

fn read(folder: &Folder, text: &str) -> Result<Config, String> {
    let path = folder.0.join("relay.toml");
    fs::write(&path, text).unwrap();
    Config::read(&path).map_err(|problems| problems.to_string().replace(&format!("{}:", path.display()), ""))
}

#[tokio::test]
async fn a_good_file_opens_and_starts() {
    let (folder, good) = folder().await;
    let config = read(&folder, &good).unwrap();
    assert_eq!(config.merchants()[0].name(), "shop");
    let relay = config.open().await.unwrap().start().await.unwrap();
    assert!(relay.notify_url("shop").ends_with("/notify/shop"));
    relay.stop().await;
    assert!(folder.0.join("relay.db").exists());
}

#[tokio::test]
async fn each_problem_is_named_with_its_field_and_line() {
    let (folder, good) = folder().await;
    let problems = [
        ("confirm_shape = \"B\"\n", "", "6: file: missing field `confirm_shape`"),
        ("\"B\"", "\"C\"", "14: file: unknown variant `C`, expected `A` or `B`"),
        ("brands =", "brand =", "15: file: unknown field `brand`"),
        ("file = \"key.pem\"", "file = \"none.pem\"", "10: merchant[0].private_key: "),
        (
            "{ file = \"apiv3\" }",
            "\"PLANTED\"",
            "13: merchant[0].apiv3_key: a secret does not stand in this file",
        ),
        ("file = \"apiv3\"", "file = \"pub.pem\"", "13: merchant[0].apiv3_key: "),
        (
            "file = \"key.pem\"",
            "env = \"WEIPAY_TEST_NOT_SET\"",
            "10: merchant[0].private_key: the environment variable",
        ),
        ("mchid = \"1900000100\"\n", "", "6: merchant[0].mchid: is missing"),
        ("name = \"shop\"", "name = \"a shop\"", "7: merchant[0].name: "),
        ("http://127.0.0.1:9/weipay", "shop.internal", "19: merchant[0].hook.url: the hook's URL"),
        ("\"5s\"", "\"5\"", "21: merchant[0].hook.timeout: '5' is no duration"),
        ("_points_sync", "_points_snyc", "24: merchant[0].limits."),
        ("share = 0.5", "share = 1.5", "24: merchant[0].limits."),
        (", reason = \"系统繁忙\"", "", "27: merchant[0].deadlines.decide: "),
        ("sqlite:relay.db", "mysql://x", "3: relay.store: is neither"),
        ("file = \"seal.key\"", "file = \"apiv3\"", "4: relay.seal_key: a seal key has 64"),
        ("\"127.0.0.1:0\"", "\"8090\"", "2: relay.listen: is no address"),
        ("every = \"2h\"", "every = \"1s\"", "30: merchant[0].make_good.every: is \"off\" or a duration"),
        (
            "TRANSACTION.SUCCESS",
            "MALL_TRANSACTION.SUCCESS",
            "16: merchant[0].events: MALL_TRANSACTION.SUCCESS has a",
        ),
        ("TRANSACTION.SUCCESS", "payments", "16: merchant[0].events: an event is spelled"),
        ("share = 0.2", "share = 0", "31: merchant[0].make_good.share: "),
        ("rows_days = 60", "rows_days = 29", "33: retention: `rows_days` is at least 30"),
        ("contents_days = 10", "contents_days = 61", "33: retention: "),
    ];
    for (right, wrong, problem) in problems {
        assert!(good.contains(right), "{right}");
        let told = read(&folder, &good.replacen(right, wrong, 1)).unwrap_err();
        assert!(told.contains(problem), "{wrong}: {told}");
        assert!(!told.contains("PLANTED"), "{told}");
    }
}

#[tokio::test]
async fn all_problems_are_told_at_once() {
    let (folder, good) = folder().await;
    let bad = good
        .replace("\"5s\"", "\"5\"")
        .replace("share = 0.5", "share = 0")
        .replace("\"127.0.0.1:0\"", "\"x\"");
    let told = read(&folder, &bad).unwrap_err();
    assert_eq!(told.lines().count(), 3, "{told}");
}

#[tokio::test]
async fn commands_are_taken_from_nobody_in_particular_only_on_this_machine() {
    let (folder, good) = folder().await;
    fs::write(folder.0.join("zhang.token"), "zhang's token, worthless").unwrap();
    fs::write(folder.0.join("short.token"), "short").unwrap();
    let with = |admin: &str| good.replacen("[[merchant]]", &format!("{admin}\n[[merchant]]"), 1);
    let token =
        "[[admin.token]]\nname = \"zhang\"\nrole = \"operator\"\ntoken = { file = \"zhang.token\" }\n";
    assert!(read(&folder, &good).unwrap().admin().is_none());
    let local = read(&folder, &with("[admin]\nlisten = \"127.0.0.1:8092\"\n")).unwrap();
    assert!(local.admin().unwrap().tokens.is_empty());
    let open = "[admin]\nlisten = \"0.0.0.0:8092\"\n";
    let problems = read(&folder, &with(open)).unwrap_err();
    assert!(
        problems.starts_with("6: admin: everybody who reaches this address could give commands"),
        "{problems}"
    );
    let config = read(&folder, &with(&format!("{open}{token}"))).unwrap();
    let shown = format!("{config:?} {:?}", config.admin().unwrap());
    assert!(shown.contains("zhang") && !shown.contains("worthless"), "{shown}");
    for (from, to, said) in [
        ("zhang.token", "short.token", "a token has at least 16 characters"),
        ("\"operator\"", "\"boss\"", "unknown variant"),
        ("{ file = \"zhang.token\" }", "\"plain\"", "a secret does not stand in this file"),
    ] {
        let problems = read(&folder, &with(&format!("{open}{token}").replace(from, to))).unwrap_err();
        assert!(problems.contains(said), "{problems}");
    }
    let twice = read(&folder, &with(&format!("{open}{token}{token}"))).unwrap_err();
    assert!(twice.contains("another token has the same name"), "{twice}");
}
