//! The handle: start and stop, environment, journal, ids by seed, clocks.

use std::time::Duration;

use weipay_sandbox::world::{CardValidity, CodeMode, Discount, StockState, UserCardStatus};
use weipay_sandbox::{Error, ExchangePoints, Journal, MallPayment, Sandbox, World};

use crate::client::{CONFIRM, Client, USE, documentation};
use crate::samples::{CONFIRM_BODY, USE_BODY};

#[tokio::test]
async fn the_same_seed_and_requests_give_the_same_ids() {
    let run = |seed, extra: bool| async move {
        let sandbox = Sandbox::builder().seed(seed).start().await.unwrap();
        let client = Client::new(&sandbox);
        if extra {
            client.get("/v3/nothing").await.is(404);
        }
        let record = sandbox.exchange_points(ExchangePoints::default()).await.unwrap();
        let payment = sandbox.pay_in_mall(MallPayment::default()).await.unwrap();
        let body = CONFIRM_BODY.replacen("pbLatjvWOibDc5-TBnbUk1pD12o0", &record, 1).replace(
            "\"state\":\"POINT_EXCHANGE_COUPON_SUCCESS\"",
            "\"result\":\"POINT_EXCHANGE_COUPON_ALLOW\"",
        );
        let coupon = client.post(CONFIRM, &body).await.value()["coupon_code"].clone();
        assert!(coupon.is_string());
        let notifications: Vec<_> = sandbox.deliveries().into_iter().map(|delivery| delivery.id).collect();
        (record, payment, coupon, notifications)
    };
    let first = run(7, false).await;
    assert_eq!(run(7, true).await, first);
    assert_ne!(run(8, false).await, first);
}

#[tokio::test]
async fn the_environment_points_a_program_here() {
    let (sandbox, _client) = documentation().await;
    let environment = sandbox.environment();
    let names: Vec<_> = environment.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "WEIPAY_BASE_URL",
            "WEIPAY_MCHID",
            "WEIPAY_MERCHANT_SERIAL",
            "WEIPAY_PRIVATE_KEY",
            "WEIPAY_PLATFORM_KEY_ID",
            "WEIPAY_PLATFORM_PUBLIC_KEY",
            "WEIPAY_APIV3_KEY",
            "WEIPAY_BACKUP_URL",
        ]
    );
    assert_eq!(environment[0].1, sandbox.url());
    assert_eq!((environment[1].1.as_str(), environment[6].1.len()), ("1900000100", 32));
    assert_eq!(environment[7].1, sandbox.backup_url());
    assert_eq!(sandbox.url(), format!("http://{}", sandbox.addr()));
    assert!(sandbox.credentials_of("1234567890").is_none());
}

#[tokio::test]
async fn the_journal_is_bounded_and_counts_on() {
    let sandbox = Sandbox::builder().journal(2).start().await.unwrap();
    let client = Client::new(&sandbox);
    for _ in 0..3 {
        client.post(USE, USE_BODY).await.is(200);
    }
    let journal: Journal = sandbox.journal();
    let numbers: Vec<_> = journal.entries().iter().map(|entry| entry.number).collect();
    assert_eq!((numbers, journal.count()), (vec![2, 3], 3));
    let entry = journal.last().unwrap();
    assert_eq!((entry.method.as_str(), entry.target.as_str(), entry.status), ("POST", USE, Some(200)));
    assert_eq!(entry.caller.as_deref(), Some("1900000100"));
    assert_eq!(&entry.request_body[..], USE_BODY.as_bytes());
    assert!(entry.response_header("wechatpay-signature").is_some());
    assert_eq!(journal.for_operation("marketing_busifavor_coupons_use").len(), 2);
    journal.clear();
    assert!(journal.last().is_none());
}

#[tokio::test]
async fn business_time_is_moved_and_wire_time_is_not() {
    let (sandbox, client) = documentation().await;
    let before = sandbox.business_time();
    sandbox.advance(Duration::from_secs(86_400)).await;
    let moved = sandbox.business_time().duration_since(before).as_secs();
    assert!((86_400..86_460).contains(&moved), "{moved}");
    client.post(USE, USE_BODY).await.is(200);
}

#[tokio::test]
async fn stop_frees_the_port_and_so_does_drop() {
    let sandbox = Sandbox::start().await.unwrap();
    let address = sandbox.addr();
    assert!(matches!(Sandbox::builder().listen(address).start().await, Err(Error::Listen(_))));
    sandbox.stop().await;
    let again = Sandbox::builder().listen(address).start().await.unwrap();
    drop(again);
}

#[tokio::test]
async fn a_world_with_an_unusable_key_does_not_start() {
    let mut world = World::documentation();
    world.merchant_mut("1900000200").unwrap().certificates[0].certificate_pem = "nonsense".to_owned();
    let error = Sandbox::builder().world(world).start().await.unwrap_err();
    assert!(error.to_string().contains("1900000200"), "{error}");
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (sandbox, client) = documentation().await;
    let mut stream = tokio::net::TcpStream::connect(sandbox.addr()).await.unwrap();
    for number in 1..=3 {
        let bytes = client.wire(&client.draft("POST", USE, USE_BODY));
        let bytes = String::from_utf8(bytes).unwrap().replace("Connection: close\r\n", "");
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            let mut buffer = [0; 1024];
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(count > 0);
            answer.extend_from_slice(&buffer[..count]);
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"), "request {number}");
    }
}

#[test]
fn a_sandbox_can_be_started_and_kept_anywhere() {
    fn sendable<T: Send>(_: T) {}
    fn shareable<T: Send + Sync + 'static>() {}
    sendable(Sandbox::start());
    shareable::<Sandbox>();
    shareable::<Journal>();
}

