//! Worlds side by side in one sandbox.

use std::time::Duration;

use serde_json::{Map, Value, json};
use weipay_sandbox::control::{ClientError, WorldOrder};
use weipay_sandbox::world::Merchant;
use weipay_sandbox::{Direction, Fault, Sandbox, World, control};

use crate::client::{Client, Draft, USE};
use crate::payments::native;
use crate::samples::USE_BODY;

#[tokio::test]
async fn worlds_that_are_the_same_have_their_own_address_state_faults_and_clock() {
    let sandbox = Sandbox::start().await.unwrap();
    let second = Sandbox::builder().beside(&sandbox).await.unwrap();
    let (one, two) = (Client::new(&sandbox), Client::new(&second));
    sandbox.inject(Fault::new("T04").unwrap());
    two.post(USE, USE_BODY).await.is(200);
    assert_eq!((sandbox.effects().len(), second.effects().len()), (0, 1));
    one.post(USE, USE_BODY).await.is(503);
    one.post(USE, USE_BODY).await.is(200);
    assert_eq!((sandbox.journal().count(), second.journal().count()), (2, 1));
    second.advance(Duration::from_secs(3600)).await;
    let apart = second.business_time().duration_since(sandbox.business_time()).as_secs();
    assert!((3590..=3600).contains(&apart), "{apart}");
}

#[tokio::test]
async fn a_request_to_any_address_finds_the_world_of_its_caller() {
    let only = |mchid: &str| {
        let mut world = World::documentation();
        world.merchants.retain(|merchant: &Merchant| merchant.mchid == mchid);
        world.brands.clear();
        world.default_caller = mchid.to_owned();
        world
    };
    let sandbox = Sandbox::builder().world(only("1900000100")).start().await.unwrap();
    let other = Sandbox::builder()
        .world(only("1230000109"))
        .business_time("2026-05-20T02:00:00Z".parse().unwrap())
        .beside(&sandbox)
        .await
        .unwrap();
    let client = Client::with(&sandbox, other.credentials());
    let echo = client.post("/v3/security/echo", r#"{"echo_message":"x"}"#).await;
    echo.is(200);
    client.verify(&echo);
    assert_eq!((sandbox.journal().count(), other.journal().count()), (0, 1));
    // An address that was given out leads back, also without a signature.
    let order = native(&client, "order-1", 1).await;
    let notes = other.journal().last().unwrap().notes.join("\n");
    let page = notes.split_once(&sandbox.url()).unwrap().1.to_owned();
    let browser = Draft { authorization: Some(String::new()), ..client.draft("GET", &page, "") };
    client.send(&browser).await.is(200);
    other.pay(&order).await.unwrap();
    other.advance(Duration::from_secs(2 * 86_400)).await;
    let bill = client.get("/v3/bill/tradebill?bill_date=2026-05-20").await.value();
    let url = bill["download_url"].as_str().unwrap();
    let target = url.strip_prefix(&sandbox.url()).unwrap();
    client.get(target).await.is(200);
    let mut unsigned = client.draft("GET", target, "");
    unsigned.authorization = Some(String::new());
    client.send(&unsigned).await.is(401);
    let received = other.journal().entries();
    let received = received.iter().filter(|entry| entry.direction == Direction::Received);
    assert_eq!((sandbox.journal().count(), received.count()), (0, 6));
    // Whom nobody knows belongs to the world of the address.
    client.get("/v3/nothing").await.is(404);
    let mut stranger = client.draft("GET", "/v3/certificates", "");
    stranger.identity = "1".to_owned();
    client.send(&stranger).await.is(401);
    assert_eq!(sandbox.journal().count(), 1);
}

#[tokio::test]
async fn worlds_are_opened_and_closed_over_http_for_tests_that_run_at_the_same_time() {
    let sandbox = Sandbox::builder().token("letmein").start().await.unwrap();
    let control = control::Client::new(&sandbox.url(), Some("letmein"));
    let start = "2026-05-20T05:29:35Z";
    let order = WorldOrder {
        seed: Some(7),
        business_time: Some(start.parse().unwrap()),
        world: Some(json!({ "busifavor": { "coupons": [{ "stock_id": "100088", "coupon_code": "C1",
            "openid": "oMine", "receive_time": start }] } })),
        ..WorldOrder::default()
    };
    let mut jobs = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let (control, order) = (control.clone(), order.clone());
        jobs.spawn(async move { control.open_world(&order).await.unwrap() });
    }
    let mut payments = Vec::new();
    for world in jobs.join_all().await {
        let client = Client::of_environment(&sandbox, &world.environment);
        let coupon = USE_BODY.replace("sxxe34343434", "C1").replace("xsd3434454567676", "oMine");
        let reply = client.post(USE, &coupon).await;
        reply.is(200);
        client.verify(&reply);
        assert_eq!(reply.value()["openid"], "oMine");
        let theirs = control::Client::new(&world.url, Some("letmein"));
        payments.push(theirs.user("pay-in-mall", &Map::new()).await.unwrap());
        assert_eq!(theirs.effects().await.unwrap().len(), 1);
        assert_eq!(theirs.clock().await.unwrap().business_time, start.parse().unwrap());
        let stranger = control::Client::new(&world.url, None);
        assert!(matches!(stranger.status().await, Err(ClientError::Refused { status: 401, .. })));
        let itself = theirs.close_world(world.number).await.unwrap_err();
        assert!(itself.to_string().contains(&sandbox.url()), "{itself}");
        control.close_world(world.number).await.unwrap();
        let again = world.url.strip_prefix("http://").unwrap().parse().unwrap();
        assert!(Sandbox::builder().listen(again).start().await.is_ok(), "its port is free");
    }
    assert!(payments.iter().all(|id| *id == payments[0]), "the same seed: {payments:?}");
    assert!(sandbox.effects().is_empty());
    let numbers: Vec<_> = control.worlds().await.unwrap().iter().map(|one| one.number).collect();
    assert_eq!(numbers, [1]);
}

