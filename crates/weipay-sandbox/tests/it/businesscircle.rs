//! Points of mall payments.

use serde_json::json;
use weipay_sandbox::world::AuthorizeState;
use weipay_sandbox::{Error, MallPayment, MallRefund};

use crate::client::{Client, NOTIFY, documentation, sandbox, with};
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
