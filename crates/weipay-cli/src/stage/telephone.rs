//! The members' telephones: what the buttons of the shop's page do in WeChat, here in the sandbox.

use std::sync::Arc;

use async_trait::async_trait;
use weipay_sandbox::{ExchangePoints, MallPayment, Sandbox};
use weipay_shop::{Member, Tap, TapError};

use super::world::role;

#[derive(Debug)]
pub(super) struct Telephone(Arc<Sandbox>);

impl Telephone {
    pub(super) fn new(sandbox: Arc<Sandbox>) -> Self {
        Self(sandbox)
    }
}

#[async_trait]
impl Tap for Telephone {
    async fn exchange(&self, member: &Member) -> Result<String, TapError> {
        let card = member.card.as_ref().ok_or_else(|| TapError("this member has no card".to_owned()))?;
        let order = ExchangePoints {
            exchange_coupon_template_id: role(&member.merchant).ok_or_else(nobody)?.template.to_owned(),
            user_card_code: card.user_card_code.clone(),
        };
        self.0.exchange_points(order).await.map_err(told)
    }

    async fn pay(&self, member: &Member, amount: u64) -> Result<String, TapError> {
        let role = role(&member.merchant).ok_or_else(nobody)?;
        let order = MallPayment {
            mchid: role.mchid.to_owned(),
            sub_mchid: role.mall.map(str::to_owned),
            appid: role.appid.to_owned(),
            openid: member.openid.clone(),
            amount: i64::try_from(amount).map_err(|_| TapError("too much".to_owned()))?,
            commit_tag: false,
        };
        self.0.pay_in_mall(order).await.map_err(told)
    }
}

fn told(error: impl std::fmt::Display) -> TapError {
    TapError(error.to_string())
}

fn nobody() -> TapError {
    TapError("nobody plays this merchant".to_owned())
}
