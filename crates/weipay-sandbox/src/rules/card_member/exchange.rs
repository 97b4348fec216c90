//! Points against coupons: what the user begins, and what the merchant decides.

use std::time::Duration;

use serde_json::{Value, json};
use weipay_catalog::reference::{Reference, Schema};

use super::{notice, user_card};
use crate::Error;
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::protocol::authorization::Scheme;
use crate::refusal::Refusal;
use crate::rules::brand::permitted;
use crate::rules::product_coupon::{self, Gift};
use crate::state::State;
use crate::world::{
    BrandCardState, BrandUserCardState, CodeMode, ConfirmShape, Coupon, ExchangeRecord, ExchangeTemplate,
    RecordState, SendChannel,
};

/// ASSUME: how long a record waits for its decision.
const RECORD_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// The deed that ends an undecided record.
pub(super) const EXPIRE: &str = "card_member.record_expires";

const SUCCESS: &str = "POINT_EXCHANGE_COUPON_SUCCESS";
const FAIL: &str = "POINT_EXCHANGE_COUPON_FAIL";
const ALLOW: &str = "POINT_EXCHANGE_COUPON_ALLOW";
const REJECT: &str = "POINT_EXCHANGE_COUPON_REJECT";

/// The members of confirm that name the record; both shapes have them.
const NAMES: [&str; 6] =
    ["record_id", "exchange_coupon_template_id", "brand_id", "card_id", "openid", "user_card_code"];

/// A user taps "exchange" in the `WeChat` app.
///
/// The default is the user and the template of [`World::documentation`](crate::World::documentation).
#[derive(Debug, Clone)]
pub struct ExchangePoints {
    /// What is exchanged.
    pub exchange_coupon_template_id: String,
    /// The user's card.
    pub user_card_code: String,
}

impl Default for ExchangePoints {
    fn default() -> Self {
        Self {
            exchange_coupon_template_id: "0Flpo7FqTQ".to_owned(),
            user_card_code: "478515832665".to_owned(),
        }
    }
}

/// Begins an exchange: a record, and the event to the card's manager. The balance is the merchant's to check, not checked
/// here.
pub(crate) fn begin(state: &mut State, order: &ExchangePoints) -> Result<String, Error> {
    let unknown = |what, name: &str| Error::Unknown { what, name: name.to_owned() };
    let mut templates = state.world.card_member.exchange_templates.iter();
    let template = templates
        .find(|template| template.exchange_coupon_template_id == order.exchange_coupon_template_id)
        .cloned()
        .ok_or_else(|| unknown("exchange_coupon_template_id", &order.exchange_coupon_template_id))?;
    let now = state.clock.business();
    let mut cards = state.world.card_member.brand_user_cards.iter().rev();
    let user = cards
        .find(|card| card.card_id == template.card_id && card.user_card_code == order.user_card_code)
        .cloned()
        .ok_or_else(|| unknown("user_card_code", &order.user_card_code))?;
    let mut cards = state.world.card_member.brand_cards.iter();
    let card = cards.find(|card| card.card_id == template.card_id).cloned();
    let card = card.ok_or_else(|| unknown("card_id", &template.card_id))?;
    if user_card::current(&user, now) != BrandUserCardState::Effective
        || card.state == BrandCardState::Invalid
    {
        return Err(Error::State("the user's card is not effective".to_owned()));
    }
    let record_id = state.ids.record();
    let expires = after(now, RECORD_LIFETIME);
    let record = ExchangeRecord {
        record_id: record_id.clone(),
        exchange_coupon_template_id: template.exchange_coupon_template_id.clone(),
        brand_id: template.brand_id.clone(),
        card_id: template.card_id.clone(),
        openid: user.openid.clone(),
        user_card_code: user.user_card_code.clone(),
        expires: Some(expires),
        state: RecordState::Pending,
        coupon_code: None,
    };
    let resource = event(&record, &template);
    notice::raise(state, &notice::EXCHANGE, &card, record_id.clone(), resource);
    state.world.card_member.exchange_records.push(record);
    state.schedule(expires, EXPIRE, &record_id);
    Ok(record_id)
}

/// A record that nobody decided in its time fails (ASSUME).
pub(super) fn expire(state: &mut State, record_id: &str) {
    let mut records = state.world.card_member.exchange_records.iter_mut();
    let undecided = |record: &&mut ExchangeRecord| record.state == RecordState::Pending;
    if let Some(record) = records.find(|record| record.record_id == record_id).filter(undecided) {
        record.state = RecordState::Failed;
    }
}

