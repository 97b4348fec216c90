//! Operators' commands, in Rust and over the admin API.

use std::net::SocketAddr;

use serde_json::{Value, json};
use weipay_relay::ConfirmShape::B;
use weipay_relay::Merchant;
use weipay_relay::hook::Settlement;
use weipay_relay::job::State;
use weipay_relay::operate::{CallError, Caller, Command, OperateError, Operator, Role, Token, Who, call};
use weipay_relay::store::{Fact, Scope};
use weipay_relay::{Relay, Vault};
use weipay_sandbox::world::ConfirmShape as Accepted;

use crate::forge;
use crate::stage::{BRAND, CARD, MALL, Stage, accepts, client, send};

const OPENID: &str = "obLatjnx9gnqzS4myYGmLZ7LgLBA";
const SECRET: &str = "a token of the tests, worthless";

fn zhang() -> Who {
    Who { name: "zhang".to_owned(), role: Role::Operator }
}

fn show(key: &str, reveal: bool) -> Command {
    Command::Show { merchant: None, key: key.to_owned(), reveal }
}

async fn run(operator: &Operator, command: Command) -> Value {
    operator.run(command, &zhang()).await.unwrap()
}

/// An exchange whose confirmation parks, because the account takes the other shape.
async fn parked() -> (Stage, String) {
    let stage = Stage::with(B, accepts(Accepted::A), |merchant| merchant).await;
    let record = stage.exchange().await;
    stage.reaches(&format!("exchange/{record}/confirm"), State::Parked).await;
    stage.reaches(&format!("exchange/{record}/confirm/parked"), State::Settled).await;
    (stage, record)
}

#[tokio::test]
async fn a_case_is_one_timeline_without_personal_data_until_that_is_asked_for() {
    let stage = Stage::set(B).await;
    let record = stage.exchange().await;
    stage.reaches(&format!("exchange/{record}/confirm/settled"), State::Settled).await;
    let operator = stage.relay().operator();
    let masked = run(&operator, show(&format!("exchange/{record}"), false)).await.to_string();
    for word in ["received", "POINT_EXCHANGE_COUPON", "decide", "confirm", "issued", &record] {
        assert!(masked.contains(word), "{word}: {masked}");
    }
    assert!(!masked.contains(OPENID) && !masked.contains(CARD.1), "{masked}");
    let clear = run(&operator, show(&format!("exchange/{record}/confirm"), true)).await.to_string();
    assert!(clear.contains(OPENID));
    let audit = run(&operator, Command::Audit { limit: 1 }).await;
    assert_eq!((&audit[0]["act"], &audit[0]["by"]["who"]), (&json!("reveal"), &json!("zhang")));
    let viewer = Who { name: "li".to_owned(), role: Role::Viewer };
    let refused = operator.run(show("exchange/R", true), &viewer).await.unwrap_err();
    assert!(matches!(refused, OperateError::Forbidden(_)), "{refused}");
}

#[tokio::test]
async fn points_are_in_reserve_until_a_person_says_what_happened_and_the_hook_hears_it() {
    let (stage, record) = parked().await;
    let operator = stage.relay().operator();
    let status = run(&operator, Command::Status {}).await;
    assert_eq!((&status["to_look_at"], &status["points_in_reserve"]), (&json!(1), &json!(100)));
    let letters = run(&operator, Command::DeadLetters(weipay_relay::operate::Which::default())).await;
    let key = letters["jobs"][0]["key"].as_str().unwrap().to_owned();
    assert_eq!(key, format!("exchange/{record}/confirm"));
    let order = Command::Resolve {
        merchant: None,
        key: key.clone(),
        fact: Fact::NotHappened,
        note: "the member's record shows none".to_owned(),
    };
    let resolved = run(&operator, order.clone()).await;
    assert_eq!(resolved["tells"], json!(format!("{key}/settled")));
    stage.reaches(&format!("{key}/settled"), State::Settled).await;
    let told = stage.shop.told();
    assert!(matches!(told.last(), Some(Settlement::NotIssued { .. })), "{told:?}");
    assert_eq!(stage.shop.books().balance, 1000);
    assert_eq!(run(&operator, Command::Status {}).await["points_in_reserve"], 0);
    let twice = operator.run(order, &zhang()).await.unwrap_err();
    assert!(matches!(twice, OperateError::Misuse(_)), "{twice}");
}

