//! What a user does with a member card in the app.

use super::super::sensitive;
use super::{codes, notice, template};
use crate::Error;
use crate::keys::Keys;
use crate::protocol::authorization::Scheme;
use crate::state::State;
use crate::world::{CardReminder, CardStatus, Member, Secret, UserCardStatus};

/// A user takes a member card in the app.
///
/// The default is a new user of the template of [`World::documentation`](crate::World::documentation), whose card is good
/// at once.
#[derive(Debug, Clone)]
pub struct TakeMemberCard {
    /// Card template.
    pub card_id: String,
    /// The user.
    pub openid: String,
    /// The QR code's address, or the `permission_token`, that led here.
    pub invitation: Option<String>,
    /// The code that the merchant names, in `REAL_TIME` mode.
    pub code: Option<String>,
    /// What the user fills in, by the name of the field, such as `USER_FORM_FLAG_MOBILE`.
    pub user_information: Vec<(String, Secret)>,
}

impl Default for TakeMemberCard {
    fn default() -> Self {
        Self {
            card_id: "478515832665".to_owned(),
            openid: "oNewMember000000000000000001".to_owned(),
            invitation: None,
            code: None,
            user_information: Vec::new(),
        }
    }
}

/// The card that a user has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TakenMemberCard {
    /// The card's code.
    pub code: String,
    /// What the merchant's page gets, if it is to activate the card: for `decrypt-code`.
    pub encrypt_code: Option<String>,
    /// What that page gets beside it: for `activate-informations`.
    pub activate_ticket: Option<String>,
}

/// A new member as the template has it.
pub(super) fn member(state: &State, at: usize, code: &str, openid: &str) -> Member {
    let card = &state.world.membercard.member_cards[at];
    Member {
        card_id: card.card_id.clone(),
        code: code.to_owned(),
        openid: openid.to_owned(),
        bonus_value: if card.bonus_right { card.init_bonus } else { 0 },
        level: card.init_level.clone(),
        receive_time: state.clock.business(),
        ..Member::default()
    }
}

/// Takes a card. `MEMBERCARD.ACCEPT_CARD` goes out, and `MEMBERCARD.ACTIVATE_CARD` unless the merchant's page activates.
/// A user who deleted the card gets it back with its code and points (`RECOVER`).
pub(crate) fn take(state: &mut State, keys: &Keys, order: &TakeMemberCard) -> Result<TakenMemberCard, Error> {
    let at = available(state, &order.card_id)?;
    let invitation = match &order.invitation {
        None => None,
        Some(key) => {
            let mut invitations = state.world.membercard.invitations.iter();
            let found =
                invitations.find(|known| known.key == *key && known.card_id == order.card_id).cloned();
            Some(found.ok_or_else(|| Error::Unknown { what: "invitation", name: key.clone() })?)
        }
    };
    let reminder = reminder(state, order);
    let mut members = state.world.membercard.members.iter();
    let known = members.position(|member| member.card_id == order.card_id && member.openid == order.openid);
    let (mut member, event_type) = match known {
        Some(known) => (returning(state, known)?, "RECOVER"),
        None => {
            let total = state.world.membercard.member_cards[at].total_quantity;
            if total.is_some_and(|total| template::taken(state, &order.card_id) >= total) {
                return Err(Error::State("all cards of this template are taken".to_owned()));
            }
            let chosen = reminder.as_ref().and_then(|reminder| reminder.code.as_deref());
            let code = codes::allot(state, at, order.code.as_deref().or(chosen));
            let code = code.map_err(|reason| Error::State(format!("no code for the card: {reason}")))?;
            let by_phone = reminder.is_some();
            let event_type = if by_phone { "MEMBER_CARD_ACCEPT_BY_PHONE_NUMBER" } else { "NEW_ACTIVATE" };
            (self::member(state, at, &code, &order.openid), event_type)
        }
    };
    if let Some(reminder) = &reminder {
        member.membership_number = reminder.membership_number.clone().or(member.membership_number);
        member.outer_str.clone_from(&reminder.outer_str);
    }
    if let Some(invitation) = &invitation {
        member.outer_str.clone_from(&invitation.outer_str);
    }
    if !order.user_information.is_empty() {
        member.user_information.clone_from(&order.user_information);
    }
    let jump = invitation.is_some_and(|invitation| invitation.jump);
    member.status = if jump { UserCardStatus::NotActivate } else { UserCardStatus::Effective };
    if jump {
        // As on the pages, with characters that a query has to escape.
        let (left, right) = (state.ids.letters(22), state.ids.letters(40));
        member.encrypt_code = Some(format!("{left}+{right}/"));
        member.activate_ticket = Some(state.ids.letters(32));
    }
    tell(state, keys, &member, event_type, reminder.as_ref(), jump);
    let taken = TakenMemberCard {
        code: member.code.clone(),
        encrypt_code: member.encrypt_code.clone(),
        activate_ticket: member.activate_ticket.clone(),
    };
    match known {
        Some(known) => state.world.membercard.members[known] = member,
        None => state.world.membercard.members.push(member),
    }
    Ok(taken)
}