fn event(record: &ExchangeRecord, template: &ExchangeTemplate) -> Value {
    let mut event = json!({
        "record_id": record.record_id,
        "exchange_coupon_template_id": record.exchange_coupon_template_id,
        "brand_id": record.brand_id,
        "card_id": record.card_id,
        "openid": record.openid,
        "user_card_code": record.user_card_code,
        "deduct_points": template.deduct_points,
        "stock_id": template.stock_id,
    });
    for (name, value) in [
        ("product_coupon_id", &template.product_coupon_id),
        ("product_coupon_stock_type", &template.product_coupon_stock_type),
    ] {
        if let Some(value) = value {
            event[name] = json!(value);
        }
    }
    event
}

/// Chooses between the two published request shapes of confirm: `state` (A, 2025) or `result` (B, today).
///
/// ASSUME: a partner's account may take one of them only; both at once are refused; without either, the shape that
/// the account takes (A if it takes both) says what is missing.
pub(super) fn shape(
    state: &State,
    call: &Call<'_>,
    reference: &'static Reference,
) -> Result<Option<&'static Schema>, Refusal> {
    let accepted = match call.caller.scheme {
        Scheme::Merchant => state.world.merchant(&call.caller.id).map(|merchant| merchant.confirm_shape),
        Scheme::Brand => None,
    };
    let (has_a, has_b) = (call.body.get("state").is_some(), call.body.get("result").is_some());
    let member = match (accepted.unwrap_or_default(), has_a, has_b) {
        (_, true, true) => {
            return Err(Refusal::member(
                "/result",
                "state and result belong to two different request shapes; send one",
            ));
        }
        (ConfirmShape::B, ..) | (ConfirmShape::Auto, false, true) => "result",
        (ConfirmShape::A | ConfirmShape::Auto, ..) => "state",
    };
    let mut shapes = reference.bodies.iter().filter_map(|body| body.request);
    let fits = |schema: &&Schema| schema.object().is_some_and(|object| object.property(member).is_some());
    Ok(shapes.clone().find(fits).or_else(|| shapes.next()))
}

/// `POST …/user-points/exchange-coupon/confirm`: the merchant's decision about one record, in either shape.
///
/// DOC (partner 4015897268; shape A: the transcription of 2025): members, limits, answers; in shape B a 200 can carry
/// FAIL, and then the points go back. ASSUME: everything about unknown records, permission, repeats and lifetime; the
/// natural key is `record_id`; a SUCCESS needs its `coupon_code`, a FAIL its `fail_reason`. Members that do not fit
/// the decision are accepted and noted, because the page's own sample has them.
pub(super) fn confirm(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let decision = decision(call)?;
    permitted(state, call)?;
    let record_id = call.required("record_id");
    let at = state.world.card_member.exchange_records.iter().position(|record| record.record_id == record_id);
    let at = at.ok_or_else(|| Refusal::not_found("积分兑券记录不存在"))?;
    let record = state.world.card_member.exchange_records[at].clone();
    let matches = [
        &record.exchange_coupon_template_id,
        &record.brand_id,
        &record.card_id,
        &record.openid,
        &record.user_card_code,
    ];
    if let Some((name, _)) =
        NAMES[1..].iter().zip(matches).find(|(name, value)| call.required(name) != *value)
    {
        return Err(Refusal::invalid(format!("{name}与积分兑券记录不匹配")));
    }
    if let Some(reply) = state.replies.find(call, record_id) {
        return repeated(call, &reply.body, reply.answer.clone());
    }
    if record.state != RecordState::Pending {
        return Err(Refusal::invalid("积分兑券记录已处理"));
    }
    if record.expires.is_some_and(|expires| call.now >= expires) {
        state.world.card_member.exchange_records[at].state = RecordState::Failed;
        return Err(Refusal::invalid("积分兑券记录已过期"));
    }
    let answer = match decision {
        Decision::Issued => issued(state, call, at)?,
        Decision::NotIssued => settle(state, call, at, None, call.body.clone()),
        Decision::Allow => allow(state, call, at),
        Decision::Reject => {
            let reason = call.text("reject_reason").map(str::to_owned);
            let body = outcome(call, None, None, reason.as_deref());
            settle(state, call, at, None, body)
        }
    };
    state.replies.keep(call, record_id, &answer);
    Ok(answer)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// Shape A: the merchant has issued its own coupon.
    Issued,
    /// Shape A: it has not.
    NotIssued,
    /// Shape B: `WeChat` may issue.
    Allow,
    /// Shape B: it may not.
    Reject,
}

