//! What was missed is found by what can be queried, once, and a notification that comes late after all is a duplicate.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};
use weipay::catalog::ops::{self, Method};
use weipay_relay::Clock as _;
use weipay_relay::ConfirmShape::B;
use weipay_relay::hook::Settlement;
use weipay_relay::job::{Kind, State};
use weipay_relay::make_good::{GAPS, MakeGood};
use weipay_relay::operate::{Command, Missing, OperateError, Role, Which, Who};
use weipay_relay::store::{Filter, Operate as _};
use weipay_sandbox::world::{BrandUserCardState, CouponState, ProductCouponState};
use weipay_sandbox::{ExchangePoints, Fault, MallMember, MallPayment, TakeCard};

use crate::forge::Message;
use crate::stage::{BRAND, MALL, Stage, send};

const AUTHORISATION: &str = "businesscircle_user_authorizations_get_by_openid";
const COMMIT_STATUS: &str = "businesscircle_users_points_commit_status_get";
const PRODUCT_COUPONS: &str = "marketing_partner_product_coupon_users_coupons_list";
const USE: &str = "marketing_busifavor_coupons_use";
const PAYER: (&str, &str) = ("wx1234567890abcdef", "oWmnN4xxxxxxxxxxe92NHIGf1xd8");
/// The sandbox's template whose exchanges issue a product coupon.
const TEMPLATE: &str = "0Flpo7FqTP";
const STOCK: &str = "1000000013001";

async fn call(stage: &Stage, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let headers = vec![
        ("authorization".to_owned(), "Bearer till-token".to_owned()),
        ("content-type".to_owned(), "application/json".to_owned()),
    ];
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let (status, body) =
        send(method, &format!("{}{path}", stage.relay().url()), Message { headers, body }).await;
    (status, serde_json::from_slice(&body).unwrap())
}

/// Names things, and waits until they were asked about.
async fn known(stage: &Stage, key: &str, known: &Value) -> Vec<Value> {
    let list = json!({ "key": key, "known": known });
    let (status, answer) = call(stage, "POST", "/v1/known", &list).await;
    assert_eq!(status, 202, "{answer}");
    for check in answer["checks"].as_array().unwrap() {
        stage.until(check["key"].as_str().unwrap(), |job| job.state.is_final()).await;
    }
    let (status, answer) = call(stage, "GET", &format!("/v1/known/{key}"), &Value::Null).await;
    assert_eq!((status, &answer["pending"]), (200, &json!(0)), "{answer}");
    answer["checks"].as_array().unwrap().clone()
}

fn payment(transaction_id: &str) -> Value {
    json!({
        "known": "payment", "transaction_id": transaction_id, "mchid": MALL, "appid": PAYER.0, "openid": PAYER.1,
        "amount": 10_000,
    })
}

fn never(event: &str) -> Fault {
    Fault::new("N05").unwrap().variant("never").unwrap().on(event)
}

async fn operate(stage: &Stage, missing: Missing) -> Value {
    let who = Who { name: "zhang".to_owned(), role: Role::Operator };
    stage.relay().operator().run(Command::MakeGood(missing), &who).await.unwrap()
}

