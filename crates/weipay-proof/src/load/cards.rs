//! Cards: users look at their points, take a card, and give it up.

use weipay_sandbox::TakeCard;
use weipay_sandbox::world::BrandUserCardState;

use super::{TakenCard, Users};
use crate::Error;
use crate::stage::world::{self, Partner};

impl Users<'_> {
    fn partner(&mut self) -> &'static Partner {
        if self.rng.bool() { &world::A } else { &world::B }
    }

    /// A member looks at the points of the card, and the merchant is asked for them.
    pub(super) async fn view_points(&mut self) -> Result<(), Error> {
        let (partner, member) = (self.partner(), self.rng.usize(0..world::MEMBERS));
        self.stage.sandbox.view_points(&partner.card, &world::card_code(member)).await?;
        Ok(())
    }

    /// Somebody who is no member takes a card.
    pub(super) async fn take_card(&mut self) -> Result<(), Error> {
        let partner = self.partner();
        let openid = world::newcomer(partner, self.made.cards.len());
        let order =
            TakeCard { card_id: partner.card.to_string(), openid: openid.clone(), ..TakeCard::default() };
        self.stage.sandbox.take_card(order).await?;
        self.made.cards.push(TakenCard {
            merchant: partner.name.to_string(),
            card_id: partner.card.to_string(),
            openid,
            deleted: false,
        });
        Ok(())
    }

    /// One of those whose card was opened gives it up.
    pub(super) async fn delete_card(&mut self) -> Result<(), Error> {
        let sandbox = &self.stage.sandbox;
        let open = |card: &&mut TakenCard| {
            let shown = sandbox.user_card(&card.card_id, &card.openid);
            !card.deleted && shown.is_some_and(|shown| shown.state == BrandUserCardState::Effective)
        };
        let Some(card) = self.rng.choice(self.made.cards.iter_mut().filter(open).collect::<Vec<_>>()) else {
            return Ok(());
        };
        if let Some(shown) = sandbox.user_card(&card.card_id, &card.openid) {
            sandbox.delete_card(&card.card_id, &shown.user_card_code).await?;
            card.deleted = true;
        }
        Ok(())
    }
}
