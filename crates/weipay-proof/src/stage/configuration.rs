//! The files that relay and shop are started with.

use serde_json::json;
use weipay_sandbox::world::ConfirmShape;
use weipay_shop::{Config, Coupons, Merchant};

use super::world::{MALL, PARTNERS, members};
use super::{Rates, SECRET, Stage, TOKEN};
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

pub(super) fn relay(stage: &Stage, number: usize, database: &str, rates: Rates) -> Result<String, Error> {
    let mut merchants = Vec::new();
    for partner in PARTNERS {
        let Some(known) = stage.sandbox.credentials_of(partner.mchid) else { continue };
        merchants.push(json!({
            "name": partner.name, "brand": partner.brand, "mall": MALL, "base_url": stage.sandbox.url(),
            "mchid": known.mchid, "serial": known.merchant_serial, "private_key": known.private_key_pem,
            "platform_key_id": known.platform_key_id, "platform_key": known.platform_public_key_pem,
            "apiv3_key": known.apiv3_key, "hook": format!("http://{}/hook", stage.shop), "secret": SECRET,
            "shape": if partner.shape == ConfirmShape::A { "A" } else { "B" },
            "token": if partner.shape == ConfirmShape::A { TOKEN } else { "nobody-uses-this-token" },
            "per_second": (rates == Rates::Raised).then_some(400.0),
        }));
    }
    let database = database.trim_start_matches("sqlite://");
    Ok(json!({ "listen": stage.relays[number], "database": database, "merchants": merchants }).to_string())
}