#[tokio::test]
async fn a_reset_begins_anew_with_the_same_ids() {
    let receiver = crate::receiver::Receiver::start(&[crate::receiver::Act::Silence]).await;
    let world = World::documentation().notify(&receiver.url);
    let sandbox = Sandbox::builder().world(world).seed(3).start().await.unwrap();
    let client = Client::new(&sandbox);
    let first = sandbox.trigger("MALL_TRANSACTION.SUCCESS").unwrap();
    client.post(USE, USE_BODY).await.is(200);
    sandbox.reset().unwrap();
    sandbox.settled().await;
    assert_eq!((sandbox.effects().len(), sandbox.deliveries().len(), sandbox.journal().count()), (0, 0, 0));
    assert_eq!(sandbox.trigger("MALL_TRANSACTION.SUCCESS").unwrap(), first);
    client.post(USE, USE_BODY).await.is(200);
    let counts = sandbox.effect_counts();
    assert_eq!((counts.len(), counts[0].count, counts[0].key.as_str()), (1, 1, "100088/sxxe34343434"));
}

#[test]
fn coupons_and_member_cards_are_seeded_as_they_are_spelled_on_the_wire() {
    let yaml = "
busifavor:
  newer_spelling: true
  stocks:
    - stock_id: '8'
      stock_name: seeded
      goods_name: all
      discount: {stock_type: EXCHANGE, exchange_price: 0, transaction_minimum: 100}
      code_mode: MERCHANT_UPLOAD
      creator: '1900000100'
      belong_merchant: '1900000100'
      state: PAUSED
      available_begin_time: 2020-01-01T00:00:00+08:00
      available_end_time: 2049-01-01T00:00:00+08:00
      day_times: [{begin_time: 3600, end_time: 7200}]
      max_coupons: 10
      max_coupons_per_user: 1
      shown: {comment: seeded}
  codes:
    - {stock_id: '8', code: A, upload_time: 2026-05-20T10:00:00+08:00}
  subsidy_funds: {'1900000100': 5}
membercard:
  review: true
  member_cards:
    - card_id: c8
      creator: '1900000100'
      code_mode: REAL_TIME
      validity: {type: FIX_TERM, available_day_after_receive: 3}
  members:
    - {card_id: c8, code: M8, openid: oSeed, status: UNAVAILABLE, user_information: [[USER_FORM_FLAG_CITY, 深圳]]}
phones: [{number: '13800138000', openid: oSeed}]
";
    let world = World::documentation().seeded(yaml).unwrap();
    let stock = &world.busifavor.stocks[1];
    assert_eq!((stock.state, stock.code_mode), (StockState::Paused, CodeMode::MerchantUpload));
    assert_eq!(stock.discount, Discount::Exchange { exchange_price: 0, transaction_minimum: 100 });
    assert_eq!((world.busifavor.codes.len(), world.busifavor.subsidy_funds["1900000100"]), (1, 5));
    assert!(world.busifavor.newer_spelling && world.membercard.review);
    let term = CardValidity::Term { available_day_after_receive: 3, wait_days_after_receive: 0 };
    assert_eq!(world.membercard.member_cards[1].validity, term);
    assert_eq!(world.membercard.members[1].status, UserCardStatus::Unavailable);
    let shown = format!("{world:?}");
    assert!(!shown.contains("13800138000") && !shown.contains("深圳"), "personal data in Debug");
}

#[tokio::test]
async fn seed_data_is_added_and_what_is_misspelt_is_told_with_its_line() {
    let yaml = "
notify_url: http://127.0.0.1:9/notify
busifavor:
  stocks:
    - stock_id: '7'
      stock_name: seeded
      goods_name: all
      code_mode: WECHATPAY_MODE
      creator: '1900000100'
      belong_merchant: '1900000100'
      available_begin_time: 2020-01-01T00:00:00+08:00
      available_end_time: 2049-01-01T00:00:00+08:00
      max_coupons: 10
      max_coupons_per_user: 1
  coupons:
    - {stock_id: '7', coupon_code: SEED1, openid: oSeed, receive_time: 2026-05-20T10:00:00+08:00}
payments:
  payers: [{appid: wx1234567889999, openid: oPayer}]
  codes: [{auth_code: '100000000000000001', does: ASK_PASSWORD}]
accounts: [{mchid: '1900000100', balance: 5}]
share_receivers: [{seller: '1900000100', kind: PERSONAL_OPENID, account: oStaff}]
";
    let world = World::documentation().seeded(yaml).unwrap();
    assert_eq!(world.merchants[0].notify_url.as_deref(), Some("http://127.0.0.1:9/notify"));
    assert_eq!((world.payments.payers.len(), world.busifavor.stocks.len()), (1, 2));
    assert_eq!((world.payments.codes.len(), world.profit_sharing.receivers.len()), (1, 1));
    let sandbox = Sandbox::builder().world(world).start().await.unwrap();
    assert_eq!(sandbox.balance("1900000100"), 5);
    let body =
        USE_BODY.replace("sxxe34343434", "SEED1").replace("100088", "7").replace("xsd3434454567676", "oSeed");
    let body = body.replace("2015-05-20", "2021-05-20");
    Client::new(&sandbox).post(USE, &body).await.is(200);
    for (bad, said) in [
        ("busifavor:\n  coupon: []", "coupon"),
        ("busifavor:\n  coupons:\n    - {stock_id: '7'}", "line 3"),
        ("users: 5", "users"),
    ] {
        let error = World::documentation().seeded(bad).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}
