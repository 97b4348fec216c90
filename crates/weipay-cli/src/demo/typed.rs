//! The sample bodies of the pages once more, as types: what the two typed styles send.

use serde_json::Value;
use weipay::api::{brand_partner, businesscircle, marketing_busifavor, marketing_membercard_open};
use weipay::{Client, Decode, Envelope, Error, Time, blocking};

use super::Failure;
use super::table::Page;

/// Status and JSON of an answer, whatever type it was read into.
pub(super) type Told = (u16, Value);

/// The typed call of a page, from either client.
macro_rules! call {
    ($client:expr, $page:expr, $($wait:tt)*) => {{
        let v3 = $client.v3();
        match $page {
            Page::ConfirmResult => {
                let confirm = v3.brand().partner().card_member().user_points().exchange_coupon().confirm();
                told(confirm.post(&result()).send()$($wait)*)?
            }
            Page::ConfirmDecision => {
                let confirm = v3.brand().partner().card_member().user_points().exchange_coupon().confirm();
                told(confirm.post_decision(&decision()).send()$($wait)*)?
            }
            Page::PointsNotify => {
                told(v3.businesscircle().points().notify().post(&points()?).send()$($wait)*)?
            }
            Page::CouponsUse => {
                told(v3.marketing().busifavor().coupons().use_().post(&redemption()?).send()$($wait)*)?
            }
            Page::BonusCommit => {
                let card = v3.marketing().membercard_open().cards().card_id("478515832665").codes().code("478515832665");
                told(card.bonus().commit().post(&bonus()).send()$($wait)*)?
            }
        }
    }};
}

pub(super) async fn call(client: &Client, page: Page) -> Result<Told, Failure> {
    Ok(call!(client, page, .await))
}

pub(super) fn call_blocking(client: &blocking::Client, page: Page) -> Result<Told, Failure> {
    Ok(call!(client, page,))
}

fn told<T: Decode>(envelope: Result<Envelope<T>, Error>) -> Result<Told, Failure> {
    let envelope = envelope?;
    let json = serde_json::from_slice(envelope.answer().bytes()).unwrap_or_default();
    Ok((envelope.status(), json))
}

fn result() -> brand_partner::ConfirmResult {
    brand_partner::ConfirmResult::new(
        "pbLatjvWOibDc5-TBnbUk1pD12o0",
        "0Flpo7FqTQ",
        "1004",
        "pbLatjvWOibDc5-TBnbUk1pD12o0",
        "obLatjnx9gnqzS4myYGmLZ7LgLBA",
        "478515832665",
        "POINT_EXCHANGE_COUPON_SUCCESS",
    )
    .coupon_code("123446565767")
    .fail_reason("积分不足")
}

fn decision() -> brand_partner::ConfirmDecision {
    brand_partner::ConfirmDecision::new(
        "pbLatjvWOibDc5-TBnbUk1pD12o1",
        "0Flpo7Fq2008",
        "2008",
        "pbLatjvWOibDc5-TBnbUk1pD2008",
        "obLatjnx9gnqzS4myYGmLZ7LgLBA",
        "478515832008",
        brand_partner::ConfirmDecisionResult::PointExchangeCouponAllow,
    )
}

fn points() -> Result<businesscircle::PointsNotifyRequest, Failure> {
    let time = Time::parse("2020-05-20T13:29:35.120+08:00")?;
    let request = businesscircle::PointsNotifyRequest::new(
        "1217752501201407033233368018",
        "wx1234567890abcdef",
        "oWmnN4xxxxxxxxxxe92NHIGf1xd8",
        true,
        100,
        time,
    );
    Ok(request.sub_mchid("1234567890").no_points_remarks("商品不参与积分活动").total_points(888_888))
}

fn redemption() -> Result<marketing_busifavor::CouponsUseRequest, Failure> {
    let time = Time::parse("2015-05-20T13:29:35+08:00")?;
    let number = "1002600620019090123143254435";
    let request =
        marketing_busifavor::CouponsUseRequest::new("sxxe34343434", "wx1234567889999", time, number);
    Ok(request.stock_id("100088").openid("xsd3434454567676"))
}

fn bonus() -> marketing_membercard_open::CardsCodesBonusRequest {
    marketing_membercard_open::CardsCodesBonusRequest::new("1217752501201407033233368018", 30)
        .mchid("1230000109")
        .sub_mchid("1900000109")
}
