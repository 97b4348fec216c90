//! What a card looks like, to whom.

use serde_json::{Value, json};

use crate::call::Call;
use crate::protocol::time;
use crate::rules::card_member::template;
use crate::rules::sensitive;
use crate::world::{BrandCard, BrandUserCard, BrandUserCardState, Secret, UserInformation};

/// The state that a card shows at this moment.
pub(crate) fn current(card: &BrandUserCard, now: jiff::Timestamp) -> BrandUserCardState {
    let over = template::ends(card.valid_date, card.pickup_time).is_some_and(|end| now >= end);
    match card.state {
        BrandUserCardState::Effective if over => BrandUserCardState::Expired,
        state => state,
    }
}

/// Who looks at a card: when, and how its sensitive members are encrypted for them.
pub(in crate::rules::card_member) struct Audience<'a> {
    pub(in crate::rules::card_member) now: jiff::Timestamp,
    pub(in crate::rules::card_member) seal: &'a dyn Fn(&Secret) -> Option<String>,
}

/// A card as an answer to the caller.
pub(super) fn answer(call: &Call<'_>, template: &BrandCard, card: &BrandUserCard) -> Value {
    show(template, card, &Audience { now: call.now, seal: &|plain| sensitive::answer(call, plain) })
}

pub(in crate::rules::card_member) fn show(
    template: &BrandCard,
    card: &BrandUserCard,
    audience: &Audience<'_>,
) -> Value {
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
