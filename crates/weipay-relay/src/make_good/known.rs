//! What the merchant knows of, to be looked for.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Check;
use crate::hook::Payment;
use crate::merchant::Merchant;

/// Something that the merchant knows of from elsewhere: its tills, its ledger, a member who complains.
///
/// `Debug` shows what kind it is and nothing else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "known", rename_all = "snake_case")]
pub enum Known {
    /// A payment in the mall, with the members of its notification: gap `payment`. Say `time_end` where you know it.
    Payment(Payment),
    /// A member of the mall's points service: gaps `authorisation` and, where the brand is known, `points`.
    Member {
        /// The member, under the appid.
        openid: String,
        /// The mini program in which the member gave the authorisation.
        appid: String,
        /// The mall, where the merchant acts for several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mchid: Option<String>,
        /// The mall's brand; the merchant's only one if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        brand_id: Option<String>,
    },
    /// Somebody with cards of a brand: gap `card`.
    Cards {
        /// Who.
        openid: String,
        /// Whose cards; the merchant's only brand if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        brand_id: Option<String>,
    },
    /// Somebody with product coupons: gap `product-coupon`.
    ProductCoupons {
        /// Who.
        openid: String,
        /// Whose coupons; the merchant's only brand if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        brand_id: Option<String>,
        /// The appid of the openid; the merchant's if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        appid: Option<String>,
    },
    /// A merchant coupon: gap `coupon`.
    Coupon {
        /// The coupon.
        coupon_code: String,
        /// Whose it is.
        openid: String,
        /// The appid of the openid.
        appid: String,
        /// The number under which you used it; none if you did not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        use_request_no: Option<String>,
    },
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Payment(_) => "Payment(…)",
            Self::Member { .. } => "Member(…)",
            Self::Cards { .. } => "Cards(…)",
            Self::ProductCoupons { .. } => "ProductCoupons(…)",
            Self::Coupon { .. } => "Coupon(…)",
        })
    }
}

impl Known {
    /// A JSON list of such things. The error names member and line, and quotes no value.
    pub fn list(text: &str) -> Result<Vec<Self>, String> {
        crate::json::read(text.as_bytes())
    }
}

/// What has to be asked about it. The error names the member that is wrong, without a value.
pub(crate) fn checks(known: &Known, merchant: &Merchant) -> Result<Vec<Check>, String> {
    Ok(match known {
        Known::Payment(payment) => {
            mall(payment.mchid.as_ref(), merchant)?;
            vec![Check::Payment(payment.clone())]
        }
        Known::Member { openid, appid, mchid, brand_id } => {
            let (mchid, openid, appid) = (mall(mchid.as_ref(), merchant)?, openid.clone(), appid.clone());
            let points = brand(brand_id.as_ref(), merchant)?.map(|brand_id| Check::Points {
                mchid: mchid.clone(),
                brand_id,
                appid: appid.clone(),
                openid: openid.clone(),
            });
            let authorisation = Check::Authorisation { mchid, appid, openid };
            std::iter::once(authorisation).chain(points).collect()
        }
        Known::Cards { openid, brand_id } => {
            vec![Check::Cards {
                brand_id: needed(brand_id.as_ref(), merchant)?,
                openid: openid.clone(),
                page: 0,
            }]
        }
        Known::ProductCoupons { openid, brand_id, appid } => {
            let appid = appid.clone().or_else(|| merchant.appid.clone());
            vec![Check::ProductCoupons {
                brand_id: needed(brand_id.as_ref(), merchant)?,
                appid: appid.ok_or("`appid` is missing, and the merchant has none configured")?,
                openid: openid.clone(),
                token: None,
            }]
        }
        Known::Coupon { coupon_code, openid, appid, use_request_no } => vec![Check::Coupon {
            coupon_code: coupon_code.clone(),
            openid: openid.clone(),
            appid: appid.clone(),
            use_request_no: use_request_no.clone(),
        }],
    })
}

/// The name under which a list is found again stands in keys.
pub(crate) fn usable(key: &str) -> Result<(), &'static str> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    match key.len() {
        1..=64 if key.bytes().all(fits) => Ok(()),
        _ => Err("`key` has 1 to 64 letters, digits, or - _ . :"),
    }
}

fn mall(mchid: Option<&String>, merchant: &Merchant) -> Result<Option<String>, String> {
    match mchid {
        Some(mchid) if !merchant.mchids.contains(mchid) => {
            Err("`mchid` is not configured for this merchant".to_owned())
        }
        mchid => Ok(mchid.cloned()),
    }
}

/// The brand that is meant, also without a name where there is only one.
fn brand(brand_id: Option<&String>, merchant: &Merchant) -> Result<Option<String>, String> {
    match brand_id {
        Some(brand) if !merchant.brands.contains(brand) => {
            Err("`brand_id` is not configured for this merchant".to_owned())
        }
        Some(brand) => Ok(Some(brand.clone())),
        None if merchant.brands.len() == 1 => Ok(merchant.brands.first().cloned()),
        None => Ok(None),
    }
}

fn needed(brand_id: Option<&String>, merchant: &Merchant) -> Result<String, String> {
    brand(brand_id, merchant)?
        .ok_or_else(|| "`brand_id` is missing, and the merchant has not just one".to_owned())
}
