//! What users do in the `WeChat` app, and merchants and the platform on their own pages: the deeds that no API has. One file
//! per family: the handle's methods, and one table, `ACTS`, by whose names the control plane does the same.

mod act;
mod brand_cards;
mod coupons;
mod mall;
mod member_cards;
mod payments;
mod product_coupons;

pub(crate) use act::{Act, Said};

/// Every deed, family by family.
pub(crate) fn acts() -> impl Iterator<Item = &'static Act> {
    [brand_cards::ACTS, mall::ACTS, payments::ACTS, coupons::ACTS, product_coupons::ACTS, member_cards::ACTS]
        .into_iter()
        .flatten()
}
