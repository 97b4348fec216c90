//! Users' cards: taken by the user, opened by the merchant, ended by either.

use std::time::Duration;

use serde_json::{Value, json};

use super::{activity, notice, open_template, page, template, template_of, token};
use crate::Error;
use crate::call::{Answer, Call};
use crate::clock::after;
use crate::keys::Keys;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::rules::brand::{brand, named, permitted};
use crate::rules::sensitive;
use crate::state::State;
use crate::world::{
    BrandCard, BrandCardState, BrandUserCard, BrandUserCardState, CardCodeMode, Secret, TokenPurpose,
    UserInformation,
};

/// ASSUME: how long the merchant has to confirm a card that a user took.
const CONFIRM_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// The deed that ends a card which nobody confirmed. Its key is the card's place among all cards.
pub(super) const UNCONFIRMED: &str = "card_member.card_unconfirmed";

/// A user takes a brand membership card in the `WeChat` app.
///
/// The default is a new member of the card of [`World::documentation`](crate::World::documentation).
#[derive(Debug, Clone)]
pub struct TakeCard {
    /// The card template.
    pub card_id: String,
    /// The user.
    pub openid: String,
    /// Goes into the notification, encrypted to the merchant.
    pub phone_number: Option<Secret>,
    /// What the user filled in; goes into the notification, encrypted to the merchant.
    pub user_information: UserInformation,
    /// The token of `pre-auth-tokens`, when the card is taken in the merchant's mini program.
    pub token: Option<String>,
    /// The merchant's data.
    pub attach: Option<String>,
}

impl Default for TakeCard {
    fn default() -> Self {
        Self {
            card_id: "pbLatjvWOibDc5-TBnbUk1pD12o0".to_owned(),
            openid: "obLatjnxSandboxNewMember0001".to_owned(),
            phone_number: None,
            user_information: UserInformation::default(),
            token: None,
            attach: None,
        }
    }
}

/// A card is taken: it waits for the merchant, who is told. Returns the code, if the platform makes it.
pub(crate) fn take(state: &mut State, keys: &Keys, order: &TakeCard) -> Result<Option<String>, Error> {
    let now = state.clock.business();
    let template = known_template(state, &order.card_id)?;
    if template.state == BrandCardState::Invalid {
        return Err(Error::State("the card template is invalid; nobody can take it".to_owned()));
    }
    if live(state, &order.card_id, &order.openid).is_some() {
        return Err(Error::State("the user has this card already".to_owned()));
    }
    if let Some(token) = &order.token {
        token::redeem(state, token, TokenPurpose::PreAuth, Some((&order.card_id, &order.openid)))?;
    }
    let code = match template.code_mode {
        CardCodeMode::SystemAllocate => state.ids.card_code(),
        CardCodeMode::MerchantAllocate => String::new(),
    };
    let card = BrandUserCard {
        card_id: order.card_id.clone(),
        user_card_code: code.clone(),
        openid: order.openid.clone(),
        state: BrandUserCardState::Unactivated,
        valid_date: template.valid_date,
        pickup_time: now,
        create_time: now,
        modify_time: now,
        phone_number: order.phone_number.clone(),
        user_information: order.user_information.clone(),
        level: template.display.get("init_level").and_then(Value::as_str).map(str::to_owned),
        attach: order.attach.clone(),
        ..BrandUserCard::default()
    };
    let (scheme, receiver) = notice::manager(&template);
    let seal = |plain: &Secret| sensitive::notification(keys, scheme, receiver, plain);
    let resource = notice::user_card(&template, &card, &Audience { now, seal: &seal });
    notice::raise(state, &notice::CREATE, &template, format!("{}/{}", card.card_id, card.openid), resource);
    let place = state.world.card_member.brand_user_cards.len();
    state.world.card_member.brand_user_cards.push(card);
    state.schedule(after(now, CONFIRM_WITHIN), UNCONFIRMED, &place.to_string());
    Ok(Some(code).filter(|code| !code.is_empty()))
}