#[tokio::test]
async fn what_cannot_be_opened_or_closed_is_told() {
    let sandbox = Sandbox::builder().strict().start().await.unwrap();
    let control = control::Client::new(&sandbox.url(), None);
    let refused = |outcome: Result<(), ClientError>| match outcome.unwrap_err() {
        ClientError::Refused { status, message, .. } => (status, message),
        other => panic!("{other}"),
    };
    let order = |world: Value| WorldOrder { world: Some(world), ..WorldOrder::default() };
    for world in [json!("coupons: ["), json!({ "coupons": [] }), json!(7)] {
        let (status, message) = refused(control.open_world(&order(world)).await.map(drop));
        assert!(status == 400 && message.contains("seed data"), "{message}");
    }
    let (status, message) = refused(control.close_world(1).await);
    assert!(status == 409 && message.contains("the first world"), "{message}");
    assert_eq!(refused(control.close_world(9).await).0, 404);
    assert_eq!(control.worlds().await.unwrap().len(), 1);
    // What is not said is as the sandbox was started.
    let opened = control.open_world(&order(json!("notify_url: http://127.0.0.1:1/n"))).await.unwrap();
    assert!(!format!("{opened:?}").contains("PRIVATE"), "{opened:?}");
    let theirs = control::Client::new(&opened.url, None);
    assert!(theirs.status().await.unwrap().strict);
    let merchants = theirs.keys().await.unwrap().merchants;
    assert!(merchants.iter().all(|one| one.notify_url.as_deref() == Some("http://127.0.0.1:1/n")));
    let partner = theirs.environment(Some("1900000200")).await.unwrap();
    assert_eq!(partner["WEIPAY_MCHID"], "1900000200");
    assert_eq!(partner["WEIPAY_BASE_URL"], opened.url);
    assert!(theirs.environment(Some("1")).await.unwrap_err().to_string().contains("`1`"));
}

#[tokio::test]
async fn pages_are_shown_on_the_ports_of_all_worlds() {
    let sandbox = Sandbox::start().await.unwrap();
    let before = Sandbox::builder().beside(&sandbox).await.unwrap();
    let page = |control: control::Control| {
        let url = control.world().url();
        axum::Router::new().route("/", axum::routing::get(move || async move { url }))
    };
    assert!(sandbox.mount_all(page) && !sandbox.mount_all(page));
    let after = Sandbox::builder().beside(&sandbox).await.unwrap();
    for world in [&sandbox as &weipay_sandbox::RunningWorld, &before, &after] {
        let client = Client::new(world);
        let mut draft = client.draft("GET", "/", "");
        draft.authorization = Some(String::new());
        assert_eq!(client.send(&draft).await.body, world.url().into_bytes());
    }
    sandbox.close(before.clone()).await.unwrap();
    assert!(sandbox.close(before).await.is_err());
    assert!(sandbox.close((*sandbox).clone()).await.is_err());
}

#[tokio::test]
async fn all_worlds_end_with_their_sandbox() {
    let sandbox = Sandbox::start().await.unwrap();
    let second = Sandbox::builder().beside(&sandbox).await.unwrap();
    let (address, control) = (second.addr(), sandbox.control());
    sandbox.stop().await;
    let told = control.open_world(&WorldOrder::default()).await.unwrap_err().to_string();
    assert!(told.contains("has ended"), "{told}");
    Sandbox::builder().listen(address).start().await.unwrap();
}