fn decision(call: &Call<'_>) -> Result<Decision, Refusal> {
    let note = |unfit: &str, decision: &str| {
        if call.body.get(unfit).is_some() {
            call.note(format!(
                "/{unfit} does not fit {decision}; accepted, because the page's own sample does so"
            ));
        }
    };
    let needed = |member: &str, decision: &str| match call.text(member) {
        Some(text) if !text.is_empty() => Ok(()),
        _ => Err(Refusal::member(&format!("/{member}"), format!("required with {decision}"))),
    };
    match (call.text("state"), call.text("result")) {
        (Some(SUCCESS), _) => {
            needed("coupon_code", SUCCESS)?;
            note("fail_reason", SUCCESS);
            Ok(Decision::Issued)
        }
        (Some(FAIL), _) => {
            needed("fail_reason", FAIL)?;
            note("coupon_code", FAIL);
            Ok(Decision::NotIssued)
        }
        (_, Some(ALLOW)) => {
            note("reject_reason", ALLOW);
            Ok(Decision::Allow)
        }
        (_, Some(REJECT)) => {
            needed("reject_reason", REJECT)?;
            Ok(Decision::Reject)
        }
        (Some(_), _) => Err(Refusal::member("/state", format!("not one of {SUCCESS}, {FAIL}"))),
        _ => Err(Refusal::member("/result", format!("not one of {ALLOW}, {REJECT}"))),
    }
}

/// The same decision gets the stored answer; another one is refused.
fn repeated(call: &Call<'_>, first: &Value, answer: Answer) -> Result<Answer, Refusal> {
    let same = |name: &str| first.get(name) == call.body.get(name);
    if !["state", "result", "coupon_code"].iter().all(|name| same(name)) {
        return Err(Refusal::invalid("积分兑券记录已有不同的处理结果"));
    }
    if *first != call.body {
        call.note("a repeat with other words than the first time; answered as the first time");
    }
    Ok(answer)
}

/// Shape A: the merchant's own code becomes a coupon, if the world has the record's stock: a product coupon, or a merchant
/// coupon in `MERCHANT_API` mode, so that it can be used (ASSUME: how merchants' codes reach the wallet in this flow is
/// not published).
fn issued(state: &mut State, call: &Call<'_>, at: usize) -> Result<Answer, Refusal> {
    let (openid, code) = (call.required("openid"), call.required("coupon_code").to_owned());
    if let Some(stock) = product_stock(state, at) {
        let gift = gift(state, call, Some(code.clone()));
        product_coupon::issue(state, stock, gift)?;
    } else if let Some(stock_id) = wallet_stock(state, at, Some(CodeMode::MerchantApi)) {
        let mut coupons = state.world.busifavor.coupons.iter();
        if coupons.any(|coupon| coupon.stock_id == stock_id && coupon.coupon_code == code) {
            return Err(Refusal::invalid("券code已被使用"));
        }
        state.world.busifavor.coupons.push(Coupon::sended(&stock_id, &code, openid, call.now));
    }
    Ok(settle(state, call, at, Some(code), call.body.clone()))
}

/// Shape B: `WeChat` issues the coupon, or cannot and says so with a 200 (DOC). If the world has the stock, as a product
/// coupon's or a merchant coupon's, the user has the coupon from then on (ASSUME).
fn allow(state: &mut State, call: &Call<'_>, at: usize) -> Answer {
    let template_id = call.required("exchange_coupon_template_id");
    let template = state.world.card_member.exchange_templates.iter().position(|known| {
        known.exchange_coupon_template_id == template_id && known.brand_id == call.required("brand_id")
    });
    let Some(template) = template else {
        let body = outcome(call, None, None, Some("兑换模板不存在"));
        return settle(state, call, at, None, body);
    };
    let offer = state.world.card_member.exchange_templates[template].clone();
    let given = match obstacle(state, call, &offer, at) {
        Some(reason) => Err(reason.to_owned()),
        None => give(state, call, at),
    };
    let code = match given {
        Ok(code) => code,
        Err(reason) => {
            let body = outcome(call, Some(&offer), None, Some(&reason));
            return settle(state, call, at, None, body);
        }
    };
    if let Some(available) = &mut state.world.card_member.exchange_templates[template].available {
        *available -= 1;
    }
    let body = outcome(call, Some(&offer), Some(&code), None);
    settle(state, call, at, Some(code), body)
}

