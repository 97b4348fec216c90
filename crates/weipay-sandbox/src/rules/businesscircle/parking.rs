//! Members' cars in the mall's car park.

use std::time::Duration;

use crate::call::{Answer, Call};
use crate::clock::after;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{Parking, Secret};

use super::owned;

/// ASSUME: how far a time may lie ahead.
const AHEAD: Duration = Duration::from_secs(300);

/// `POST /v3/businesscircle/parkings` → 204: a member's car came in or went out.
///
/// DOC (merchant 4012535502, partner 4012474127): members and 204. ASSUME: only of users who are authorised; a car that goes
/// out without having come in, and one that comes in twice, are noted and change nothing; plate numbers are plain text.
pub(super) fn park(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let sub_mchid = call.text("sub_mchid");
    if sub_mchid.is_some_and(|sub_mchid| !state.world.acts_for(&call.caller.id, sub_mchid)) {
        return Err(Refusal::no_auth("服务商与商圈商户无授权关系"));
    }
    owned(state, call, &call.integer("brandid").unwrap_or_default().to_string())?;
    let moment = time::parse(call.required("time")).filter(|moment| *moment <= after(call.now, AHEAD));
    let moment = moment.ok_or_else(|| Refusal::member("/time", "more than 5 minutes ahead"))?;
    let comes = match call.required("state") {
        "IN" => true,
        "OUT" => false,
        _ => return Err(Refusal::member("/state", "not one of IN, OUT")),
    };
    let plate = call.required("plate_number");
    if plate.is_empty() || plate.chars().count() > 32 {
        return Err(Refusal::member("/plate_number", "1 to 32 characters are needed"));
    }
    let (appid, openid) = (call.required("appid"), call.required("openid"));
    if !super::authorized_as(state, (&call.caller.id, sub_mchid, appid, openid)) {
        return Err(Refusal::member("/openid", "nobody who is authorised under this appid"));
    }
    let plate = Secret::from(plate);
    let mut parkings = state.world.businesscircle.parkings.iter_mut().enumerate();
    let inside = parkings.find(|(_, parking)| {
        parking.mchid == call.caller.id
            && parking.sub_mchid.as_deref() == sub_mchid
            && parking.openid == openid
            && parking.plate_number == plate
            && parking.left.is_none()
    });
    match (comes, inside) {
        (true, Some(_)) => call.note("this car is in the car park already; nothing changed"),
        (false, None) => call.note("this car is not in the car park; nothing changed"),
        (true, None) => {
            state.world.businesscircle.parkings.push(Parking {
                mchid: call.caller.id.clone(),
                sub_mchid: sub_mchid.map(str::to_owned),
                openid: openid.to_owned(),
                plate_number: plate,
                came: moment,
                left: None,
            });
            let place = state.world.businesscircle.parkings.len() - 1;
            state.took_effect(call, "came", place.to_string());
        }
        (false, Some((place, parking))) => {
            parking.left = Some(moment);
            state.took_effect(call, "left", place.to_string());
        }
    }
    Ok(Answer::no_content())
}
