//! The effects of a loyalty programme by name.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Map, Value, json};
use weipay::catalog::ops::Scheme;

use super::Effect;
use crate::hook::{Card, CardAnswer, Coupon, Holder, Payment, Points};
use crate::job::Lane;
use crate::merchant::Merchant;

/// `remarks` of points/notify: DOC at most 128 characters.
const MAX_REMARKS: usize = 128;

impl Effect {
    /// Redeems a merchant coupon (`coupons/use`) at a till.
    pub fn coupons_use(body: Value) -> Self {
        Self::of("marketing_busifavor_coupons_use").body(body).lane(Lane::Till)
    }

    /// Gives a redeemed merchant coupon back (`coupons/return`).
    pub fn coupons_return(body: Value) -> Self {
        Self::of("marketing_busifavor_coupons_return").body(body).lane(Lane::Till)
    }

    /// Announces on the payment page the points to come: worthless when it comes late.
    pub fn bonus_prepare(card_id: impl Into<String>, code: impl Into<String>, body: Value) -> Self {
        Self::member("marketing_membercard_open_cards_codes_bonus_prepare", card_id, code, body)
            .lane(Lane::Till)
    }

    /// Marks announced points as credited.
    pub fn bonus_commit(card_id: impl Into<String>, code: impl Into<String>, body: Value) -> Self {
        Self::member("marketing_membercard_open_cards_codes_bonus_commit", card_id, code, body)
            .lane(Lane::Points)
    }

    /// Moves the points or the balance that a member card shows. Changes of one card happen one after the other.
    pub fn rights(card_id: impl Into<String>, code: impl Into<String>, body: Value) -> Self {
        let (card_id, code) = (card_id.into(), code.into());
        let order = crate::vault::derived(&["rights", &card_id, &code]);
        Self::member("marketing_membercard_open_cards_codes_rights_update", card_id, code, body)
            .lane(Lane::Points)
            .order(format!("rights/{order}"))
    }

    fn member(operation: &str, card_id: impl Into<String>, code: impl Into<String>, body: Value) -> Self {
        Self::of(operation).path("card_id", card_id).path("code", code).body(body)
    }
}

/// An operation that a brand calls by itself and a partner for it.
pub(super) fn operation<'a>(scheme: Scheme, brand: &'a str, partner: &'a str) -> &'a str {
    match scheme {
        Scheme::Brand => brand,
        _ => partner,
    }
}

/// `user-points/sync`, of a partner and of a brand.
const SYNC: [&str; 2] = ["brand_partner_card_member_user_points_sync", "brand_card_member_user_points_sync"];

/// `user-points/sync`: the balance as it is now.
pub(crate) fn sync(merchant: &Merchant, holder: &Holder, balance: u64) -> Effect {
    let scheme = merchant.scheme();
    let mut body = json!({
        "card_id": holder.card_id,
        "openid": holder.openid,
        "user_card_code": holder.user_card_code,
        "point_balance": balance,
    });
    add_brand(&mut body, scheme, holder.brand_id.as_deref());
    let [partner, brand] = SYNC;
    Effect::of(operation(scheme, brand, partner)).body(body)
}

/// The card whose balance an effect shows, whoever asked for it.
pub(crate) fn shown(effect: &Effect) -> Option<Holder> {
    let body = effect.body.as_ref().filter(|_| SYNC.contains(&effect.operation.as_str()))?;
    let text = |name: &str| body.get(name)?.as_str().map(str::to_owned);
    Some(Holder {
        brand_id: text("brand_id"),
        card_id: text("card_id")?,
        openid: text("openid")?,
        user_card_code: text("user_card_code")?,
    })
}

