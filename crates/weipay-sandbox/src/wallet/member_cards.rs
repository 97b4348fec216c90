//! Member cards in the app.
#![expect(clippy::unused_async, reason = "part of the published interface, which may wait for storage later")]

use crate::rules::membercard;
use crate::rules::{TakeMemberCard, TakenMemberCard};
use crate::world::Secret;
use crate::{Error, RunningWorld};

impl RunningWorld {
    /// A user takes a member card. `MEMBERCARD.ACCEPT_CARD` goes to the template's creator, and
    /// `MEMBERCARD.ACTIVATE_CARD` too unless the invitation says that the merchant's page activates the card.
    ///
    /// A user who deleted the card gets the same code and points back (`RECOVER`).
    pub async fn take_member_card(&self, order: TakeMemberCard) -> Result<TakenMemberCard, Error> {
        self.act(|state| membercard::take(state, &self.shared.keys(), &order))
    }

    /// A user deletes a member card (`USER_DELETE_MEMBERCARD`).
    pub async fn delete_member_card(&self, card_id: &str, code: &str) -> Result<(), Error> {
        self.act(|state| membercard::delete(state, card_id, code))
    }

    /// A user looks at a member card (`USER_VIEW_MEMBERCARD`).
    pub async fn view_member_card(&self, card_id: &str, code: &str) -> Result<(), Error> {
        self.act(|state| membercard::view(state, card_id, code))
    }

    /// A user changes what was filled in for a card, by the names of the fields (`USER_MODIFY_INFORMATION`).
    pub async fn modify_member_information(
        &self,
        card_id: &str,
        code: &str,
        information: Vec<(String, Secret)>,
    ) -> Result<(), Error> {
        self.act(|state| membercard::modify(state, card_id, code, information))
    }

    /// The user with this phone number sees the reminder that the merchant imported for a card.
    pub async fn show_card_reminder(&self, card_id: &str, phone_number: &str) -> Result<(), Error> {
        self.act(|state| membercard::show_reminder(state, card_id, phone_number))
    }

    /// The platform reviews a template that waits for it ([`MemberCards::review`](crate::world::MemberCards::review)).
    pub async fn review_member_card(&self, card_id: &str, approved: bool) -> Result<(), Error> {
        self.act(|state| membercard::review(state, card_id, approved))
    }
}
