//! A world is saved, and goes on where it was loaded as if nothing had happened.

use std::time::Duration;

use serde_json::{Value, json};
use weipay_sandbox::world::{CouponState, Secret};
use weipay_sandbox::{
    Delivery, DeliveryState, Error, ExchangePoints, Fault, MallPayment, Sandbox, Snapshot, World, control,
};

use crate::busifavor::{SEND, parcel, send, stock};
use crate::client::{CONFIRM, Client, USE, with};
use crate::payments::{MERCHANT, native};
use crate::receiver::{Act, Receiver};
use crate::samples::{CONFIRM_BODY, USE_BODY, value};

/// Saves it, loads it in a new sandbox, saves that: nothing is lost and nothing is added.
pub(crate) async fn survives(sandbox: &Sandbox) {
    sandbox.settled().await;
    let saved = sandbox.save().unwrap();
    let again = Sandbox::builder().snapshot(saved.clone()).start().await.unwrap();
    let twice = again.save().unwrap();
    let differs = saved.as_str().lines().zip(twice.as_str().lines()).find(|(one, two)| one != two);
    assert_eq!(differs, None);
    assert_eq!(saved, twice);
}

/// Ends a sandbox and goes on in another one.
async fn moved(sandbox: Sandbox) -> Sandbox {
    let saved = sandbox.save().unwrap();
    sandbox.stop().await;
    Sandbox::builder().snapshot(saved).start().await.unwrap()
}

/// Ten requests and deeds that build on each other, and what each gave.
async fn story(receiver: &Receiver, moves: bool) -> Vec<String> {
    let start = "2026-05-20T05:29:35Z".parse().unwrap();
    let world = World::documentation().notify(&receiver.url);
    let mut sandbox = Sandbox::builder().seed(7).business_time(start).world(world).start().await.unwrap();
    let (mut told, mut stock_id, mut code, mut order) =
        (Vec::new(), String::new(), String::new(), String::new());
    for step in 0..10 {
        sandbox.settled().await;
        if moves {
            sandbox = moved(sandbox).await;
        }
        let client = Client::new(&sandbox);
        let merchant = Client::of(&sandbox, MERCHANT);
        let gave = match step {
            0 => {
                stock_id = stock(&client, json!({})).await;
                stock_id.clone()
            }
            1 => {
                code = send(&client, &stock_id, "s1").await;
                code.clone()
            }
            2 => sandbox.exchange_points(ExchangePoints::default()).await.unwrap(),
            3 => {
                let confirm = with(
                    &value(CONFIRM_BODY),
                    json!({"record_id": told[2], "result": "POINT_EXCHANGE_COUPON_ALLOW", "state": null,
                        "coupon_code": null, "fail_reason": null}),
                );
                client.json(CONFIRM, &confirm).await.value().to_string()
            }
            4 => {
                order = native(&merchant, "order-1", 100).await;
                order.clone()
            }
            5 => sandbox.pay(&order).await.unwrap(),
            6 => {
                let refund = json!({"out_trade_no": "order-1", "out_refund_no": "r1",
                    "amount": {"refund": 1, "total": 100, "currency": "CNY"}});
                merchant.json("/v3/refund/domestic/refunds", &refund).await.value().to_string()
            }
            // The number that was used before gives the answer that it got.
            7 => client.json(SEND, &parcel(&stock_id, "s1")).await.value().to_string(),
            8 => {
                let redeem = json!({"coupon_code": code, "stock_id": stock_id, "appid": "wx1234567889999",
                    "use_time": "2026-05-20T13:29:35+08:00", "use_request_no": "u1"});
                client.json(USE, &redeem).await.value().to_string()
            }
            _ => {
                sandbox.advance(Duration::from_secs(3600)).await;
                let told = |one: Delivery| format!("{} {:?}", one.id, offsets(&one));
                sandbox.deliveries().into_iter().map(told).collect::<Vec<_>>().join("\n")
            }
        };
        assert!(!gave.contains("\"code\":"), "{step}: {gave}");
        told.push(gave);
    }
    assert_eq!(sandbox.coupon(&stock_id, &code).unwrap().state, CouponState::Used);
    assert!(sandbox.effect_counts().iter().all(|effect| effect.count == 1), "{:?}", sandbox.effects());
    told
}

