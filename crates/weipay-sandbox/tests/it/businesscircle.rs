//! Points of mall payments.

use serde_json::json;
use weipay_sandbox::world::AuthorizeState;
use weipay_sandbox::{Error, MallMember, MallPayment, MallRefund};

use crate::client::{Client, NOTIFY, documentation, sandbox, with};
use crate::receiver::{Act, Receiver};
use crate::samples::{NOTIFY_BODY, value};

const OPENID: &str = "oWmnN4xxxxxxxxxxe92NHIGf1xd8";

#[tokio::test]
async fn repeats_are_204_and_changed_values_win() {
    let (sandbox, client) = documentation().await;
    let sample = value(NOTIFY_BODY);
    client.json(NOTIFY, &sample).await.is(204);
    client.json(NOTIFY, &sample).await.is(204);
    client.json(NOTIFY, &with(&sample, json!({"increased_points": 50}))).await.is(204);
    assert_eq!(sandbox.increased_points("1217752501201407033233368018"), Some(50));
    let whats: Vec<_> = sandbox.effects().iter().map(|effect| effect.what).collect();
    assert_eq!(whats, ["notified", "changed"]);
}

#[tokio::test]
async fn a_foreign_mall_is_403_and_a_user_who_left_is_400() {
    let (sandbox, client) = documentation().await;
    let other = Client::of(&sandbox, "1900000200");
    other.post(NOTIFY, NOTIFY_BODY).await.refused(403, "NO_AUTH");
    client.json(NOTIFY, &with(&value(NOTIFY_BODY), json!({"sub_mchid": "9"}))).await.refused(403, "NO_AUTH");
    let (_sandbox, client) = crate::client::sandbox(|world| {
        world.businesscircle.mall_users[0].authorization.state = AuthorizeState::Deauthorized;
    })
    .await;
    client.post(NOTIFY, NOTIFY_BODY).await.refused(400, "PARAM_ERROR");
}

#[tokio::test]
async fn the_authorisation_of_a_user_is_shown() {
    let (_sandbox, client) = documentation().await;
    let path = "/v3/businesscircle/user-authorizations";
    let reply = client.get(&format!("{path}/{OPENID}?appid=wx1234567890abcdef&sub_mchid=1234567890")).await;
    reply.is(200);
    client.verify(&reply);
    assert_eq!(
        reply.value(),
        json!({"openid": OPENID, "authorize_state": "AUTHORIZED", "authorize_time": "2020-05-20T13:29:35+08:00"})
    );
    let reply = client.get(&format!("{path}/oNobody?appid=wx1234567890abcdef&sub_mchid=1234567890")).await;
    assert_eq!(reply.value(), json!({"openid": "oNobody", "authorize_state": "UNAUTHORIZED"}));
    client
        .get(&format!("{path}/{OPENID}?appid=wx1234567890abcdef&sub_mchid=5"))
        .await
        .refused(403, "NO_AUTH");
}

#[tokio::test]
async fn the_commit_status_is_pending_until_the_points_are_told() {
    let (sandbox, client) = documentation().await;
    let target = |brand: &str| {
        format!(
            "/v3/businesscircle/users/{OPENID}/points/commit_status?brandid={brand}&appid=wx1234567890abcdef&sub_mchid=1234567890"
        )
    };
    assert_eq!(client.get(&target("1004")).await.value(), json!({"points_commit_status": "FINISHED"}));
    let order = MallPayment { commit_tag: true, ..MallPayment::default() };
    let transaction_id = sandbox.pay_in_mall(order).await.unwrap();
    assert_eq!(client.get(&target("1004")).await.value(), json!({"points_commit_status": "PENDING"}));
    let told = with(&value(NOTIFY_BODY), json!({"transaction_id": transaction_id}));
    client.json(NOTIFY, &told).await.is(204);
    assert_eq!(client.get(&target("1004")).await.value(), json!({"points_commit_status": "FINISHED"}));
    client.get(&target("2008")).await.refused(403, "NO_AUTH");
}

#[tokio::test]
async fn refunds_cannot_exceed_the_payment() {
    let (sandbox, _client) = sandbox(|_| ()).await;
    let transaction_id =
        sandbox.pay_in_mall(MallPayment { amount: 100, ..MallPayment::default() }).await.unwrap();
    let refund =
        |amount| sandbox.refund_in_mall(MallRefund { transaction_id: transaction_id.clone(), amount });
    refund(60).await.unwrap();
    assert!(matches!(refund(41).await, Err(Error::State(_))));
    refund(40).await.unwrap();
    let unknown = MallRefund { transaction_id: "x".to_owned(), amount: 1 };
    assert!(matches!(
        sandbox.refund_in_mall(unknown).await,
        Err(Error::Unknown { what: "transaction_id", .. })
    ));
}

