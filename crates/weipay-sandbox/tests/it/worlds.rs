//! Worlds side by side in one sandbox.

use std::time::Duration;

use weipay_sandbox::world::{Merchant, Trade};
use weipay_sandbox::{Fault, Sandbox, World};

use crate::client::{Client, USE};
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
    let mut other = only("1230000109");
    other.files.trades = vec![Trade {
        mchid: "1230000109".to_owned(),
        time: "2026-05-20T10:00:00+08:00".parse().unwrap(),
        ..Trade::default()
    }];
    let other = Sandbox::builder()
        .world(other)
        .business_time("2026-05-22T00:00:00Z".parse().unwrap())
        .beside(&sandbox)
        .await
        .unwrap();
    let client = Client::with(&sandbox, other.credentials());
    let echo = client.post("/v3/security/echo", r#"{"echo_message":"x"}"#).await;
    echo.is(200);
    client.verify(&echo);
    assert_eq!((sandbox.journal().count(), other.journal().count()), (0, 1));
    // An address that was given out leads back, also without a signature.
    let bill = client.get("/v3/bill/tradebill?bill_date=2026-05-20").await.value();
    let url = bill["download_url"].as_str().unwrap();
    let target = url.strip_prefix(&sandbox.url()).unwrap();
    client.get(target).await.is(200);
    let mut unsigned = client.draft("GET", target, "");
    unsigned.authorization = Some(String::new());
    client.send(&unsigned).await.is(401);
    assert_eq!((sandbox.journal().count(), other.journal().count()), (0, 4));
    // Whom nobody knows belongs to the world of the address.
    client.get("/v3/nothing").await.is(404);
    let mut stranger = client.draft("GET", "/v3/certificates", "");
    stranger.identity = "1".to_owned();
    client.send(&stranger).await.is(401);
    assert_eq!(sandbox.journal().count(), 1);
}

#[tokio::test]
async fn all_worlds_end_with_their_sandbox() {
    let sandbox = Sandbox::start().await.unwrap();
    let second = Sandbox::builder().beside(&sandbox).await.unwrap();
    let address = second.addr();
    sandbox.stop().await;
    Sandbox::builder().listen(address).start().await.unwrap();
}
