//! Member cards (会员卡): templates, users' cards, and points shown after a payment.

mod bonus;
mod card;
mod member;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Secret;

pub use bonus::{Bonus, BonusState};
pub use card::{CardStatus, CardValidity, MemberCard, MemberCodeMode};
pub use member::{Member, UserCardStatus};

/// What the member card family knows.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MemberCards {
    /// Card templates.
    pub member_cards: Vec<MemberCard>,
    /// Users' cards.
    pub members: Vec<Member>,
    /// Points shown on payment-result pages.
    pub bonuses: Vec<Bonus>,
    /// QR codes and pre-authorisation tokens that lead to a card.
    pub invitations: Vec<Invitation>,
    /// Members whom the platform is to remind of their card, known by their phone.
    pub reminders: Vec<CardReminder>,
    /// Where the events go, by mchid. Who has set no address gets them at the address of the [`Merchant`].
    ///
    /// [`Merchant`]: crate::world::Merchant
    pub callbacks: BTreeMap<String, String>,
    /// A new template waits in `NOT_APPROVE` until it is reviewed; without this it is `APPROVED` at once.
    pub review: bool,
}

impl MemberCards {
    /// Adds what the other has.
    pub(super) fn add(&mut self, more: Self) {
        let Self { member_cards, members, bonuses, invitations, reminders, callbacks, review } = more;
        self.member_cards.extend(member_cards);
        self.members.extend(members);
        self.bonuses.extend(bonuses);
        self.invitations.extend(invitations);
        self.reminders.extend(reminders);
        self.callbacks.extend(callbacks);
        self.review |= review;
    }
}

/// A QR code or a token that leads a user to a card.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// The QR code's address, or the `permission_token`.
    pub key: String,
    /// Card template.
    pub card_id: String,
    /// `JUMP_ACTIVATE`: the card is activated by the merchant's own page, not at once.
    #[serde(default)]
    pub jump: bool,
    /// `outer_str`: comes back in the events.
    pub outer_str: Option<String>,
}

/// A member who is to be reminded of the card.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CardReminder {
    /// Card template.
    pub card_id: String,
    /// In plain text.
    pub phone_number: Secret,
    /// The code that the card will have; none for one of the platform's choice.
    pub code: Option<String>,
    /// `membership_number`
    pub membership_number: Option<String>,
    /// When the member joined, as the merchant knows it.
    pub registration_time: Timestamp,
    /// `outer_str`: comes back in the event.
    pub outer_str: Option<String>,
    /// The user has seen it.
    #[serde(default)]
    pub shown: bool,
}