/// A card that the merchant did not confirm in time is not opened (DOC: only that it needs the confirmation).
pub(super) fn unconfirmed(state: &mut State, place: &str) {
    let place = place.parse().unwrap_or(usize::MAX);
    if let Some(card) = state.world.card_member.brand_user_cards.get_mut(place)
        && card.state == BrandUserCardState::Unactivated
    {
        card.state = BrandUserCardState::Failed;
    }
}

/// A user deletes a card, and the merchant is told.
pub(crate) fn delete(state: &mut State, keys: &Keys, card_id: &str, code: &str) -> Result<(), Error> {
    let now = state.clock.business();
    let template = known_template(state, card_id)?;
    let mut cards = state.world.card_member.brand_user_cards.iter_mut().rev();
    let card = cards.find(|card| card.card_id == card_id && card.user_card_code == code);
    let card = card.ok_or_else(|| Error::Unknown { what: "user_card_code", name: code.to_owned() })?;
    if matches!(
        card.state,
        BrandUserCardState::Unactivated | BrandUserCardState::Deleted | BrandUserCardState::Failed
    ) {
        return Err(Error::State("the user does not have this card".to_owned()));
    }
    card.state = BrandUserCardState::Deleted;
    card.modify_time = now;
    let card = card.clone();
    let (scheme, receiver) = notice::manager(&template);
    let seal = |plain: &Secret| sensitive::notification(keys, scheme, receiver, plain);
    let resource = notice::user_card(&template, &card, &Audience { now, seal: &seal });
    notice::raise(state, &notice::DELETE, &template, format!("{card_id}/{code}"), resource);
    Ok(())
}

/// `POST …/user-cards/{user_card_code}/confirm`: the merchant opens the card, or does not.
pub(super) fn confirm(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let opened = match call.required("user_card_confirm_state") {
        "CREATE_CARD_SUCCESS" | "CREATE_CARD_ALREADY_EXISTS" => true,
        "CREATE_CARD_FAIL" => false,
        _ => {
            return Err(Refusal::member(
                "/user_card_confirm_state",
                "not one of CREATE_CARD_SUCCESS, CREATE_CARD_FAIL",
            ));
        }
    };
    let template = template_of(state, call)?.clone();
    let (openid, code) = (call.required("openid"), call.path("user_card_code"));
    let of_user = |card: &BrandUserCard| card.card_id == template.card_id && card.openid == openid;
    let at = state.world.card_member.brand_user_cards.iter().rposition(of_user);
    let at = at.ok_or_else(|| Refusal::not_found("用户会员卡不存在"))?;
    let mut card = state.world.card_member.brand_user_cards[at].clone();
    match (card.state, card.user_card_code == code) {
        (BrandUserCardState::Unactivated, true) => {}
        (BrandUserCardState::Unactivated, false) if card.user_card_code.is_empty() => {
            free_code(state, &template, code, openid, "url", "user_card_code")?;
        }
        // The same decision again (ASSUME).
        (BrandUserCardState::Effective, true) if opened => {
            return Ok(Answer::ok(answer(call, &template, &card)));
        }
        (BrandUserCardState::Failed, true) if !opened => {
            return Ok(Answer::ok(answer(call, &template, &card)));
        }
        (BrandUserCardState::Effective, true) => return Err(Refusal::invalid("会员卡已开通")),
        _ => return Err(Refusal::not_found("用户会员卡不存在")),
    }
    change(call, &mut card)?;
    card.user_card_code = code.to_owned();
    card.state = if opened { BrandUserCardState::Effective } else { BrandUserCardState::Failed };
    card.modify_time = call.now;
    let shown = answer(call, &template, &card);
    state.world.card_member.brand_user_cards[at] = card;
    state.took_effect(
        call,
        if opened { "opened" } else { "refused" },
        format!("{}/{code}", template.card_id),
    );
    if opened {
        activity::welcome(state, &template, openid);
    }
    Ok(Answer::ok(shown))
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    permitted(state, call)?;
    let family = &state.world.card_member;
    let cards = family.brand_user_cards.iter().filter(|card| {
        Some(card.openid.as_str()) == call.query("openid")
            && card.state != BrandUserCardState::Failed
            && !card.user_card_code.is_empty()
            && call
                .query("user_card_state")
                .is_none_or(|wanted| wanted == current(card, call.now).in_queries())
    });
    let shown = cards.filter_map(|card| {
        let mut templates = family.brand_cards.iter();
        let template =
            templates.find(|known| known.card_id == card.card_id && known.brand_id == brand(call))?;
        Some(answer(call, template, card))
    });
    page(call, shown.collect())
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let template = template_of(state, call)?;
    let at = place(state, call)?;
    Ok(Answer::ok(answer(call, template, &state.world.card_member.brand_user_cards[at])))
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let template = template_of(state, call)?.clone();
    let at = place(state, call)?;
    let mut card = state.world.card_member.brand_user_cards[at].clone();
    if card.state != BrandUserCardState::Effective {
        return Err(Refusal::invalid("用户会员卡状态不允许修改"));
    }
    change(call, &mut card)?;
    card.modify_time = call.now;
    let shown = answer(call, &template, &card);
    state.took_effect(call, "updated", format!("{}/{}", card.card_id, card.user_card_code));
    state.world.card_member.brand_user_cards[at] = card;
    Ok(Answer::ok(shown))
}

