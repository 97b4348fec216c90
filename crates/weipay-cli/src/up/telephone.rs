//! The members' telephones: what the buttons of the shop's page do in WeChat, here in the sandbox.

use std::sync::Arc;

use async_trait::async_trait;
use weipay_sandbox::{ExchangePoints, MallPayment, Sandbox};
use weipay_shop::{Member, Tap, TapError};

use super::world::{mall_of, template_of};

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
            exchange_coupon_template_id: template_of(&member.merchant).to_owned(),
            user_card_code: card.user_card_code.clone(),
        };
        self.0.exchange_points(order).await.map_err(told)
    }

    async fn pay(&self, member: &Member, amount: u64) -> Result<String, TapError> {
        let (mchid, mall, appid) = mall_of(&member.merchant);
        let order = MallPayment {
            mchid: mchid.to_owned(),
            sub_mchid: mall.map(str::to_owned),
            appid: appid.to_owned(),
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
