//! Words that the catalogue has as values.

use weipay_catalog::ops::{Period, Role};

/// Every role as the catalogue spells it, with its official title.
pub(crate) const ROLES: [(Role, &str); 9] = [
    (Role::Merchant, "直连商户"),
    (Role::Partner, "普通服务商"),
    (Role::EcommercePlatform, "电商平台"),
    (Role::PlatformMerchant, "平台商户"),
    (Role::ChannelPartner, "渠道商"),
    (Role::Institution, "机构"),
    (Role::PaymentInstitution, "支付机构"),
    (Role::BankInstitution, "银行机构"),
    (Role::Brand, "品牌商户"),
];

/// The official title of a role.
pub(super) fn role_title(role: &str) -> &'static str {
    ROLES.iter().find(|(known, _)| known.as_str() == role).map_or("", |(_, title)| title)
}

pub(super) fn period(period: Period) -> &'static str {
    match period {
        Period::Second => "second",
        Period::Minute => "minute",
        Period::Hour => "hour",
        Period::Day => "day",
        _ => "period",
    }
}
