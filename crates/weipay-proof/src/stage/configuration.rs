//! The files that relay and shop are started with: what an operator would write.

use std::fmt::Write as _;

use serde_json::json;
use weipay_sandbox::world::ConfirmShape;
use weipay_shop::{Config, Coupons, Merchant};

use super::world::{A, MALL, Partner, members};
use super::{Rates, SECRET, Stage, TOKEN};
use crate::Error;

/// Both operations that are documented as slow, where it is not about speed.
const FAST: &str = "\
[merchant.limits]
brand_partner_card_member_user_points_exchange_coupon_confirm = { per_second = 400 }
brand_partner_card_member_user_points_sync = { per_second = 400 }
";

pub(super) fn shop(stage: &Stage, forgetful: bool) -> String {
    let merchants = stage.partners.iter().map(|partner| Merchant {
        name: partner.name.to_string(),
        coupons: match partner.shape {
            ConfirmShape::A => Coupons::Own { prefix: "PROOF".to_owned() },
            _ => Coupons::WeChatPay,
        },
    });
    let config = Config {
        listen: stage.shop,
        database: stage.folder.join("shop.db"),
        secret: SECRET.to_owned(),
        merchants: merchants.collect(),
        members: members(&stage.partners),
        think_ms: 0,
        forgetful,
    };
    json!(config).to_string()
}

/// The relay's file; its secrets are written beside it.
pub(super) fn relay(stage: &Stage, number: usize, database: &str, rates: Rates) -> Result<String, Error> {
    stage.write("seal.key", &"5e".repeat(32))?;
    stage.write("hook.secret", SECRET)?;
    stage.write("token", TOKEN)?;
    let mut text = format!(
        "[relay]\nlisten = \"{}\"\nstore = \"{database}\"\nseal_key = {{ file = \"seal.key\" }}\n\
         worker = \"relay {}\"\n",
        stage.relays[number],
        number + 1
    );
    if rates == Rates::Raised {
        // A fourth of what an operator has: a job that stood beside twelve kills in a row is dead, however innocent.
        text.push_str("concurrency = 16\n");
    }
    for partner in &stage.partners {
        text.push_str(&merchant(stage, partner)?);
        if rates == Rates::Raised {
            text.push_str(FAST);
        }
    }
    Ok(text)
}

fn merchant(stage: &Stage, partner: &Partner) -> Result<String, Error> {
    let Partner { name, mchid, brand, shape, .. } = partner;
    let known = stage.sandbox.credentials_of(mchid);
    let known =
        known.ok_or_else(|| Error::Unavailable(format!("the sandbox does not know the partner {mchid}")))?;
    for (file, secret) in [
        ("key.pem", &known.private_key_pem),
        ("platform.pem", &known.platform_public_key_pem),
        ("apiv3", &known.apiv3_key),
    ] {
        stage.write(&format!("{name}-{file}"), secret)?;
    }
    let mut text = format!(
        "\n[[merchant]]\nname = \"{name}\"\nmchid = \"{mchid}\"\nserial = \"{}\"\nplatform_key_id = \"{}\"\n\
         private_key = {{ file = \"{name}-key.pem\" }}\nplatform_public_key = {{ file = \"{name}-platform.pem\" }}\n\
         apiv3_key = {{ file = \"{name}-apiv3\" }}\nbase_url = \"{}\"\nbrands = [\"{brand}\"]\nconfirm_shape = \"{}\"\n",
        known.merchant_serial,
        known.platform_key_id,
        stage.wechat_pay(),
        if *shape == ConfirmShape::A { "A" } else { "B" },
    );
    if *mchid == A.mchid {
        // The mall and the till are this partner's.
        let _ = writeln!(text, "mchids = [\"{MALL}\"]\napi_token = {{ file = \"token\" }}");
    }
    let _ = write!(
        text,
        // Passages of named points are counted: the relay's own look for gaps would be one of them at every start.
        "\n[merchant.hook]\nurl = \"http://{}/hook\"\nsecret = {{ file = \"hook.secret\" }}\n\n\
         [merchant.make_good]\nevery = \"off\"\n\n",
        stage.shop
    );
    Ok(text)
}