/// `points/notify`: what a payment earned, also when it is nothing (L19). The time is RFC 3339 with offset (L18).
pub(crate) fn points_notify(
    merchant: &Merchant,
    payment: &Payment,
    points: &Points,
    now: Timestamp,
) -> Result<Effect, String> {
    if !points.earn && points.points != 0 {
        return Err(format!("`earn` is false and `points` is {}: say 0, or true", points.points));
    }
    if i64::try_from(points.points).is_err()
        || points.total.is_some_and(|total| i64::try_from(total).is_err())
    {
        return Err("`points` or `total` is larger than 9223372036854775807".to_owned());
    }
    let mut body = json!({
        "transaction_id": payment.transaction_id,
        "appid": payment.appid,
        "openid": payment.openid,
        "earn_points": points.earn,
        "increased_points": points.points,
        "points_update_time": time(now),
    });
    if let Some(mall) = payment.mchid.as_deref().filter(|mall| *mall != merchant.id()) {
        body["sub_mchid"] = json!(mall);
    }
    if let Some(total) = points.total {
        body["total_points"] = json!(total);
    }
    if let Some(remarks) = points.remarks.as_ref().filter(|_| !points.earn) {
        if remarks.chars().count() > MAX_REMARKS {
            return Err(format!("`remarks` has more than {MAX_REMARKS} characters"));
        }
        body["no_points_remarks"] = json!(remarks);
    }
    let order = format!("payment/{}", payment.transaction_id);
    Ok(Effect::of("businesscircle_points_notify").body(body).lane(Lane::Points).order(order))
}

/// `user-cards/{user_card_code}/confirm`: without it the card is not opened (DOC).
pub(crate) fn card_confirm(merchant: &Merchant, card: &Card, answer: &CardAnswer) -> Result<Effect, String> {
    let open = answer.open.ok_or("`open` is missing: say whether the card is opened")?;
    let code = card.user_card_code.as_ref().or(answer.user_card_code.as_ref());
    let code =
        code.ok_or("`user_card_code` is missing: this card's template leaves it to you to allot one")?;
    let scheme = merchant.scheme();
    let mut body = json!({
        "openid": card.openid,
        "user_card_confirm_state": if open { "CREATE_CARD_SUCCESS" } else { "CREATE_CARD_FAIL" },
    });
    add_brand(&mut body, scheme, card.brand_id.as_deref());
    for (name, value) in &answer.members {
        if body.get(name).is_some() {
            return Err(format!("`members.{name}` is set by the relay"));
        }
        body[name] = value.clone();
    }
    Ok(match scheme {
        Scheme::Brand => {
            body["card_id"] = json!(card.card_id);
            Effect::of("brand_card_member_user_cards_confirm").path("user_card_code", code)
        }
        _ => Effect::of("brand_partner_card_member_user_cards_confirm")
            .path("user_card_code", code)
            .query("card_id", &card.card_id),
    }
    .body(body)
    .lane(Lane::Confirm))
}

/// The confirmation of a product coupon, which is unusable before it (L09).
pub(crate) fn coupon_confirm(merchant: &Merchant, coupon: &Coupon) -> Result<Effect, String> {
    let named = |members: &Map<String, Value>| members.get("appid")?.as_str().map(str::to_owned);
    let appid = named(&coupon.others).or_else(|| merchant.appid.clone());
    let appid = appid.ok_or("the product coupon cannot be confirmed: set the merchant's `appid`")?;
    let scheme = merchant.scheme();
    let mut body = json!({
        "product_coupon_id": coupon.product_coupon_id,
        "stock_id": coupon.stock_id,
        "appid": appid,
    });
    add_brand(&mut body, scheme, coupon.brand_id.as_deref());
    let id = operation(
        scheme,
        "brand_marketing_product_coupon_users_coupons_confirm",
        "marketing_partner_product_coupon_users_coupons_confirm",
    );
    Ok(Effect::of(id)
        .path("openid", &coupon.openid)
        .path("coupon_code", &coupon.coupon_code)
        .body(body)
        .lane(Lane::Confirm))
}

/// A partner names the brand, a brand does not.
pub(super) fn add_brand(body: &mut Value, scheme: Scheme, brand: Option<&str>) {
    if let (Scheme::Merchant, Some(brand)) = (scheme, brand) {
        body["brand_id"] = json!(brand);
    }
}

/// RFC 3339 with China's offset, to the second.
fn time(now: Timestamp) -> String {
    let china = TimeZone::fixed(Offset::constant(8));
    now.to_zoned(china).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