/// Why `WeChat` cannot issue this coupon now.
fn obstacle(state: &State, call: &Call<'_>, offer: &ExchangeTemplate, at: usize) -> Option<&'static str> {
    let had = state.world.card_member.exchange_records.iter().filter(|record| {
        record.state == RecordState::Succeeded
            && record.openid == call.required("openid")
            && record.exchange_coupon_template_id == offer.exchange_coupon_template_id
    });
    if offer.paused {
        Some("活动已暂停")
    } else if offer.available == Some(0) {
        Some("券库存不足")
    } else if offer.per_user.is_some_and(|most| had.count() as u64 >= most) {
        Some("用户领券已达上限")
    } else {
        product_stock(state, at)
            .and_then(|stock| product_coupon::obstacle(state, stock, call.required("openid")))
    }
}

/// Makes the coupon, or says why it cannot be made.
fn give(state: &mut State, call: &Call<'_>, at: usize) -> Result<String, String> {
    if let Some(stock) = product_stock(state, at) {
        let gift = gift(state, call, None);
        return product_coupon::issue(state, stock, gift).map_err(|refusal| refusal.message);
    }
    let code = state.ids.coupon();
    if let Some(stock_id) = wallet_stock(state, at, None) {
        let coupon = Coupon::sended(&stock_id, &code, call.required("openid"), call.now);
        state.world.busifavor.coupons.push(coupon);
    }
    Ok(code)
}

/// A product coupon out of an exchange. ASSUME: it is the channel of members, and its number is the record's.
fn gift<'a>(state: &State, call: &'a Call<'_>, code: Option<String>) -> Gift<'a> {
    Gift {
        openid: call.required("openid"),
        appid: None,
        channel: SendChannel::Member,
        number: call.required("record_id").to_owned(),
        code,
        attach: None,
        ready: state.world.product_coupon.exchanged_ready,
    }
}

/// The place of the product coupon stock behind a record, if the world has it.
fn product_stock(state: &State, at: usize) -> Option<usize> {
    product_coupon::stock_place(state, &offered(state, at)?.stock_id)
}

/// What a record is about.
fn offered(state: &State, at: usize) -> Option<&ExchangeTemplate> {
    let record = &state.world.card_member.exchange_records[at];
    state.world.card_member.exchange_templates.iter().find(|template| {
        template.exchange_coupon_template_id == record.exchange_coupon_template_id
            && template.brand_id == record.brand_id
    })
}

/// The merchant coupon stock behind a record, if the world has it (in this mode).
fn wallet_stock(state: &State, at: usize, mode: Option<CodeMode>) -> Option<String> {
    let template = offered(state, at)?;
    let stock = state.world.busifavor.stocks.iter().find(|stock| stock.stock_id == template.stock_id)?;
    mode.is_none_or(|mode| stock.code_mode == mode).then(|| stock.stock_id.clone())
}

/// The answer of shape B.
fn outcome(
    call: &Call<'_>,
    offer: Option<&ExchangeTemplate>,
    code: Option<&str>,
    reason: Option<&str>,
) -> Value {
    let mut body = json!({});
    for name in NAMES {
        body[name] = json!(call.required(name));
    }
    body["state"] = json!(if code.is_some() { SUCCESS } else { FAIL });
    if let Some(offer) = offer {
        body["product_coupon_id"] = json!(offer.product_coupon_id.as_deref().unwrap_or_default());
        body["product_coupon_stock_type"] =
            json!(offer.product_coupon_stock_type.as_deref().unwrap_or_default());
        body["stock_id"] = json!(offer.stock_id);
    }
    if let Some(code) = code {
        body["coupon_code"] = json!(code);
    }
    if let Some(reason) = reason {
        body["reject_reason"] = json!(reason);
    }
    body
}

/// Closes a record; with a code it has succeeded.
fn settle(state: &mut State, call: &Call<'_>, at: usize, code: Option<String>, body: Value) -> Answer {
    let record = &mut state.world.card_member.exchange_records[at];
    let (end, what) = match code {
        Some(_) => (RecordState::Succeeded, "exchanged"),
        None => (RecordState::Failed, "refused"),
    };
    record.state = end;
    record.coupon_code = code;
    let key = record.record_id.clone();
    state.took_effect(call, what, key);
    Answer::ok(body)
}