fn tell(
    state: &mut State,
    keys: &Keys,
    member: &Member,
    event_type: &str,
    reminder: Option<&CardReminder>,
    jump: bool,
) {
    let creator = state.member_card(&member.card_id).map(|card| card.creator.clone()).unwrap_or_default();
    let phone = reminder.and_then(|reminder| {
        sensitive::notification(keys, Scheme::Merchant, &creator, &reminder.phone_number)
    });
    notice::accepted(state, member, event_type, phone);
    if !jump {
        notice::activated(state, member);
    }
}

/// The template, if users can take its cards.
fn available(state: &State, card_id: &str) -> Result<usize, Error> {
    let at = state.world.membercard.member_cards.iter().position(|card| card.card_id == card_id);
    let at = at.ok_or_else(|| Error::Unknown { what: "card_id", name: card_id.to_owned() })?;
    match state.world.membercard.member_cards[at].status {
        CardStatus::Approved => Ok(at),
        status => {
            Err(Error::State(format!("the template is {}, nobody can take its cards", status.as_str())))
        }
    }
}

/// The reminder that this user follows.
fn reminder(state: &State, order: &TakeMemberCard) -> Option<CardReminder> {
    let mut reminders = state.world.membercard.reminders.iter();
    reminders
        .find(|known| {
            known.card_id == order.card_id
                && known.shown
                && state.world.owner_of(&known.phone_number) == Some(&order.openid)
        })
        .cloned()
}

/// A deleted card that comes back as it was.
fn returning(state: &State, at: usize) -> Result<Member, Error> {
    let member = &state.world.membercard.members[at];
    match state.user_card_status(member, state.clock.business()) {
        UserCardStatus::Delete => Ok(Member { recovered: true, ..member.clone() }),
        status => Err(Error::State(format!("the user has this card, and it is {}", status.as_str()))),
    }
}

fn owned(state: &State, card_id: &str, code: &str) -> Result<usize, Error> {
    let at =
        state.member(card_id, code).ok_or_else(|| Error::Unknown { what: "code", name: code.to_owned() })?;
    match state.world.membercard.members[at].status {
        UserCardStatus::Delete => Err(Error::State("the user has deleted this card".to_owned())),
        _ => Ok(at),
    }
}

/// Deletes a card; the merchant is told (`USER_DELETE_MEMBERCARD`).
pub(crate) fn delete(state: &mut State, card_id: &str, code: &str) -> Result<(), Error> {
    let at = owned(state, card_id, code)?;
    state.world.membercard.members[at].status = UserCardStatus::Delete;
    let member = state.world.membercard.members[at].clone();
    notice::managed(state, &member, "USER_DELETE_MEMBERCARD");
    Ok(())
}

/// Looks at a card; the merchant is told (`USER_VIEW_MEMBERCARD`).
pub(crate) fn view(state: &mut State, card_id: &str, code: &str) -> Result<(), Error> {
    let member = state.world.membercard.members[owned(state, card_id, code)?].clone();
    notice::managed(state, &member, "USER_VIEW_MEMBERCARD");
    Ok(())
}

/// Changes what was filled in; the merchant is told (`USER_MODIFY_INFORMATION`). ASSUME: only where the template's form
/// says `can_modify_after_activate`.
pub(crate) fn modify(
    state: &mut State,
    card_id: &str,
    code: &str,
    information: Vec<(String, Secret)>,
) -> Result<(), Error> {
    let at = owned(state, card_id, code)?;
    let form =
        |name: &str| state.member_card(card_id).map(|card| card.shown["user_information_form"][name].clone());
    if form("can_modify_after_activate") != Some(true.into()) {
        let reason = "the template's user_information_form does not say can_modify_after_activate";
        return Err(Error::State(reason.to_owned()));
    }
    let fields = &mut state.world.membercard.members[at].user_information;
    for (name, value) in information {
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value));
    }
    let member = state.world.membercard.members[at].clone();
    notice::managed(state, &member, "USER_MODIFY_INFORMATION");
    Ok(())
}
