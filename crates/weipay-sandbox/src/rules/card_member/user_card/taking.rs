//! The user's side: a card is taken, and deleted.

use std::time::Duration;

use serde_json::Value;

use super::{Audience, live};
use crate::Error;
use crate::clock::after;
use crate::keys::Keys;
use crate::rules::card_member::{notice, token};
use crate::rules::sensitive;
use crate::state::State;
use crate::world::{
    BrandCard, BrandCardState, BrandUserCard, BrandUserCardState, CardCodeMode, Secret, TokenPurpose,
    UserInformation,
};

/// ASSUME: how long the merchant has to confirm a card that a user took.
const CONFIRM_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// The deed that ends a card which nobody confirmed. Its key is the card's place among all cards.
pub(in crate::rules::card_member) const UNCONFIRMED: &str = "card_member.card_unconfirmed";

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
    let place = state.world.card_member.brand_user_cards.len();
    // Without a code, the card's place stands for it: an openid does not belong into logs.
    let key = if code.is_empty() {
        format!("{}/#{place}", card.card_id)
    } else {
        format!("{}/{code}", card.card_id)
    };
    notice::raise(state, &notice::CREATE, &template, key, resource);
    state.world.card_member.brand_user_cards.push(card);
    state.schedule(after(now, CONFIRM_WITHIN), UNCONFIRMED, &place.to_string());
    Ok(Some(code).filter(|code| !code.is_empty()))
}

/// A card that the merchant did not confirm in time is not opened (DOC: only that it needs the confirmation).
pub(in crate::rules::card_member) fn unconfirmed(state: &mut State, place: &str) {
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

fn known_template(state: &State, card_id: &str) -> Result<BrandCard, Error> {
    let mut cards = state.world.card_member.brand_cards.iter();
    let card = cards.find(|card| card.card_id == card_id).cloned();
    card.ok_or_else(|| Error::Unknown { what: "card_id", name: card_id.to_owned() })
}