pub(super) fn invalidate(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let template = template_of(state, call)?.clone();
    let at = place(state, call)?;
    let card = &mut state.world.card_member.brand_user_cards[at];
    let first = match card.state {
        BrandUserCardState::Effective => true,
        BrandUserCardState::Invalid => false,
        _ => return Err(Refusal::invalid("用户会员卡状态不允许作废")),
    };
    if first {
        card.state = BrandUserCardState::Invalid;
        card.invalid_reason = call.text("invalid_reason").map(str::to_owned);
        card.invalid_time = Some(call.now);
        card.modify_time = call.now;
    }
    let card = card.clone();
    if first {
        state.took_effect(call, "invalidated", format!("{}/{}", card.card_id, card.user_card_code));
    }
    Ok(Answer::ok(answer(call, &template, &card)))
}

pub(super) fn import_by_openid(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let phone =
        call.text("phone_number").map(|field| sensitive::open(call, "/phone_number", field)).transpose()?;
    import(state, call, call.required("openid"), phone, "valid_date_information")
}

pub(super) fn import_by_phone(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let phone = sensitive::open(call, "/phone_number", call.required("phone_number"))?;
    permitted(state, call)?;
    let mut phones = state.world.card_member.phones.iter();
    let owner = phones.find(|known| known.number == phone).map(|known| known.openid.clone());
    let owner = owner.ok_or_else(|| Refusal::not_found("手机号对应的用户不存在"))?;
    import(state, call, &owner, Some(phone), "date_information")
}

/// A member of before gets the card without doing anything, and it needs no confirmation (DOC).
fn import(
    state: &mut State,
    call: &Call<'_>,
    openid: &str,
    phone: Option<Secret>,
    valid_date: &str,
) -> Result<Answer, Refusal> {
    let template = open_template(state, call)?.clone();
    let code = call.required("user_card_code");
    if let Some(card) = live(state, &template.card_id, openid) {
        return if card.user_card_code == code {
            Ok(Answer::ok(answer(call, &template, card)))
        } else {
            Err(Refusal::invalid("用户已有该会员卡"))
        };
    }
    free_code(state, &template, code, openid, "body", "/user_card_code")?;
    let mut card = BrandUserCard {
        card_id: template.card_id.clone(),
        user_card_code: code.to_owned(),
        openid: openid.to_owned(),
        valid_date: template::valid_date(call, valid_date)?.unwrap_or(template.valid_date),
        pickup_time: call.now,
        create_time: call.now,
        modify_time: call.now,
        ..BrandUserCard::default()
    };
    change(call, &mut card)?;
    card.phone_number = phone;
    let shown = answer(call, &template, &card);
    state.took_effect(call, "imported", format!("{}/{code}", template.card_id));
    state.world.card_member.brand_user_cards.push(card);
    Ok(Answer::ok(shown))
}