#[tokio::test]
async fn n05_a_payment_that_was_never_notified_settles_once_and_a_late_notification_is_a_duplicate() {
    let stage = Stage::set(B).await;
    let day = Duration::from_hours(24);
    stage.sandbox.inject(Fault::new("N05").unwrap().on("MALL_TRANSACTION.SUCCESS").by(day));
    let paid = stage.sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
    assert!(stage.job(&format!("payment/{paid}/points")).await.is_none());

    let checks = known(&stage, "2026-11-21", &json!([payment(&paid)])).await;
    assert_eq!((&checks[0]["result"], &checks[0]["item"]), (&json!("made_good"), &json!(0)), "{checks:?}");
    assert_eq!(checks[0]["says"]["authorize_state"], "AUTHORIZED");
    stage.reaches(&format!("payment/{paid}/notify"), State::Settled).await;
    assert_eq!((stage.sandbox.increased_points(&paid), stage.shop.books().balance), (Some(100), 1100));

    // The same list again is the same list, and what is here is not asked about.
    assert_eq!(known(&stage, "2026-11-21", &json!([payment(&paid)])).await, checks);
    let again = known(&stage, "again", &json!([payment(&paid)])).await;
    assert_eq!(again[0]["result"], "present");
    assert_eq!(stage.sandbox.journal().for_operation(AUTHORISATION).len(), 1);

    stage.sandbox.advance(day + Duration::from_hours(1)).await;
    stage.sandbox.settled().await;
    let delivered = stage.sandbox.deliveries();
    assert_eq!(delivered.last().unwrap().attempts.len(), 1, "it came after all, and was acknowledged");
    assert_eq!((stage.shop.count("points"), stage.shop.books().balance), (1, 1100));
    assert!(stage.sandbox.effect_counts().iter().all(|one| one.count == 1));

    // A person sees where it came from, and nobody's openid.
    let operator = stage.relay().operator();
    let who = Who { name: "li".to_owned(), role: Role::Viewer };
    let show = Command::Show { merchant: None, key: format!("payment/{paid}"), reveal: false };
    let life = operator.run(show, &who).await.unwrap().to_string();
    assert!(life.contains("known/2026-11-21/0/payment") && !life.contains(PAYER.1), "{life}");
    let status = operator.run(Command::Status {}, &who).await.unwrap();
    assert_eq!((&status["checks"]["made_good"], &status["checks"]["answered"]), (&json!(1), &json!(2)));
    let nothing = Message { headers: Vec::new(), body: Vec::new() };
    let metrics = send("GET", &format!("{}/metrics", stage.relay().url()), nothing).await.1;
    let metrics = String::from_utf8(metrics).unwrap();
    let row = r#"weipay_relay_checks_total{merchant="shop",gap="payment",result="made_good"}"#;
    assert!(metrics.contains(row), "{metrics}");
}

#[tokio::test]
async fn n05_who_is_no_member_has_no_payment_to_make_good() {
    let stage = Stage::set(B).await;
    stage.sandbox.leave_mall(MallMember::default()).await.unwrap();
    let paid = stage.sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
    let checks = known(&stage, "k", &json!([payment(&paid)])).await;
    assert_eq!(checks[0]["result"], "nothing_missing", "{checks:?}");
    let member = json!([{ "known": "member", "openid": PAYER.1, "appid": PAYER.0, "mchid": MALL }]);
    let checks = known(&stage, "m", &member).await;
    let authorisation = checks.iter().find(|check| check["gap"] == "authorisation").unwrap();
    assert_eq!(authorisation["says"]["authorize_state"], "DEAUTHORIZED", "nobody was told of the leave");
    assert_eq!(stage.shop.count("points"), 0);
}

#[tokio::test]
async fn l22_points_that_stay_pending_and_belong_to_no_payment_here_are_parked() {
    let stage = Stage::set(B).await;
    stage.sandbox.inject(never("MALL_TRANSACTION.SUCCESS"));
    let order = MallPayment { commit_tag: true, ..MallPayment::default() };
    let paid = stage.sandbox.pay_in_mall(order).await.unwrap();
    let member = json!({ "known": "member", "openid": PAYER.1, "appid": PAYER.0, "mchid": MALL });
    call(&stage, "POST", "/v1/known", &json!({ "key": "k", "known": [member.clone()] })).await;
    for asked in 1..=3 {
        let journal = stage.sandbox.journal();
        stage.holds("asked", || journal.for_operation(COMMIT_STATUS).len() == asked).await;
        if asked < 3 {
            stage.until("known/k/0/points", |job| job.state == State::Ready).await;
            stage.clock.advance(Duration::from_mins(61));
        }
    }
    let job = stage.reaches("known/k/0/points/found/aside", State::Parked).await;
    assert!(job.reason.unwrap().contains("name the payment"));
    // Named, it is made good, and then nothing is pending any more.
    known(&stage, "named", &json!([payment(&paid)])).await;
    stage.until(&format!("payment/{paid}/points"), |job| job.state == State::Settled).await;
}