#[tokio::test]
async fn what_is_parked_runs_again_with_the_same_bytes_and_not_without_being_named() {
    let (stage, record) = parked().await;
    let operator = stage.relay().operator();
    let redrive = |keys: &[&str], dry_run| Command::Redrive {
        which: weipay_relay::operate::Which {
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            ..weipay_relay::operate::Which::default()
        },
        dry_run,
        note: None,
    };
    assert!(matches!(operator.run(redrive(&[], false), &zhang()).await, Err(OperateError::Misuse(_))));
    let key = format!("exchange/{record}/confirm");
    assert_eq!(run(&operator, redrive(&[&key], true)).await[0]["to"], "ready");
    assert_eq!(stage.job(&key).await.unwrap().state, State::Parked);
    run(&operator, redrive(&[&key], false)).await;
    let journal = stage.sandbox.journal();
    stage.holds("sent again", || journal.for_operation(crate::stage::CONFIRM).len() == 2).await;
    let sent = journal.for_operation(crate::stage::CONFIRM);
    assert_eq!(sent[0].request_body, sent[1].request_body);
    // A refused effect's end was told: it stays.
    let paid = format!("exchange/{record}/decide");
    assert_eq!(run(&operator, redrive(&[&paid], false)).await, json!([]));
}

#[tokio::test]
async fn the_days_settlement_has_each_exchange_with_its_points_and_coupon() {
    let stage = Stage::set(B).await;
    let record = stage.exchange().await;
    let job = stage.reaches(&format!("exchange/{record}/confirm"), State::Settled).await;
    let china = jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(8));
    let day = job.ended.unwrap().to_zoned(china).date();
    let operator = stage.relay().operator();
    let page = run(&operator, Command::Export { day, after: None, reveal: false }).await;
    let row =
        &page["rows"].as_array().unwrap().iter().find(|row| row["effect"] == "confirm").unwrap().clone();
    assert_eq!(
        (&row["result"], &row["points"], &row["state"]),
        (&json!("issued"), &json!(100), &json!("settled"))
    );
    assert!(row["coupon_code"].as_str().is_some_and(|code| !code.is_empty()), "{row}");
    assert!(!page.to_string().contains(OPENID));
    let empty =
        run(&operator, Command::Export { day: day.tomorrow().unwrap(), after: None, reveal: false }).await;
    assert_eq!(empty["rows"], json!([]));
}

#[tokio::test]
async fn what_is_held_waits_and_a_misspelt_name_is_refused() {
    let stage = Stage::set(B).await;
    let operator = stage.relay().operator();
    let scope = Scope::Merchant("shop".to_owned());
    run(&operator, Command::Hold { scope: scope.clone(), note: Some("stock taking".to_owned()) }).await;
    let record = stage.exchange().await;
    stage.until(&format!("exchange/{record}/decide"), |job| job.state == State::Ready).await;
    let status = run(&operator, Command::Status {}).await;
    assert_eq!(status["held"][0]["scope"], json!({ "merchant": "shop" }));
    assert_eq!(stage.shop.count("decide"), 0);
    assert_eq!(run(&operator, Command::Release { scope, note: None }).await, json!({ "held": true }));
    stage.reaches(&format!("exchange/{record}/confirm"), State::Settled).await;
    let wrong = Command::Hold { scope: Scope::Budget("1900000100/nothing".to_owned()), note: None };
    assert!(matches!(operator.run(wrong, &zhang()).await, Err(OperateError::NotFound(_))));
}

#[tokio::test]
async fn a_person_is_erased_by_openid() {
    let stage = Stage::set(B).await;
    let record = stage.exchange().await;
    stage.reaches(&format!("exchange/{record}/sync"), State::Settled).await;
    let operator = stage.relay().operator();
    let erased = run(&operator, Command::Erase { openid: OPENID.to_owned(), note: None }).await;
    assert!(erased["notifications"].as_u64() > Some(0) && erased["jobs"].as_u64() > Some(2), "{erased}");
    assert_eq!(erased["unfinished"], 0);
    let left = run(&operator, show(&format!("exchange/{record}"), true)).await.to_string();
    assert!(!left.contains(OPENID) && left.contains("erased") && left.contains("confirm"), "{left}");
    let audit = run(&operator, Command::Audit { limit: 10 }).await.to_string();
    assert!(!audit.contains(OPENID), "{audit}");
}