/// Seconds from the event to each attempt.
fn offsets(delivery: &Delivery) -> Vec<i64> {
    delivery.attempts.iter().map(|attempt| attempt.due.duration_since(delivery.created).as_secs()).collect()
}

#[tokio::test]
async fn the_same_seed_and_requests_give_the_same_ids_also_through_ten_moves() {
    let receiver = Receiver::start(&[Act::Status(500)]).await;
    let (stayed, moved) = (story(&receiver, false).await, story(&receiver, true).await);
    assert_eq!(stayed, moved);
    assert!(stayed[9].contains("[0, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 660]"), "{}", stayed[9]);
}

#[tokio::test]
async fn retries_faults_keys_and_skew_go_on_where_they_were() {
    let receiver = Receiver::start(&[Act::Status(500)]).await;
    let mut world = World::documentation().notify(&receiver.url);
    world.merchant_mut("1900000100").unwrap().apiv3_key =
        Some(Secret::from("another00key00of00thirty0two0let"));
    let sandbox = Sandbox::builder().world(world).start().await.unwrap();
    sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
    sandbox.advance(Duration::from_secs(45)).await;
    sandbox.inject(
        Fault::order("ok, T03").unwrap().by(Duration::from_millis(1)).matching("POST /v3/*").unwrap(),
    );
    sandbox.set_wire_skew(1000);
    let client = Client::new(&sandbox);
    let mut early = client.draft("POST", USE, USE_BODY);
    early.timestamp = (early.timestamp.parse::<i64>().unwrap() + 1000).to_string();
    client.send(&early).await.is(200);

    let sandbox = moved(sandbox).await;
    assert_eq!(sandbox.deliveries()[0].attempts.len(), 3, "at 0, 15 and 30 seconds, not yet at 60");
    sandbox.advance(Duration::from_secs(2 * 86_400)).await;
    let delivery = &sandbox.deliveries()[0];
    assert_eq!(offsets(delivery)[..6], [0, 15, 30, 60, 240, 840]);
    assert_eq!((delivery.attempts.len(), &delivery.state), (16, &DeliveryState::Exhausted));
    assert!(receiver.received().iter().all(|told| told.opens(&client.credentials)));
    // The fault had let one call pass; the credentials and the skew are those of before.
    let client = Client::with(&sandbox, client.credentials);
    let mut again = client.draft("POST", USE, USE_BODY);
    again.timestamp = (again.timestamp.parse::<i64>().unwrap() + 1000).to_string();
    let reply = client.send(&again).await;
    reply.is(200);
    client.verify(&reply);
    assert_eq!(sandbox.journal().last().unwrap().fault, Some("T03"));
    assert_eq!(sandbox.effects().len(), 1);
}

#[tokio::test]
async fn a_delivery_that_was_under_way_is_made_again() {
    let receiver = Receiver::start(&[Act::Silence, Act::Status(204)]).await;
    let sandbox =
        Sandbox::builder().world(World::documentation().notify(&receiver.url)).start().await.unwrap();
    sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
    assert_eq!(sandbox.deliveries()[0].state, DeliveryState::InFlight);
    while receiver.received().is_empty() {
        tokio::task::yield_now().await;
    }
    let saved = sandbox.save().unwrap();
    // Into the same sandbox: the first attempt is cut off, and whatever comes of it is of no account.
    sandbox.load(&saved).unwrap();
    sandbox.settled().await;
    let delivery = &sandbox.deliveries()[0];
    assert_eq!((delivery.attempts.len(), &delivery.state), (1, &DeliveryState::Delivered));
    let ids: Vec<_> = receiver.received().iter().map(|told| told.envelope()["id"].clone()).collect();
    assert_eq!(ids, [json!(delivery.id), json!(delivery.id)]);
}