#[tokio::test]
async fn l07_a_card_whose_creation_was_never_notified_is_opened_and_its_end_is_told() {
    let stage = Stage::set(B).await;
    let order = TakeCard::default();
    let (card_id, openid) = (order.card_id.clone(), order.openid.clone());
    let day = Duration::from_hours(2);
    let event = "BRAND_MEMBER_CARD_SP.USER_CARD.CREATE";
    stage.sandbox.inject(Fault::new("N05").unwrap().on(event).by(day));
    let code = stage.sandbox.take_card(order).await.unwrap().unwrap();
    let cards = json!([{ "known": "cards", "openid": openid }]);
    let checks = known(&stage, "k", &cards).await;
    assert_eq!(checks[0]["result"], "made_good", "{checks:?}");
    let opened =
        || stage.sandbox.user_card(&card_id, &openid).unwrap().state == BrandUserCardState::Effective;
    stage.holds("opened", opened).await;
    assert_eq!(stage.shop.count("card"), 1);
    stage.sandbox.advance(day + Duration::from_mins(1)).await;
    stage.sandbox.settled().await;
    assert_eq!(known(&stage, "again", &cards).await[0]["result"], "nothing_missing");
    assert_eq!(stage.shop.count("card"), 1, "the late notification is a duplicate");

    stage.sandbox.inject(never("BRAND_MEMBER_CARD_SP.USER_CARD.DELETE"));
    stage.sandbox.delete_card(&card_id, &code).await.unwrap();
    assert_eq!(known(&stage, "ended", &cards).await[0]["result"], "made_good");
    stage.holds("told of the end", || stage.shop.count("card") == 2).await;
    assert_eq!(known(&stage, "ended2", &cards).await[0]["result"], "present");
}

#[tokio::test]
async fn l09_a_coupon_of_an_exchange_that_was_never_notified_is_found_by_the_relay_itself() {
    let stage = Stage::with(B, |_| (), |merchant| merchant.appid("wx1234567889999")).await;
    stage.sandbox.inject(never("PRODUCT_COUPON_SP.SEND").times(9));
    let exchange =
        ExchangePoints { exchange_coupon_template_id: TEMPLATE.to_owned(), ..ExchangePoints::default() };
    let record = stage.sandbox.exchange_points(exchange).await.unwrap();
    stage.reaches(&format!("exchange/{record}/confirm"), State::Settled).await;
    let code = stage.sandbox.record(&record).unwrap().coupon_code.unwrap();
    let state = || stage.sandbox.product_coupon(STOCK, &code).unwrap().state;
    assert_eq!(state(), ProductCouponState::Confirming);
    // The next hour's sweep looks at what ended half an hour ago.
    stage.clock.advance(Duration::from_mins(91));
    stage.reaches(&format!("coupon/{code}/coupon-confirm"), State::Settled).await;
    assert_eq!(state(), ProductCouponState::Effective);
    // The sweep after it begins where this one ended.
    let swept = upkeep(&stage, "sweep").await;
    stage.clock.advance(Duration::from_mins(61));
    let next = another(&stage, &swept).await;
    stage.reaches(&next, State::Settled).await;
    assert_eq!(upkeep(&stage, "check product-coupon").await.len(), 1);
    assert_eq!(stage.sandbox.journal().for_operation(PRODUCT_COUPONS).len(), 1);
}

async fn upkeep(stage: &Stage, name: &str) -> Vec<String> {
    let filter = Filter { kind: Some(Kind::Upkeep), name: Some(name.to_owned()), ..Filter::default() };
    stage.store.list(&filter).await.unwrap().into_iter().map(|job| job.work.key).collect()
}

