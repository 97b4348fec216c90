//! Worlds side by side in one sandbox.

use std::time::Duration;

use weipay_sandbox::world::Merchant;
use weipay_sandbox::{Direction, Fault, Sandbox, World};

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
async fn all_worlds_end_with_their_sandbox() {
    let sandbox = Sandbox::start().await.unwrap();
    let second = Sandbox::builder().beside(&sandbox).await.unwrap();
    let address = second.addr();
    sandbox.stop().await;
    Sandbox::builder().listen(address).start().await.unwrap();
}