#[tokio::test]
async fn a_refused_notification_is_taken_in_after_the_key_was_put_right() {
    let mut stage = Stage::set(B).await;
    // Before the fix, this relay has another APIv3 key.
    drop(stage.relay.take());
    let wrong = client(&stage.sandbox, |credential| {
        credential.apiv3_key(weipay::ApiV3Key::new("AnotherKeyOf32BytesForTheTests00").unwrap())
    });
    let merchant = Merchant::new("shop", wrong, B, stage.shop.clone()).brand(BRAND).mchid(MALL);
    let relay =
        Relay::builder(stage.store.clone(), Vault::new(&[7; 32])).merchant(merchant).start().await.unwrap();
    let message =
        forge::notification("n-1", "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON", &forge::exchange("R1"));
    assert_eq!(crate::stage::post(&relay.notify_url("shop"), message).await.0, 400);
    let kept = run(&relay.operator(), Command::Refused {}).await;
    assert_eq!(kept.as_array().unwrap().len(), 1, "{kept}");
    let again = run(&relay.operator(), Command::Reverify { note: None }).await;
    assert_eq!(again[0]["result"], "refused", "{again}");
    relay.stop().await;
    stage.start().await;
    let operator = stage.relay().operator();
    let again = run(&operator, Command::Reverify { note: None }).await;
    assert_eq!((&again[0]["result"], &again[0]["case"]), (&json!("taken"), &json!("exchange/R1")));
    stage.until("exchange/R1/decide", |job| job.state == State::Settled).await;
    assert_eq!(run(&operator, Command::Refused {}).await, json!([]));
}

async fn with_admin(stage: &mut Stage, tokens: Vec<Token>) -> String {
    drop(stage.relay.take());
    let merchant = Merchant::new("shop", stage.client(), B, stage.shop.clone()).brand(BRAND).mchid(MALL);
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let relay = Relay::builder(stage.store.clone(), Vault::new(&[7; 32])).merchant(merchant);
    let relay = relay.admin(loopback, tokens).start().await.unwrap();
    let url = format!("http://{}", relay.admin_addr().unwrap());
    stage.relay = Some(relay);
    url
}

