//! Seed data: what a world has more, from a YAML text.

use serde::Deserialize;

use super::{
    Account, Busifavor, BusinessCircle, CardMember, MemberCards, Payer, PaymentCode, Phone, ProductCoupons,
    ShareReceiver, World,
};
use crate::Error;

/// What can stand in the text. Everything is optional; what is in it is added.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Seed {
    notify_url: Option<String>,
    users: Vec<String>,
    phones: Vec<Phone>,
    card_member: CardMember,
    businesscircle: BusinessCircle,
    busifavor: Busifavor,
    membercard: MemberCards,
    product_coupon: ProductCoupons,
    payments: People,
    share_receivers: Vec<ShareReceiver>,
    accounts: Vec<Account>,
}

/// Who pays and how the payment families behave. Orders are made by requests.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct People {
    payers: Vec<Payer>,
    codes: Vec<PaymentCode>,
    observed_refusals: bool,
}

impl World {
    /// This world with the seed data of a YAML text added: members as they are named here, enums as on the wire, times
    /// in RFC 3339. An error names the line and the member. `notify_url` is that of all merchants.
    ///
    /// ```
    /// # use weipay_sandbox::World;
    /// let world = World::documentation().seeded("
    /// busifavor:
    ///   coupons:
    ///     - {stock_id: '100088', coupon_code: C1, openid: oUser, receive_time: 2026-05-20T10:00:00+08:00}
    /// users: [oAnother]
    /// ")?;
    /// assert_eq!(world.busifavor.coupons.len(), 2);
    /// # Ok::<(), weipay_sandbox::Error>(())
    /// ```
    pub fn seeded(mut self, yaml: &str) -> Result<Self, Error> {
        let seed: Seed = serde_yaml_ng::from_str(yaml).map_err(|error| Error::Seed(error.to_string()))?;
        if let Some(url) = &seed.notify_url {
            self = self.notify(url);
        }
        self.users.extend(seed.users);
        self.phones.extend(seed.phones);
        self.card_member.brand_cards.extend(seed.card_member.brand_cards);
        self.card_member.brand_user_cards.extend(seed.card_member.brand_user_cards);
        self.card_member.exchange_templates.extend(seed.card_member.exchange_templates);
        self.card_member.exchange_records.extend(seed.card_member.exchange_records);
        self.card_member.activities.extend(seed.card_member.activities);
        self.product_coupon.products.extend(seed.product_coupon.products);
        self.product_coupon.stocks.extend(seed.product_coupon.stocks);
        self.product_coupon.coupons.extend(seed.product_coupon.coupons);
        self.product_coupon.notify_configs.extend(seed.product_coupon.notify_configs);
        self.product_coupon.exchanged_ready |= seed.product_coupon.exchanged_ready;
        self.businesscircle.parkings.extend(seed.businesscircle.parkings);
        self.businesscircle.strict |= seed.businesscircle.strict;
        self.businesscircle.unknown_is_404 |= seed.businesscircle.unknown_is_404;
        self.businesscircle.commit_status_without_body |= seed.businesscircle.commit_status_without_body;
        self.businesscircle.mall_users.extend(seed.businesscircle.mall_users);
        self.businesscircle.mall_orders.extend(seed.businesscircle.mall_orders);
        self.busifavor.add(seed.busifavor);
        self.membercard.add(seed.membercard);
        self.payments.payers.extend(seed.payments.payers);
        self.payments.codes.extend(seed.payments.codes);
        self.payments.observed_refusals |= seed.payments.observed_refusals;
        self.profit_sharing.receivers.extend(seed.share_receivers);
        self.funds.accounts.extend(seed.accounts);
        Ok(self)
    }
}