/// The key of a sweep that is not among these.
async fn another(stage: &Stage, known: &[String]) -> String {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let new = upkeep(stage, "sweep").await.into_iter().find(|key| !known.contains(key));
        if let Some(new) = new {
            return new;
        }
        assert!(Instant::now() < deadline, "no other sweep than {known:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What happens at WeChat Pay, whose answer is lost, and whose repetitions find nobody until their time is over.
fn unanswered(stage: &Stage, operation: &str) -> Timestamp {
    stage.sandbox.inject(Fault::new("T01").unwrap().on(operation));
    stage.sandbox.inject(Fault::new("T04").unwrap().on(operation).times(50));
    stage.clock.now() + Duration::from_secs(30)
}

/// A coupon redeemed at WeChat Pay, of which nobody here knows.
async fn parked_use(stage: &Stage) -> Value {
    let not_after = unanswered(stage, USE);
    let order = json!({ "key": "till-7", "effect": { "operation": USE, "lane": "till", "not_after": not_after, "body": {
        "coupon_code": "sxxe34343434", "stock_id": "100088", "appid": "wx1234567889999",
        "use_time": "2026-01-01T00:00:00+08:00", "openid": "xsd3434454567676",
    } } });
    call(stage, "POST", "/v1/effects", &order).await;
    stage.reaches_in_time("api/till-7/effect", State::Parked).await;
    stage.sandbox.clear_faults();
    order
}

#[tokio::test]
async fn l11_a_parked_redemption_is_settled_by_what_the_coupon_says() {
    let stage = Stage::set(B).await;
    parked_use(&stage).await;
    assert_eq!(stage.sandbox.coupon("100088", "sxxe34343434").unwrap().state, CouponState::Used);
    let dry = operate(&stage, Missing { dry_run: true, ..Missing::default() }).await;
    assert_eq!((&dry[0]["gap"], &dry[0]["result"]), (&json!("effect"), &json!("would_be_asked")), "{dry}");
    assert_eq!((&dry[0]["about"], dry.as_array().unwrap().len()), (&json!("api/till-7/effect"), 1));
    let query = "marketing_busifavor_users_coupons_appids_get_by_appid";
    assert_eq!(dry[0]["query"], query);
    assert!(stage.sandbox.journal().for_operation(query).is_empty(), "a dry run asks nothing");

    let asked = operate(&stage, Missing { gap: Some("effect".to_owned()), ..Missing::default() }).await;
    let job = stage.reaches("api/till-7/effect", State::Settled).await;
    assert_eq!(job.reason.as_deref(), Some("relay found out that it happened"));
    stage.reaches(asked[0]["key"].as_str().unwrap(), State::Settled).await;
    stage.reaches("api/till-7/effect/settled", State::Settled).await;
    assert!(matches!(stage.shop.told()[..], [Settlement::Parked { .. }, Settlement::Happened {}]));
    let audit = stage.store.audit(10).await.unwrap();
    let resolved = audit.iter().find(|one| one.act == "resolve: happened").unwrap();
    assert_eq!(resolved.by.who, "relay");
    assert!(resolved.by.note.as_ref().unwrap().contains("under the request's number: USED"), "{resolved:?}");
    let (_, standing) = call(&stage, "GET", "/v1/effects/till-7", &Value::Null).await;
    assert_eq!(standing["state"], "settled");
    // It is looked at once.
    assert_eq!(operate(&stage, Missing::default()).await, json!([]));
}

#[tokio::test]
async fn t16_a_sweep_settles_what_happened_and_leaves_what_nobody_can_tell() {
    let stage = Stage::set(B).await;
    parked_use(&stage).await;
    // A balance: no query says by which request it came about.
    let sync = "brand_partner_card_member_user_points_sync";
    let not_after = unanswered(&stage, sync);
    let order = json!({ "key": "sync-1", "effect": { "operation": sync, "not_after": not_after, "body": {
        "brand_id": BRAND, "card_id": crate::stage::CARD.0, "user_card_code": crate::stage::CARD.1,
        "openid": "obLatjnx9gnqzS4myYGmLZ7LgLBA", "point_balance": 7,
    } } });
    call(&stage, "POST", "/v1/effects", &order).await;
    stage.reaches_in_time("api/sync-1/effect", State::Parked).await;
    stage.clock.advance(Duration::from_mins(61));
    stage.reaches("api/till-7/effect", State::Settled).await;
    assert_eq!(stage.job("api/sync-1/effect").await.unwrap().state, State::Parked);
    assert!(stage.sandbox.effect_counts().iter().all(|one| one.count == 1));
}

#[tokio::test]
async fn l10_a_coupon_that_is_not_as_the_merchant_thinks_is_parked_for_a_person() {
    let stage = Stage::set(B).await;
    let coupon = |number: Value| {
        json!([{ "known": "coupon", "coupon_code": "sxxe34343434", "openid": "xsd3434454567676",
            "appid": "wx1234567889999", "use_request_no": number }])
    };
    let unused = known(&stage, "unused", &coupon(Value::Null)).await;
    assert_eq!(
        (&unused[0]["result"], &unused[0]["says"]["coupon_state"]),
        (&json!("nothing_missing"), &json!("SENDED"))
    );
    stage.sandbox.delete_coupon("100088", "sxxe34343434").unwrap();
    let lost = known(&stage, "lost", &coupon(json!("POS-1"))).await;
    assert_eq!(lost[0]["result"], "to_look_at", "{lost:?}");
    let job = stage.reaches("known/lost/0/coupon/found/aside", State::Parked).await;
    assert_eq!(
        job.reason.unwrap(),
        "coupon sxxe34343434: the coupon is DELETED, and not used under your number"
    );
    let wrong = json!([{ "known": "coupon", "coupon_code": "nobody-has-it", "openid": "o1", "appid": "wx1234567889999" }]);
    let wrong = known(&stage, "wrong", &wrong).await;
    assert_eq!(
        (&wrong[0]["result"], &wrong[0]["reason"]),
        (&json!("unclear"), &json!("WeChat Pay does not know it"))
    );
}

#[tokio::test]
async fn queries_that_hang_take_no_place_from_a_confirmation() {
    let stage = Stage::set(B).await;
    let budget = "1900000100/businesscircle_user_authorizations_get_by_openid/make-good";
    let interval = async || {
        let now = jiff::Timestamp::now();
        let status = stage.store.status(now, now).await.unwrap();
        status.budgets.iter().find(|one| one.budget == budget).unwrap().interval.unwrap()
    };
    // DOC: 150 a second, of which a tenth.
    let normal = interval().await;
    assert!(normal >= Duration::from_millis(66) && normal < Duration::from_millis(80), "{normal:?}");
    stage.sandbox.inject(Fault::new("T03").unwrap().on(AUTHORISATION).times(1000));
    let many: Vec<Value> = (0..100).map(|number| payment(&format!("42{number}"))).collect();
    let (status, _) = call(&stage, "POST", "/v1/known", &json!({ "key": "k", "known": many })).await;
    assert_eq!(status, 202);
    let record = stage.exchange().await;
    stage.reaches(&format!("exchange/{record}/sync"), State::Settled).await;
    let hanging = stage.job("known/k/0/payment").await.unwrap();
    assert_eq!(hanging.work.pace.as_deref(), Some(budget));
    let deadline = Instant::now() + Duration::from_secs(20);
    while interval().await <= normal {
        assert!(Instant::now() < deadline, "what hangs is asked more slowly");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_check_under_way_when_the_relay_dies_is_asked_again_by_the_next_one() {
    let mut stage = Stage::set(B).await;
    stage.sandbox.inject(never("MALL_TRANSACTION.SUCCESS"));
    let paid = stage.sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
    stage.sandbox.inject(Fault::new("T03").unwrap().on(AUTHORISATION));
    let list = json!({ "key": "k", "known": [payment(&paid)] });
    assert_eq!(call(&stage, "POST", "/v1/known", &list).await.0, 202);
    stage.reaches("known/k/0/payment", State::Running).await;
    stage.crash().await;
    stage.sandbox.clear_faults();
    stage.start().await;
    // Not by moving the clock: points that lie ahead of the sandbox's time are refused.
    let check = stage.reaches("known/k/0/payment", State::Settled).await;
    assert_eq!(check.crashes, 1);
    stage.reaches(&format!("payment/{paid}/notify"), State::Settled).await;
    assert_eq!((stage.sandbox.increased_points(&paid), stage.shop.count("points")), (Some(100), 1));
}

#[tokio::test]
#[ignore = "half a minute: the guide's figures"]
#[expect(clippy::print_stdout, reason = "a measurement")]
async fn checks_keep_their_pace_and_confirmations_theirs() {
    const CHECKS: usize = 300;
    let stage = Stage::set(B).await;
    stage.sandbox.leave_mall(MallMember::default()).await.unwrap();
    let settled = async || {
        let began = Instant::now();
        let record = stage.exchange().await;
        stage.reaches(&format!("exchange/{record}/confirm"), State::Settled).await;
        began.elapsed()
    };
    let mut alone = Vec::new();
    for _ in 0..10 {
        alone.push(settled().await);
    }
    let many: Vec<Value> = (0..CHECKS).map(|number| payment(&format!("42{number:03}"))).collect();
    let began = Instant::now();
    assert_eq!(call(&stage, "POST", "/v1/known", &json!({ "key": "k", "known": many })).await.0, 202);
    let mut beside = Vec::new();
    for _ in 0..10 {
        beside.push(settled().await);
    }
    let deadline = Instant::now() + Duration::from_mins(2);
    while stage.sandbox.journal().for_operation(AUTHORISATION).len() < CHECKS {
        assert!(Instant::now() < deadline, "not all were asked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = began.elapsed();
    alone.sort();
    beside.sort();
    println!(
        "{CHECKS} checks in {took:.1?}; exchange to settled alone {alone:.0?}, beside checks {beside:.0?}"
    );
    // DOC: 150 a second, of which a tenth.
    assert!(took >= Duration::from_secs(CHECKS as u64 / 15), "{took:?} is faster than the share");
}

#[tokio::test]
async fn a_query_that_fails_is_asked_again_and_a_refused_one_when_it_is_put_right() {
    let stage = Stage::set(B).await;
    stage.sandbox.inject(Fault::order("503, 429, ok").unwrap().on(AUTHORISATION));
    let paid = stage.sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
    stage.reaches(&format!("payment/{paid}/notify"), State::Settled).await;
    let member = json!([{ "known": "member", "openid": PAYER.1, "appid": PAYER.0, "mchid": MALL }]);
    call(&stage, "POST", "/v1/known", &json!({ "key": "k", "known": member })).await;
    let job = stage.reaches_in_time("known/k/0/authorisation", State::Settled).await;
    assert_eq!(job.attempts, 2, "a refusal for speed is no attempt");
    stage.sandbox.inject(Fault::new("K08").unwrap().on(AUTHORISATION));
    let other = json!([{ "known": "member", "openid": PAYER.1, "appid": PAYER.0 }]);
    call(&stage, "POST", "/v1/known", &json!({ "key": "k2", "known": other })).await;
    let job = stage.until("known/k2/0/authorisation", |job| job.state.is_final()).await;
    assert_eq!(job.state, State::Parked);
    assert!(job.reason.unwrap().contains("401"));
    let (_, list) = call(&stage, "GET", "/v1/known/k2", &Value::Null).await;
    assert_eq!(list["checks"][0]["result"], "failed", "{list}");
    // Put right, it runs again.
    let which = Which { keys: vec!["known/k2/0/authorisation".to_owned()], ..Which::default() };
    let who = Who { name: "zhang".to_owned(), role: Role::Operator };
    let redrive = Command::Redrive { which, dry_run: false, note: None };
    stage.relay().operator().run(redrive, &who).await.unwrap();
    stage.reaches("known/k2/0/authorisation", State::Settled).await;
}

#[tokio::test]
async fn what_is_named_wrongly_is_refused_without_a_value() {
    let stage = Stage::set(B).await;
    let post =
        async |known: Value| call(&stage, "POST", "/v1/known", &json!({ "key": "k", "known": known })).await;
    for (bad, names) in [
        (json!([{ "known": "exchange", "record_id": "SECRET" }]), "known"),
        (json!([{ "known": "payment", "transaction_id": "SECRET" }]), "known"),
        (
            json!([{ "known": "member", "openid": "SECRET", "appid": "wx1", "mchid": "999SECRET" }]),
            "`known[0]`: `mchid`",
        ),
        (
            json!([{ "known": "cards", "openid": "SECRET", "brand_id": "999SECRET" }]),
            "`known[0]`: `brand_id`",
        ),
    ] {
        let (status, answer) = post(bad).await;
        let error = answer["error"].as_str().unwrap();
        assert!(status == 400 && error.contains(names) && !error.contains("SECRET"), "{error}");
    }
    assert_eq!(post(json!([payment("1")])).await.0, 202);
    assert_eq!(post(json!([payment("2")])).await.0, 409);
    assert_eq!(call(&stage, "GET", "/v1/known/nothing", &Value::Null).await.0, 404);
    let who = Who { name: "li".to_owned(), role: Role::Viewer };
    let operator = stage.relay().operator();
    let gap = |gap: &str, dry_run| {
        Command::MakeGood(Missing { gap: Some(gap.to_owned()), dry_run, ..Missing::default() })
    };
    assert!(matches!(operator.run(gap("effect", false), &who).await, Err(OperateError::Forbidden(_))));
    let unknown = operator.run(gap("exchange", true), &who).await.unwrap_err();
    assert!(unknown.to_string().contains("it is one of payment, points"), "{unknown}");
}

#[tokio::test]
async fn the_sweep_can_be_turned_off() {
    let change = |merchant: weipay_relay::Merchant| {
        merchant.make_good(MakeGood { every: None, ..MakeGood::default() })
    };
    let stage = Stage::with(B, |_| (), change).await;
    let record = stage.exchange().await;
    stage.reaches(&format!("exchange/{record}/sync"), State::Settled).await;
    assert!(upkeep(&stage, "sweep").await.is_empty());
}

#[test]
fn every_gap_asks_operations_of_the_catalogue_that_change_nothing_and_the_guides_have_it() {
    let guides = [
        include_str!("../../../../docs/relay/guide.md"),
        include_str!("../../../../docs/relay/guide.zh-CN.md"),
        include_str!("../../contract/admin-v1.yaml"),
    ];
    for gap in GAPS {
        assert!(!gap.queries.is_empty(), "{}", gap.name);
        for query in gap.queries {
            let operation = ops::operation(query).unwrap_or_else(|| panic!("{query}"));
            assert_eq!(operation.method, Method::Get, "{query}");
        }
        for guide in guides {
            assert!(guide.contains(gap.name), "{}", gap.name);
        }
    }
}
