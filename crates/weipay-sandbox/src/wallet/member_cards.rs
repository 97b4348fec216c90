//! Member cards in the app.
#![expect(clippy::unused_async, reason = "part of the published interface, which may wait for storage later")]

use crate::rules::membercard;
use crate::rules::{TakeMemberCard, TakenMemberCard};
use crate::views::MemberView;
use crate::world::Secret;
use crate::{Error, RunningWorld};

impl RunningWorld {
    /// A user takes a member card. `MEMBERCARD.ACCEPT_CARD` goes to the template's creator, and
    /// `MEMBERCARD.ACTIVATE_CARD` too unless the invitation says that the merchant's page activates the card.
    ///
    /// A user who deleted the card gets the same code and points back (`RECOVER`). Fails for a template that is not
    /// approved or has no code left, and for a user who has the card.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), weipay_sandbox::Error> {
    /// use weipay_sandbox::{Sandbox, TakeMemberCard};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let taken = sandbox.take_member_card(TakeMemberCard::default()).await?;
    /// sandbox.delete_member_card("478515832665", &taken.code).await?;
    /// let again = sandbox.take_member_card(TakeMemberCard::default()).await?;
    /// assert_eq!(again.code, taken.code, "the same member");
    /// # Ok(()) }
    /// ```
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

impl RunningWorld {
    /// A user's member card.
    pub fn member(&self, card_id: &str, code: &str) -> Option<MemberView> {
        let state = self.shared.state();
        membercard::look(&state, card_id, code)
    }
}
