//! What users do in the app, and merchants on their platform's pages: the handle's methods that no API has.

mod coupons;
mod member_cards;
