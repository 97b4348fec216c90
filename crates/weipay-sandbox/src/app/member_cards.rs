//! Member cards in the app.
#![expect(clippy::unused_async, reason = "part of the published interface, which may wait for storage later")]

use super::act::{Act, Member, needed, optional, usual};
use crate::rules::membercard;
use crate::rules::{TakeMemberCard, TakenMemberCard};
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

const CARD_ID: Member = usual("card_id", "478515832665");
const CODE: Member = usual("code", "478515832665");

pub(super) const ACTS: &[Act] = &[
    Act {
        name: "take-member-card",
        title: "Take a member card",
        title_zh: "领取会员卡",
        members: &[
            CARD_ID,
            usual("openid", "oNewMember000000000000000001"),
            // A QR code's address or a permission_token.
            optional("invitation"),
            // In REAL_TIME mode.
            optional("code"),
            optional("user_information"),
        ],
        deed: |world, said| {
            let order = TakeMemberCard {
                card_id: said.text("card_id")?,
                openid: said.text("openid")?,
                invitation: said.maybe("invitation"),
                code: said.maybe("code"),
                user_information: said.filled_in("user_information")?,
            };
            let taken = world.act(|state| membercard::take(state, &world.shared.keys(), &order))?;
            Ok(taken.code)
        },
    },
    Act {
        name: "delete-member-card",
        title: "Delete a member card",
        title_zh: "删除会员卡",
        members: &[CARD_ID, CODE],
        deed: |world, said| {
            let (card_id, code) = (said.text("card_id")?, said.text("code")?);
            world.act(|state| membercard::delete(state, &card_id, &code)).map(|()| String::new())
        },
    },
    Act {
        name: "view-member-card",
        title: "Look at a member card",
        title_zh: "查看会员卡",
        members: &[CARD_ID, CODE],
        deed: |world, said| {
            let (card_id, code) = (said.text("card_id")?, said.text("code")?);
            world.act(|state| membercard::view(state, &card_id, &code)).map(|()| String::new())
        },
    },
    Act {
        name: "modify-member-information",
        title: "Change what was filled in for a member card",
        title_zh: "修改会员资料",
        members: &[CARD_ID, CODE, needed("information")],
        deed: |world, said| {
            let (card_id, code) = (said.text("card_id")?, said.text("code")?);
            said.text("information")?;
            let information = said.filled_in("information")?;
            world.act(|state| membercard::modify(state, &card_id, &code, information)).map(|()| String::new())
        },
    },
    Act {
        name: "show-card-reminder",
        title: "See the reminder that the merchant imported for a card",
        title_zh: "查看领卡提醒",
        members: &[CARD_ID, needed("phone_number")],
        deed: |world, said| {
            let (card_id, phone) = (said.text("card_id")?, said.text("phone_number")?);
            world.act(|state| membercard::show_reminder(state, &card_id, &phone)).map(|()| String::new())
        },
    },
    Act {
        name: "review-member-card",
        title: "The platform reviews a card template that waits for it",
        title_zh: "平台审核会员卡模板",
        members: &[CARD_ID, usual("approved", "true")],
        deed: |world, said| {
            let (card_id, approved) = (said.text("card_id")?, said.flag("approved")?);
            world.act(|state| membercard::review(state, &card_id, approved)).map(|()| String::new())
        },
    },
];