#[tokio::test]
async fn a_user_joins_leaves_and_joins_again() {
    let receiver = Receiver::start(&[Act::Status(204)]).await;
    let world = weipay_sandbox::World::documentation().notify(&receiver.url);
    let sandbox = weipay_sandbox::Sandbox::builder().world(world).start().await.unwrap();
    let client = Client::new(&sandbox);
    let target = "/v3/businesscircle/user-authorizations/oNew?appid=wx1234567890abcdef&sub_mchid=1234567890";
    let member = || MallMember { openid: "oNew".to_owned(), ..MallMember::default() };
    let pays = || MallPayment { openid: "oNew".to_owned(), ..MallPayment::default() };
    assert!(matches!(sandbox.leave_mall(member()).await, Err(Error::State(_))));
    let code = sandbox.join_mall(member()).await.unwrap();
    assert!(matches!(sandbox.join_mall(member()).await, Err(Error::State(_))));
    sandbox.settled().await;
    assert_eq!(receiver.received()[0].envelope()["event_type"], "MALL_AUTH.ACTIVATE_CARD");
    assert_eq!(
        receiver.received()[0].open(&client.credentials),
        json!({"openid": "oNew", "code": code, "mchid": "1234567890", "auth_type": "REGISTERED_AND_AUTHORIZATION_MODE"})
    );
    assert_eq!(client.get(target).await.value()["authorize_state"], "AUTHORIZED");
    let paid = sandbox.pay_in_mall(pays()).await.unwrap();
    sandbox.leave_mall(member()).await.unwrap();
    let left = client.get(target).await.value();
    assert_eq!(left["authorize_state"], "DEAUTHORIZED");
    assert!(left["authorize_time"].is_string() && left["deauthorize_time"].is_string());
    sandbox.pay_in_mall(pays()).await.unwrap();
    let points = with(&value(NOTIFY_BODY), json!({"transaction_id": paid, "openid": "oNew"}));
    client.json(NOTIFY, &points).await.refused(400, "PARAM_ERROR");
    assert_eq!(sandbox.deliveries().len(), 2, "joining, and the payment before leaving");
    sandbox.join_mall(MallMember { registered_only: true, ..member() }).await.unwrap();
    assert_eq!(client.get(target).await.value().get("deauthorize_time"), None);
    client.json(NOTIFY, &points).await.is(204);
}

#[tokio::test]
async fn cars_come_and_go() {
    let (sandbox, client) = documentation().await;
    let base = json!({"sub_mchid": "1234567890", "brandid": 1004, "appid": "wx1234567890abcdef", "openid": OPENID,
        "plate_number": "粤B888888", "state": "IN", "time": "2022-06-01T10:43:39+08:00"});
    let park = async |changes| client.json("/v3/businesscircle/parkings", &with(&base, changes)).await;
    let noted = || sandbox.journal().last().unwrap().notes.len();
    park(json!({"state": "OUT"})).await.is(204);
    assert_eq!((sandbox.parked().len(), noted()), (0, 1), "it had not come in");
    let reply = park(json!({})).await;
    reply.is(204);
    client.verify(&reply);
    park(json!({})).await.is(204);
    assert_eq!((sandbox.parked(), noted()), (vec![OPENID.to_owned()], 1));
    park(json!({"state": "AROUND"})).await.refused(400, "PARAM_ERROR");
    park(json!({"openid": "oNobody"})).await.refused(400, "PARAM_ERROR");
    park(json!({"time": "2099-06-01T10:43:39+08:00"})).await.refused(400, "PARAM_ERROR");
    park(json!({"brandid": 2008})).await.refused(403, "NO_AUTH");
    park(json!({"sub_mchid": "5"})).await.refused(403, "NO_AUTH");
    park(json!({"state": "OUT"})).await.is(204);
    assert!(sandbox.parked().is_empty());
    let whats: Vec<_> = sandbox.effects().iter().map(|effect| effect.what).collect();
    assert_eq!(whats, ["came", "left"]);
}

#[tokio::test]
async fn the_commit_status_can_be_answered_without_a_body() {
    let (_sandbox, client) = sandbox(|world| world.businesscircle.commit_status_without_body = true).await;
    let target = format!(
        "/v3/businesscircle/users/{OPENID}/points/commit_status?brandid=1004&appid=wx1234567890abcdef&sub_mchid=1234567890"
    );
    let reply = client.get(&target).await;
    reply.is(204);
    client.verify(&reply);
}

#[tokio::test]
async fn a_strict_mall_keeps_its_first_points_and_an_unknown_order_may_be_404() {
    let (_sandbox, client) = sandbox(|world| {
        world.businesscircle.strict = true;
        world.businesscircle.unknown_is_404 = true;
    })
    .await;
    let sample = value(NOTIFY_BODY);
    client.json(NOTIFY, &sample).await.is(204);
    client.json(NOTIFY, &sample).await.is(204);
    client.json(NOTIFY, &with(&sample, json!({"increased_points": 1}))).await.refused(400, "INVALID_REQUEST");
    client
        .json(NOTIFY, &with(&sample, json!({"openid": "oNobody"})))
        .await
        .refused(404, "RESOURCE_NOT_EXISTS");
}
