//! The files that relay and shop are started with.

use serde_json::json;
use weipay_sandbox::world::ConfirmShape;
use weipay_shop::{Config, Coupons, Merchant};

use super::world::{PARTNERS, members};
use super::{Rates, SECRET, Stage};
use crate::Error;

pub(super) fn shop(stage: &Stage, forgetful: bool) -> String {
    let merchants = PARTNERS.map(|partner| Merchant {
        name: partner.name.to_owned(),
        coupons: match partner.shape {
            ConfirmShape::A => Coupons::Own { prefix: "PROOF".to_owned() },
            _ => Coupons::WeChatPay,
        },
    });
    let config = Config {
        listen: stage.shop,
        database: stage.folder.join("shop.db"),
        secret: SECRET.to_owned(),
        merchants: merchants.into(),
        members: members(),
        think_ms: 0,
        forgetful,
    };
    json!(config).to_string()
}

pub(super) fn relay(_stage: &Stage, _number: usize, _database: &str, _rates: Rates) -> Result<String, Error> {
    Err(Error::Unavailable("the relay's configuration file".to_owned()))
}