/// Takes over what the merchant says about one card. Nothing has changed when it is refused.
fn change(call: &Call<'_>, card: &mut BrandUserCard) -> Result<(), Refusal> {
    if let Some(field) = call.text("phone_number") {
        card.phone_number = Some(sensitive::open(call, "/phone_number", field)?);
    }
    if let Some(information) = call.body.get("user_information") {
        card.user_information = information_of(call, information)?;
    }
    if let Some(valid_date) = template::valid_date(call, "valid_date_information")? {
        card.valid_date = valid_date;
    }
    if let Some(pickup) = call.text("pickup_time") {
        card.pickup_time = time::parse(pickup)
            .ok_or_else(|| Refusal::member("/pickup_time", "not an RFC 3339 time with an offset"))?;
    }
    for (name, member) in [
        ("level", &mut card.level),
        ("card_color", &mut card.card_color),
        ("card_picture_url", &mut card.card_picture_url),
        ("attach", &mut card.attach),
    ] {
        if let Some(text) = call.text(name) {
            *member = Some(text.to_owned());
        }
    }
    Ok(())
}

fn information_of(call: &Call<'_>, information: &Value) -> Result<UserInformation, Refusal> {
    let list = |name: &str| information.get(name).and_then(Value::as_array).into_iter().flatten().enumerate();
    let name = |field: &Value| field.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut known = UserInformation::default();
    for (at, field) in list("common_field_list") {
        let pointer = format!("/user_information/common_field_list/{at}/value");
        let value = field.get("value").and_then(Value::as_str).unwrap_or_default();
        known.common.push((name(field), sensitive::open(call, &pointer, value)?));
    }
    for (at, field) in list("custom_field_list") {
        let values =
            field.get("user_chosen_values").and_then(Value::as_array).into_iter().flatten().enumerate();
        let values = values.map(|(number, value)| {
            let pointer = format!("/user_information/custom_field_list/{at}/user_chosen_values/{number}");
            sensitive::open(call, &pointer, value.as_str().unwrap_or_default())
        });
        known.custom.push((name(field), values.collect::<Result<_, _>>()?));
    }
    Ok(known)
}

/// DOC: digits, letters and half-width punctuation, at most 32. ASSUME: a code belongs to one user of the template.
fn free_code(
    state: &State,
    template: &BrandCard,
    code: &str,
    openid: &str,
    location: &str,
    field: &str,
) -> Result<(), Refusal> {
    if code.is_empty() || code.len() > 32 || !code.bytes().all(|byte| byte.is_ascii_graphic()) {
        let issue = "1 to 32 digits, letters and half-width punctuation are needed";
        return Err(Refusal::parameter(location, field, issue));
    }
    let mut cards = state.world.card_member.brand_user_cards.iter();
    let taken = cards
        .any(|card| card.card_id == template.card_id && card.user_card_code == code && card.openid != openid);
    if taken { Err(Refusal::invalid("会员卡code已被使用")) } else { Ok(()) }
}

/// The place of the card that a call names: the newest, if the user had it more than once.
fn place(state: &State, call: &Call<'_>) -> Result<usize, Refusal> {
    let card_id = named(call, "card_id").unwrap_or_default();
    let at = state.world.card_member.brand_user_cards.iter().rposition(|card| {
        card.card_id == card_id
            && card.user_card_code == call.path("user_card_code")
            && card.state != BrandUserCardState::Failed
            && named(call, "openid").is_none_or(|openid| openid == card.openid)
    });
    at.ok_or_else(|| Refusal::not_found("用户会员卡不存在"))
}

/// The card that the user has or is about to have.
fn live<'a>(state: &'a State, card_id: &str, openid: &str) -> Option<&'a BrandUserCard> {
    state.world.card_member.brand_user_cards.iter().find(|card| {
        card.card_id == card_id
            && card.openid == openid
            && matches!(card.state, BrandUserCardState::Unactivated | BrandUserCardState::Effective)
    })
}

