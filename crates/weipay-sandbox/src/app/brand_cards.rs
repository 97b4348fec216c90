//! Brand membership cards in the app.
#![expect(clippy::unused_async, reason = "part of the published interface, which may wait for storage later")]

use super::act::{Act, needed, optional, usual};
use crate::rules::{self, ExchangePoints, TakeCard};
use crate::world::UserInformation;
use crate::{Error, RunningWorld};

impl RunningWorld {
    /// A user takes a brand membership card: it waits for the merchant's confirmation, and the card's manager is told
    /// (`USER_CARD.CREATE`). Returns the card's code at once; none if the merchant chooses it when it confirms.
    pub async fn take_card(&self, order: TakeCard) -> Result<Option<String>, Error> {
        self.act(|state| rules::take_card(state, &self.shared.keys(), &order))
    }

    /// A user deletes a brand membership card, and the card's manager is told (`USER_CARD.DELETE`).
    pub async fn delete_card(&self, card_id: &str, user_card_code: &str) -> Result<(), Error> {
        self.act(|state| rules::delete_card(state, &self.shared.keys(), card_id, user_card_code))
    }

    /// A user looks at the points of a brand membership card, and the card's manager is asked for the balance
    /// (`SYNC_USER_POINT`).
    pub async fn view_points(&self, card_id: &str, user_card_code: &str) -> Result<(), Error> {
        self.act(|state| rules::view_points(state, card_id, user_card_code))
    }

    /// A user exchanges points: begins a record and notifies the partner. Returns its `record_id` at once.
    pub async fn exchange_points(&self, order: ExchangePoints) -> Result<String, Error> {
        self.act(|state| rules::exchange_points(state, &order))
    }

    /// A member has the payment code shown with a token of `pay-view-tokens`, which works once.
    pub async fn show_payment_code(&self, token: &str) -> Result<(), Error> {
        self.act(|state| rules::show_payment_code(state, token))
    }
}

pub(super) const ACTS: &[Act] = &[
    Act {
        name: "exchange-points",
        title: "Exchange points for a coupon",
        title_zh: "积分兑换券",
        members: &[
            usual("exchange_coupon_template_id", "0Flpo7FqTQ"),
            usual("user_card_code", "478515832665"),
        ],
        deed: |world, said| {
            let order = ExchangePoints {
                exchange_coupon_template_id: said.text("exchange_coupon_template_id")?,
                user_card_code: said.text("user_card_code")?,
            };
            world.act(|state| rules::exchange_points(state, &order))
        },
    },
    Act {
        name: "take-card",
        title: "Take a brand membership card",
        title_zh: "领取商家名片会员卡",
        members: &[
            usual("card_id", "pbLatjvWOibDc5-TBnbUk1pD12o0"),
            usual("openid", "obLatjnxSandboxNewMember0001"),
            optional("phone_number"),
            optional("user_information"),
            optional("token"),
            optional("attach"),
        ],
        deed: |world, said| {
            let common = said.filled_in("user_information")?;
            let order = TakeCard {
                card_id: said.text("card_id")?,
                openid: said.text("openid")?,
                phone_number: said.maybe("phone_number").map(Into::into),
                user_information: UserInformation { common, ..UserInformation::default() },
                token: said.maybe("token"),
                attach: said.maybe("attach"),
            };
            let code = world.act(|state| rules::take_card(state, &world.shared.keys(), &order))?;
            Ok(code.unwrap_or_default())
        },
    },
    Act {
        name: "delete-card",
        title: "Delete a brand membership card",
        title_zh: "删除商家名片会员卡",
        members: &[usual("card_id", "pbLatjvWOibDc5-TBnbUk1pD12o0"), usual("user_card_code", "478515832665")],
        deed: |world, said| {
            let (card_id, code) = (said.text("card_id")?, said.text("user_card_code")?);
            let keys = world.shared.keys();
            world.act(|state| rules::delete_card(state, &keys, &card_id, &code)).map(|()| String::new())
        },
    },
    Act {
        name: "view-points",
        title: "Look at the points of a brand membership card",
        title_zh: "查看会员卡积分",
        members: &[usual("card_id", "pbLatjvWOibDc5-TBnbUk1pD12o0"), usual("user_card_code", "478515832665")],
        deed: |world, said| {
            let (card_id, code) = (said.text("card_id")?, said.text("user_card_code")?);
            world.act(|state| rules::view_points(state, &card_id, &code)).map(|()| String::new())
        },
    },
    Act {
        name: "show-payment-code",
        title: "Have the payment code shown",
        title_zh: "出示付款码",
        // Of pay-view-tokens.
        members: &[needed("token")],
        deed: |world, said| {
            let token = said.text("token")?;
            world.act(|state| rules::show_payment_code(state, &token)).map(|()| String::new())
        },
    },
];