#[tokio::test]
async fn commands_go_over_the_admin_api_with_a_token_and_its_role() {
    let mut stage = Stage::set(B).await;
    let viewer = "a viewer's token, worthless";
    let tokens = vec![
        Token::new("zhang", Role::Operator, SECRET).unwrap(),
        Token::new("li", Role::Viewer, viewer).unwrap(),
    ];
    let url = with_admin(&mut stage, tokens).await;
    let hold = Command::Hold { scope: Scope::All, note: None };
    let given = |token: &str| Caller::Token(token.to_owned());
    let refused = call(&url, &given(viewer), &hold).await.unwrap_err();
    assert!(matches!(&refused, CallError::Refused(why) if why.contains("li may look")), "{refused}");
    assert!(matches!(call(&url, &given("no such token"), &hold).await, Err(CallError::Refused(_))));
    assert!(matches!(call(&url, &Caller::Named("x".to_owned()), &hold).await, Err(CallError::Refused(_))));
    assert!(
        call(&url, &given(viewer), &Command::Status {}).await.unwrap()["held"].as_array().unwrap().is_empty()
    );
    call(&url, &given(SECRET), &hold).await.unwrap();
    let audit = call(&url, &given(viewer), &Command::Audit { limit: 5 }).await.unwrap();
    assert_eq!((&audit[0]["act"], &audit[0]["by"]["who"]), (&json!("hold"), &json!("zhang")));
    let unknown = Command::read("nothing", b"").unwrap_err();
    assert!(unknown.contains("`nothing`"), "{unknown}");
    let quoted = Command::read("erase", br#"{"openid": 5, "x": "oSECRET"}"#).unwrap_err();
    assert!(!quoted.contains("SECRET"), "{quoted}");
    stage.relay.take().unwrap().stop().await;
    assert_eq!(call(&url, &given(SECRET), &hold).await, Err(CallError::NoRelay));
}

#[tokio::test]
async fn a_page_in_a_browser_gives_no_commands() {
    let mut stage = Stage::set(B).await;
    let url = format!("{}/admin/v1/hold", with_admin(&mut stage, Vec::new()).await);
    let post = async |headers: &[(&str, &str)]| {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        send("POST", &url, forge::Message { headers, body: br#"{"scope":"all"}"#.to_vec() }).await.0
    };
    let json = ("content-type", "application/json");
    assert_eq!(post(&[("content-type", "text/plain")]).await, 403);
    assert_eq!(post(&[]).await, 403);
    assert_eq!(post(&[json, ("origin", "https://evil.example")]).await, 403);
    assert_eq!(post(&[json, ("sec-fetch-site", "cross-site")]).await, 403);
    assert_eq!(post(&[json, ("host", "evil.example")]).await, 403);
    assert_eq!(post(&[json, ("weipay-operator", "zhang")]).await, 200);
    let audit = run(&stage.relay().operator(), Command::Audit { limit: 5 }).await;
    assert_eq!(audit.as_array().unwrap().len(), 1);
    assert_eq!(audit[0]["by"]["who"], "local/zhang");
    let merchant = Merchant::new("shop", stage.client(), B, stage.shop.clone());
    let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let open = Relay::builder(stage.store.clone(), Vault::new(&[7; 32])).merchant(merchant);
    let error = open.admin(everywhere, Vec::new()).start().await.unwrap_err();
    assert!(error.to_string().contains("give it tokens"), "{error}");
}

#[test]
fn the_contract_has_every_command_with_its_members_and_role() {
    let contract: Value = serde_yaml_ng::from_str(include_str!("../../contract/admin-v1.yaml")).unwrap();
    let paths = contract["paths"].as_object().unwrap();
    let names: Vec<&str> = paths.keys().map(|path| path.trim_start_matches("/admin/v1/")).collect();
    assert_eq!(names, Command::NAMES);
    for name in names {
        let post = &paths[&format!("/admin/v1/{name}")]["post"];
        let body = match post["requestBody"]["$ref"].as_str() {
            Some(pointer) => contract.pointer(pointer.trim_start_matches('#')).unwrap(),
            None => &post["requestBody"],
        };
        let example = &body["content"]["application/json"]["example"];
        let command = Command::read(name, example.to_string().as_bytes()).unwrap();
        assert_eq!(command.written().0, name);
        let role = match command.needs() {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
        };
        // Its example is a dry run, which a viewer may do.
        assert!(post["x-role"] == role || name == "redrive", "{name}");
        let unknown = Command::read(name, br#"{"nothing of ours": 1}"#);
        assert!(unknown.is_err(), "{name} takes members that it does not know");
    }
}

#[tokio::test]
async fn what_is_old_goes_and_not_what_may_still_come_again() {
    let stage = Stage::set(B).await;
    let record = stage.exchange().await;
    stage.reaches(&format!("exchange/{record}/sync"), State::Settled).await;
    let operator = stage.relay().operator();
    let purge = |contents_days, rows_days| Command::Purge { contents_days, rows_days, note: None };
    assert!(matches!(operator.run(purge(1, 29), &zhang()).await, Err(OperateError::Misuse(_))));
    stage.clock.advance(std::time::Duration::from_hours(24 * 31));
    let gone = run(&operator, purge(30, 400)).await;
    assert!(gone["contents"].as_u64() > Some(2) && gone["rows"] == 0, "{gone}");
    let left = run(&operator, show(&format!("exchange/{record}"), true)).await.to_string();
    assert!(!left.contains(OPENID) && left.contains("erased"), "{left}");
    stage.clock.advance(std::time::Duration::from_hours(24 * 400));
    assert!(run(&operator, purge(30, 400)).await["rows"].as_u64() > Some(2));
}
