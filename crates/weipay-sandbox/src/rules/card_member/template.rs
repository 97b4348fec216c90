//! Card templates: what every card of a brand has in common.

use serde_json::{Map, Value, json};

use super::{page, template_of};
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::rules::brand::{brand, named, partner, permitted};
use crate::state::State;
use crate::world::{BrandCard, BrandCardState, CardCodeMode, CardType, ValidDate};

/// Members that rules act on; all others are only shown.
const KNOWN: [&str; 6] =
    ["brand_id", "card_type", "code_mode", "notify_url", "valid_date_information", "out_request_no"];

/// What an answer has to show although nobody has said it: templates of a world may be bare.
const SHOWN: [(&str, &str); 6] = [
    ("appid", "wxea9c30890f48d5ae"),
    ("card_title", "会员卡"),
    ("card_color", "#FFFF00"),
    ("card_picture_url", "https://wxpaylogo.qpic.cn/wxpaylogo/xxxxx/0"),
    ("code_type", "NONE_CODE"),
    ("benefits", "会员折扣"),
];

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    permitted(state, call)?;
    let number = call.required("out_request_no");
    if let Some(answer) = state.replies.repeated(call, number)? {
        return Ok(answer);
    }
    let card_type = match call.required("card_type") {
        "NORMAL" => CardType::Normal,
        "PURCHASE" => CardType::Purchase,
        "BALANCE" => CardType::Balance,
        _ => return Err(Refusal::member("/card_type", "not one of PURCHASE, NORMAL, BALANCE")),
    };
    let code_mode = match call.required("code_mode") {
        "SYSTEM_ALLOCATE" => CardCodeMode::SystemAllocate,
        "MERCHANT_ALLOCATE" => CardCodeMode::MerchantAllocate,
        _ => return Err(Refusal::member("/code_mode", "not one of SYSTEM_ALLOCATE, MERCHANT_ALLOCATE")),
    };
    let card = BrandCard {
        card_id: state.ids.card(),
        brand_id: brand(call).to_owned(),
        partner: partner(call),
        notify_url: call.text("notify_url").map(str::to_owned),
        state: BrandCardState::Effective,
        card_type,
        code_mode,
        valid_date: valid_date(call, "valid_date_information")?.unwrap_or_default(),
        out_request_no: Some(number.to_owned()),
        create_time: call.now,
        update_time: call.now,
        display: display(call),
    };
    let answer = Answer::ok(show(&card));
    state.took_effect(call, "created", card.card_id.clone());
    state.world.card_member.brand_cards.push(card);
    state.replies.keep(call, number, &answer);
    Ok(answer)
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    permitted(state, call)?;
    let cards = state.world.card_member.brand_cards.iter();
    let cards = cards.filter(|card| {
        card.brand_id == brand(call) && call.query("state").is_none_or(|wanted| wanted == name(card.state))
    });
    page(call, cards.map(show).collect())
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::ok(show(template_of(state, call)?)))
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let mut card = super::open_template(state, call)?.clone();
    if let Some(valid_date) = valid_date(call, "valid_date_information")? {
        card.valid_date = valid_date;
    }
    if let Some(url) = call.text("notify_url") {
        card.notify_url = Some(url.to_owned());
    }
    card.display.extend(display(call));
    card.update_time = call.now;
    Ok(Answer::ok(put(state, call, card, "updated")))
}

pub(super) fn invalidate(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let mut card = template_of(state, call)?.clone();
    if card.state == BrandCardState::Invalid {
        return Ok(Answer::ok(show(&card)));
    }
    card.state = BrandCardState::Invalid;
    card.update_time = call.now;
    Ok(Answer::ok(put(state, call, card, "invalidated")))
}

/// Puts a changed template back in its place.
fn put(state: &mut State, call: &Call<'_>, card: BrandCard, what: &'static str) -> Value {
    let shown = show(&card);
    state.took_effect(call, what, card.card_id.clone());
    let mut cards = state.world.card_member.brand_cards.iter_mut();
    if let Some(old) = cards.find(|known| Some(known.card_id.as_str()) == named(call, "card_id")) {
        *old = card;
    }
    shown
}

