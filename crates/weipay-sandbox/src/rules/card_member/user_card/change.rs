//! What the merchant says about one card.

use serde_json::Value;

use crate::call::Call;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::rules::card_member::template;
use crate::rules::sensitive;
use crate::world::{BrandUserCard, UserInformation};

/// Takes over what the merchant says about one card. Nothing has changed when it is refused.
pub(super) fn change(call: &Call<'_>, card: &mut BrandUserCard) -> Result<(), Refusal> {
    sensitive::header(call)?;
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