#[tokio::test]
async fn what_cannot_be_gone_on_with_is_refused_and_changes_nothing() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Fault::new("T01").unwrap().on("security_echo"));
    let saved = sandbox.save().unwrap();
    assert!(format!("{saved:?}").len() < 60, "{saved:?}");
    let whole: Value = serde_json::from_str(saved.as_str()).unwrap();
    assert_eq!((&whole["format"], &whole["version"]), (&json!("weipay-sandbox-world"), &json!(1)));
    let changed = |pointer: &str, to: Value| {
        let mut changed = whole.clone();
        *changed.pointer_mut(pointer).unwrap() = to;
        changed.to_string()
    };
    let missing = |pointer: &str| {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let mut changed = whole.clone();
        changed.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
        changed.to_string()
    };
    let task = json!([{"due": "2026-05-20T05:29:35Z", "deed": "orders.eat", "key": "1"}]);
    for (text, why) in [
        ("{".to_owned(), "no JSON"),
        ("{}".to_owned(), "`format` is not"),
        (changed("/format", json!("something")), "`format` is not"),
        (changed("/version", json!(2)), "its version is 2, and weipay"),
        (missing("/version"), "its version is none"),
        (missing("/state/ids"), "missing field `ids`"),
        (changed("/state/ids/seed", json!("x")), "line 1 column"),
        (changed("/state/world/default_caller", json!("1")), "default_caller"),
        (changed("/state/agenda", task), "`orders.eat`"),
        (changed("/state/faults/queue/0/fault/steps", json!([])), "without steps"),
        (changed("/state/faults/queue/0/fault/steps/0/word", json!("T99")), "no fault `T99`"),
        (changed("/state/world/platform/public_key_private_pem", json!("…")), "PKCS#8 PEM"),
    ] {
        let outcome = Snapshot::parse(text).and_then(|snapshot| sandbox.load(&snapshot));
        let told = outcome.unwrap_err().to_string();
        assert!(told.contains(why), "{why}: {told}");
    }
    assert_eq!(sandbox.control().faults().len(), 1);
}

#[tokio::test]
async fn a_reset_goes_back_to_what_the_sandbox_was_started_with() {
    let first = Sandbox::builder().seed(5).start().await.unwrap();
    Client::new(&first).post(USE, USE_BODY).await.is(200);
    let second = Sandbox::builder().seed(6).snapshot(first.save().unwrap()).start().await.unwrap();
    assert_eq!((second.control().status().seed, second.effects().len()), (5, 1));
    second.reset().unwrap();
    assert_eq!((second.control().status().seed, second.effects().len()), (6, 0));
}

#[tokio::test]
async fn a_world_goes_through_the_control_plane_and_nothing_that_the_start_forbids_comes_with_it() {
    let first = Sandbox::builder().notify_anywhere().start().await.unwrap();
    let second = Sandbox::start().await.unwrap();
    let (from, to) = (control::Client::new(&first.url(), None), control::Client::new(&second.url(), None));
    Client::new(&first).post(USE, USE_BODY).await.is(200);
    to.load(&from.save().await.unwrap()).await.unwrap();
    assert_eq!(second.coupon("100088", "sxxe34343434").unwrap().state, CouponState::Used);
    assert!(!to.status().await.unwrap().notify_anywhere);
    assert_eq!(to.effects().await.unwrap()[0].count, 1);
}

#[cfg(unix)]
#[test]
fn a_file_is_written_for_its_owner_only_and_only_over_its_like() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("snapshot");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let (ours, theirs) = (folder.join("world.json"), folder.join("theirs.json"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let saved = runtime.block_on(async { Sandbox::start().await.unwrap().save().unwrap() });
    for _ in 0..2 {
        saved.write(&ours).unwrap();
        assert_eq!(std::fs::metadata(&ours).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Snapshot::read(&ours).unwrap(), saved);
    }
    std::fs::write(&theirs, "{\"a\": 1}").unwrap();
    let told = saved.write(&theirs).unwrap_err().to_string();
    assert!(told.contains("theirs.json") && told.contains("name another file"), "{told}");
    let told = Snapshot::read(&theirs).unwrap_err().to_string();
    assert!(told.contains("theirs.json") && told.contains("`format`"), "{told}");
    assert!(matches!(Snapshot::read(&folder.join("nothing")), Err(Error::Snapshot(_))));
    let mut names: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["theirs.json", "world.json"], "no part is left");
}
