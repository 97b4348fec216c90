//! What operations about a brand have in common: they exist for partners, with `brand_id` in path, query or body, and
//! for the brand itself, which then is the one that signed.

use crate::call::Call;
use crate::protocol::authorization::Scheme;
use crate::refusal::Refusal;
use crate::state::State;

/// The brand that a call is about: the one that signed, or the one that the partner names.
pub(super) fn brand<'a>(call: &'a Call<'_>) -> &'a str {
    match call.caller.scheme {
        Scheme::Brand => &call.caller.id,
        Scheme::Merchant => named(call, "brand_id").unwrap_or_default(),
    }
}

/// A name that stands in the path, the query or the body, as the operation has it.
pub(super) fn named<'a>(call: &'a Call<'_>, name: &str) -> Option<&'a str> {
    let path = Some(call.path(name)).filter(|value| !value.is_empty());
    path.or_else(|| call.query(name)).or_else(|| call.text(name))
}

/// The mchid of the partner that calls; none when the brand does.
pub(super) fn partner(call: &Call<'_>) -> Option<String> {
    (call.caller.scheme == Scheme::Merchant).then(|| call.caller.id.clone())
}

/// Lets the brand itself pass, and a partner that it authorised.
pub(super) fn permitted(state: &State, call: &Call<'_>) -> Result<(), Refusal> {
    let brand = brand(call);
    if brand.is_empty() {
        return Err(Refusal::member("/brand_id", "required, but missing"));
    }
    let permitted = match call.caller.scheme {
        Scheme::Brand => true,
        Scheme::Merchant => {
            let merchant = state.world.merchant(&call.caller.id);
            merchant.is_some_and(|merchant| merchant.brands.iter().any(|known| known == brand))
        }
    };
    if permitted { Ok(()) } else { Err(Refusal::no_auth("品牌未授权该服务商")) }
}
