//! `client["v3/…"]`.

use serde_json::json;
use weipay::catalog::ops;
use weipay::{Client, blocking};

use crate::world::{answers, client, credential, signed};

#[tokio::test]
async fn an_index_sends_like_a_chain() {
    let server = answers(&signed(200, r#"{"ok":true}"#));
    let client: Client = client(&server.url());
    let value = client["v3/marketing/busifavor/coupons/use"].post(&json!({})).await.unwrap();
    assert_eq!(value["ok"], true);
    let path = client["v3/marketing/busifavor/users/{openid}/coupons/{coupon_code}/appids/{appid}"]
        .param("openid", "o/1")
        .param("coupon_code", "C1")
        .param("appid", "wx1");
    assert_eq!(path.get().send().await.unwrap().status(), 200);
    let targets: Vec<_> = server.requests().iter().map(|request| request.target().to_owned()).collect();
    assert_eq!(
        targets,
        ["/v3/marketing/busifavor/coupons/use", "/v3/marketing/busifavor/users/o%2F1/coupons/C1/appids/wx1"]
    );
}

#[test]
fn an_index_of_the_blocking_client_is_called() {
    let server = answers(&signed(200, r#"{"ok":true}"#));
    let client: blocking::Client = client(&server.url());
    assert_eq!(client["/v3/marketing/busifavor/coupons/use"].post(&json!({})).call().unwrap()["ok"], true);
    let envelope =
        client["v3/marketing/busifavor/coupons/use"].query("a", 1).header("X-A", "b").post(&()).send();
    assert_eq!(envelope.unwrap().status(), 200);
}

#[test]
fn every_template_of_the_catalogue_is_an_index_and_always_the_same_one() {
    let client: Client = client("http://127.0.0.1:1");
    let clone = client.clone();
    for template in ops::templates() {
        let route = &client[template.path];
        assert_eq!(format!("{route:?}"), format!("Route({:?})", template.path));
        assert!(std::ptr::eq(route, &raw const clone[&template.path[1..]]));
    }
}

#[test]
fn a_route_acts_for_the_handle_it_was_asked_from() {
    let server = answers(&signed(200, "{}"));
    let first: blocking::Client = client(&server.url());
    let second = first.with_credential(credential("1900000002"));
    for client in [&first, &second] {
        client["v3/marketing/busifavor/coupons/use"].post(&()).call().unwrap();
    }
    let requests = server.requests();
    let callers: Vec<_> = requests.iter().map(|request| request.header("Authorization").unwrap()).collect();
    assert!(callers[0].contains("mchid=\"1900000001\"") && callers[1].contains("mchid=\"1900000002\""));
}

#[test]
#[should_panic(expected = "did you mean 'v3/marketing/busifavor/coupons/use'?")]
fn an_unknown_template_panics_and_names_the_nearest() {
    let client: Client = client("http://127.0.0.1:1");
    let _ = &client["v3/marketing/busifavour/coupon/use"];
}

#[test]
#[should_panic(expected = "the catalogue has no template 'x'; An index takes")]
fn a_template_like_no_other_panics_without_a_guess() {
    let client: blocking::Client = client("http://127.0.0.1:1");
    let _ = &client["x"];
}