/// The place of an effective card, for what only members can do.
pub(super) fn effective(state: &State, call: &Call<'_>, code: Option<&str>) -> Result<usize, Refusal> {
    let (card_id, openid) = (call.required("card_id"), call.required("openid"));
    let at = state.world.card_member.brand_user_cards.iter().rposition(|card| {
        card.card_id == card_id
            && card.openid == openid
            && card.state != BrandUserCardState::Failed
            && code.is_none_or(|code| code == card.user_card_code)
    });
    let at = at.ok_or_else(|| Refusal::not_found("用户会员卡不存在"))?;
    match current(&state.world.card_member.brand_user_cards[at], call.now) {
        BrandUserCardState::Effective => Ok(at),
        _ => Err(Refusal::invalid("用户会员卡未生效或已失效")),
    }
}

fn known_template(state: &State, card_id: &str) -> Result<BrandCard, Error> {
    let mut cards = state.world.card_member.brand_cards.iter();
    let card = cards.find(|card| card.card_id == card_id).cloned();
    card.ok_or_else(|| Error::Unknown { what: "card_id", name: card_id.to_owned() })
}

/// The state that a card shows at this moment.
pub(crate) fn current(card: &BrandUserCard, now: jiff::Timestamp) -> BrandUserCardState {
    let over = template::ends(card.valid_date, card.pickup_time).is_some_and(|end| now >= end);
    match card.state {
        BrandUserCardState::Effective if over => BrandUserCardState::Expired,
        state => state,
    }
}

/// Who looks at a card: when, and how its sensitive members are encrypted for them.
pub(super) struct Audience<'a> {
    pub(super) now: jiff::Timestamp,
    pub(super) seal: &'a dyn Fn(&Secret) -> Option<String>,
}

/// A card as an answer to the caller.
fn answer(call: &Call<'_>, template: &BrandCard, card: &BrandUserCard) -> Value {
    show(template, card, &Audience { now: call.now, seal: &|plain| sensitive::answer(call, plain) })
}

pub(super) fn show(template: &BrandCard, card: &BrandUserCard, audience: &Audience<'_>) -> Value {
    let mut shown = json!({
        "card_id": card.card_id,
        "openid": card.openid,
        "brand_id": template.brand_id,
        "card_type": template.card_type.as_str(),
        "valid_date_information": template::show_valid_date(card.valid_date),
        "pickup_time": time::print(card.pickup_time),
        "user_card_state": current(card, audience.now).in_queries(),
        "create_time": time::print(card.create_time),
        "modify_time": time::print(card.modify_time),
    });
    if !card.user_card_code.is_empty() {
        shown["user_card_code"] = json!(card.user_card_code);
    }
    for (name, text) in [
        ("card_color", &card.card_color),
        ("card_picture_url", &card.card_picture_url),
        ("level", &card.level),
        ("attach", &card.attach),
        ("invalid_reason", &card.invalid_reason),
    ] {
        if let Some(text) = text {
            shown[name] = json!(text);
        }
    }
    if let Some(invalid) = card.invalid_time {
        shown["invalid_time"] = json!(time::print(invalid));
    }
    if let Some(phone) = &card.phone_number {
        shown["phone_number"] = json!((audience.seal)(phone));
    }
    let UserInformation { common, custom } = &card.user_information;
    if !common.is_empty() || !custom.is_empty() {
        let common =
            common.iter().map(|(name, value)| json!({ "name": name, "value": (audience.seal)(value) }));
        let custom = custom.iter().map(|(name, values)| {
            let values: Vec<_> = values.iter().map(audience.seal).collect();
            json!({ "name": name, "user_chosen_values": values })
        });
        shown["user_information"] = json!({
            "common_field_list": common.collect::<Vec<_>>(),
            "custom_field_list": custom.collect::<Vec<_>>(),
        });
    }
    shown
}
