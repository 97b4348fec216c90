//! The third act: what goes wrong, and how the client tells it.

use serde_json::{Value, json};
use weipay::{Client, Error, Outcome};
use weipay_sandbox::Fault;

use super::clients::Clients;
use super::journey::now;
use super::report::{Report, Trouble};
use super::{Failure, middlebox};
use crate::stage::world::{
    APPID, OTHER_BRAND, OTHER_CARD, OTHER_COUPON, OTHER_CUSTOMER, OTHER_MEMBER, OTHER_MEMBER_CODE, PARTNER,
    STOCK,
};
use crate::stage::{Stage, credential};

const USE: &str = "marketing_busifavor_coupons_use";

pub(super) async fn play(stage: &Stage, clients: &Clients, report: &mut Report) -> Result<(), Failure> {
    report.troubles();
    report.trouble(&altered(stage).await?);
    report.trouble(&cut(stage, clients).await?);
    report.trouble(&hurried(clients).await?);
    Ok(())
}

/// One byte of the body is changed between client and server.
async fn altered(stage: &Stage) -> Result<Trouble, Failure> {
    let (addr, relay) = middlebox::start(stage.sandbox.addr(), "SHOP900001", "SHOP900007").await?;
    let client = Client::builder()
        .credential(credential(&stage.sandbox, PARTNER)?)
        .base_url(format!("http://{addr}"))
        .build()?;
    let result = client.chain("v3/marketing/busifavor/coupons/use").post(&redemption("DEMO-USE-1")?).await;
    relay.abort();
    let Err(error) = result else { return Err("an altered request was accepted".into()) };
    let (mut at, mut string) = (false, String::new());
    if let Error::Api(refusal) = &error {
        at = refusal.sign_difference().is_some() && refusal.status() == 401;
        let body: Value = serde_json::from_slice(refusal.body()).unwrap_or_default();
        let shown = body["detail"]["sign_information"]["truncated_sign_message"].as_str().unwrap_or_default();
        string = shown.escape_debug().take(90).collect();
    }
    Ok(Trouble {
        what: "one byte of the request is changed on its way",
        told: vec![error.to_string(), format!("the server's string to sign begins: {string}…")],
        ok: at && error.outcome() == Outcome::Rejected && !string.is_empty(),
    })
}

/// The coupon is redeemed, and then the connection is cut before any byte of the answer.
async fn cut(stage: &Stage, clients: &Clients) -> Result<Trouble, Failure> {
    stage.sandbox.inject(Fault::new("T01")?.on(USE).times(1));
    let client = &clients.partner.client;
    let body = redemption("DEMO-USE-2")?;
    let request = || client.chain("v3/marketing/busifavor/coupons/use").post(&body);
    let Err(error) = request().await else { return Err("the cut answer arrived".into()) };
    let answer = request().repeats(error.outcome()).await?;
    let key = format!("{STOCK}/{OTHER_COUPON}");
    let effects =
        stage.sandbox.effects().iter().filter(|effect| effect.key == key && effect.what == "used").count();
    Ok(Trouble {
        what: "the answer is cut after the coupon was redeemed",
        told: vec![
            error.to_string(),
            format!(
                "repeated with the same use_request_no: 200, redeemed at {}",
                answer["wechatpay_use_time"].as_str().unwrap_or("?")
            ),
            format!("the sandbox counts {effects} redemption of this coupon"),
        ],
        ok: error.outcome() == Outcome::Unknown && answer["stock_id"] == STOCK && effects == 1,
    })
}

/// Six balances within one second, where five are allowed; the other partner's, for whom the relay has nothing to send.
async fn hurried(clients: &Clients) -> Result<Trouble, Failure> {
    let client = &clients.other_partner.client;
    let mut told = Vec::new();
    let (mut accepted, mut refused) = (0, 0);
    for number in 1..=6 {
        let body = json!({
            "out_request_no": format!("DEMO-SYNC-{number}"),
            "brand_id": OTHER_BRAND,
            "card_id": OTHER_CARD,
            "openid": OTHER_MEMBER,
            "user_card_code": OTHER_MEMBER_CODE,
            "point_balance": 8,
        });
        match client.chain("v3/brand/partner/card-member/user-points/sync").post(&body).await {
            Ok(_) => accepted += 1,
            Err(error) => {
                refused += usize::from(error.status() == Some(429) && error.outcome() == Outcome::Rejected);
                told.push(error.to_string());
            }
        }
    }
    told.insert(0, format!("{accepted} balances are taken, {refused} is refused"));
    told.push("a refused one may be sent again, later: nothing of it happened".to_owned());
    Ok(Trouble { what: "a sixth call within one second", told, ok: accepted == 5 && refused == 1 })
}

/// The other customer, with a larger basket this time.
fn redemption(use_request_no: &str) -> Result<Value, Failure> {
    Ok(json!({
        "coupon_code": OTHER_COUPON,
        "stock_id": STOCK,
        "appid": APPID,
        "use_time": now()?,
        "use_request_no": use_request_no,
        "openid": OTHER_CUSTOMER,
    }))
}