/// The members of a body that are only shown. Of those that a change cannot have, the template's own stay.
fn display(call: &Call<'_>) -> Map<String, Value> {
    let members = call.body.as_object().into_iter().flatten();
    let members = members.filter(|(name, _)| !KNOWN.contains(&name.as_str()));
    members.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// A template as its queries show it.
fn show(card: &BrandCard) -> Value {
    let mut shown: Map<String, Value> =
        SHOWN.iter().map(|(name, usual)| ((*name).to_owned(), json!(usual))).collect();
    shown.extend(card.display.clone());
    for (name, value) in [
        ("card_id", json!(card.card_id)),
        ("brand_id", json!(card.brand_id)),
        ("card_type", json!(card.card_type.as_str())),
        ("code_mode", json!(card.code_mode.as_str())),
        ("notify_url", json!(card.notify_url.as_deref().unwrap_or_default())),
        ("valid_date_information", show_valid_date(card.valid_date)),
        ("out_request_no", json!(card.out_request_no.as_deref().unwrap_or_default())),
        ("state", json!(name(card.state))),
        ("create_time", json!(time::print(card.create_time))),
        ("update_time", json!(time::print(card.update_time))),
        ("modify_time", json!(time::print(card.update_time))),
    ] {
        shown.insert(name.to_owned(), value);
    }
    Value::Object(shown)
}

fn name(state: BrandCardState) -> &'static str {
    match state {
        BrandCardState::Effective => "CARD_EFFECTIVE",
        BrandCardState::Invalid => "CARD_INVALID",
    }
}

/// What the template shows of a member that users' cards take over from it, such as `card_color`.
pub(super) fn shown(card: &BrandCard, member: &str) -> String {
    let usual = SHOWN.iter().find(|(name, _)| *name == member).map_or("", |(_, usual)| *usual);
    card.display.get(member).and_then(Value::as_str).unwrap_or(usual).to_owned()
}

/// Reads `valid_date_information`, which must have what its type needs (ASSUME).
pub(super) fn valid_date(call: &Call<'_>, member: &str) -> Result<Option<ValidDate>, Refusal> {
    let Some(value) = call.body.get(member) else { return Ok(None) };
    let missing = |name: &str, issue: &str| Refusal::member(&format!("/{member}/{name}"), issue);
    let moment = |name: &str| {
        let moment = value.get(name).and_then(Value::as_str).and_then(time::parse);
        moment.ok_or_else(|| missing(name, "required with FIX_TIME_RANGE"))
    };
    match value.get("type").and_then(Value::as_str).unwrap_or_default() {
        "PERMANENT" => Ok(Some(ValidDate::Permanent)),
        "FIX_TIME_RANGE" => {
            let (begin, end) = (moment("available_begin_time")?, moment("available_end_time")?);
            if end <= begin {
                return Err(missing("available_end_time", "not after available_begin_time"));
            }
            Ok(Some(ValidDate::Range { begin, end }))
        }
        "FIX_TERM" => {
            let days = value.get("available_day_after_receive").and_then(Value::as_u64);
            let days = days.and_then(|days| u32::try_from(days).ok()).filter(|days| *days > 0);
            let days = days.ok_or_else(|| {
                missing("available_day_after_receive", "at least 1 is needed with FIX_TERM")
            })?;
            Ok(Some(ValidDate::Term { days }))
        }
        _ => Err(missing("type", "not one of FIX_TIME_RANGE, FIX_TERM, PERMANENT")),
    }
}

pub(super) fn show_valid_date(valid_date: ValidDate) -> Value {
    match valid_date {
        ValidDate::Permanent => json!({ "type": "PERMANENT" }),
        ValidDate::Range { begin, end } => json!({
            "type": "FIX_TIME_RANGE",
            "available_begin_time": time::print(begin),
            "available_end_time": time::print(end),
        }),
        ValidDate::Term { days } => json!({ "type": "FIX_TERM", "available_day_after_receive": days }),
    }
}

/// When a card that was taken at this moment is over; none for never.
pub(super) fn ends(valid_date: ValidDate, taken: jiff::Timestamp) -> Option<jiff::Timestamp> {
    match valid_date {
        ValidDate::Permanent => None,
        ValidDate::Range { end, .. } => Some(end),
        ValidDate::Term { days } => {
            Some(after(taken, std::time::Duration::from_secs(u64::from(days) * 24 * 3600)))
        }
    }
}
