//! Product coupons: what the coupons of their stocks have in common.

use serde_json::{Map, Value, json};

use super::coupon::show_deactivation;
use super::{number, stock};
use crate::call::{Answer, Call};
use crate::refusal::Refusal;
use crate::rules::brand::{brand, named, permitted};
use crate::state::State;
use crate::world::{
    Deactivation, ProductCoupon, ProductCouponStatus, ProductCouponStockState, UserProductCoupon,
};

/// Members that are shown as they were sent.
const SHOWN: [&str; 6] =
    ["scope", "type", "usage_mode", "single_usage_info", "display_info", "out_product_no"];

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let number = number(state, call, "out_request_no")?;
    if let Some(answer) = state.replies.repeated(call, number)? {
        return Ok(answer);
    }
    if call.required("usage_mode") != "SINGLE" {
        let message =
            "the sandbox has no rules for coupons of several uses; only usage_mode SINGLE is answered";
        return Err(Refusal::new(501, "NOT_IMPLEMENTED", message).by_schema());
    }
    let product = ProductCoupon {
        product_coupon_id: String::new(),
        brand_id: brand(call).to_owned(),
        state: ProductCouponStatus::Effective,
        display: pick(&call.body, &SHOWN),
        deactivated: None,
    };
    let mut first = stock::parse(call, &call.body["stock"])?;
    let product = ProductCoupon { product_coupon_id: state.ids.product_coupon(), ..product };
    first.product_coupon_id = product.product_coupon_id.clone();
    first.stock_id = state.ids.product_coupon();
    let mut shown = show(&product);
    shown["stock"] = stock::show(state, &first);
    let answer = Answer::ok(shown);
    state.took_effect(call, "created", product.product_coupon_id.clone());
    state.world.product_coupon.products.push(product);
    state.world.product_coupon.stocks.push(first);
    state.replies.keep(call, number, &answer);
    Ok(answer)
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    permitted(state, call)?;
    let at = find(state, call)?;
    Ok(Answer::ok(show(&state.world.product_coupon.products[at])))
}

pub(super) fn update(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    change(state, call, "updated", |product| {
        product.display.insert("display_info".to_owned(), call.body["display_info"].clone());
    })
}

pub(super) fn deactivate(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let deactivation = deactivation(call);
    let answer = change(state, call, "deactivated", |product| {
        product.state = ProductCouponStatus::Deactivated;
        product.deactivated = Some(deactivation.clone());
    })?;
    let stocks = state.world.product_coupon.stocks.iter_mut();
    for stock in stocks.filter(|stock| stock.product_coupon_id == call.path("product_coupon_id")) {
        if stock.state != ProductCouponStockState::Deactivated {
            stock.state = ProductCouponStockState::Deactivated;
            stock.deactivated = Some(deactivation.clone());
        }
    }
    Ok(answer)
}

/// Changes an effective product coupon under a request number.
fn change(
    state: &mut State,
    call: &Call<'_>,
    what: &'static str,
    change: impl FnOnce(&mut ProductCoupon),
) -> Result<Answer, Refusal> {
    let number = number(state, call, "out_request_no")?;
    let at = find(state, call)?;
    let key = format!("{}/{number}", call.path("product_coupon_id"));
    if let Some(answer) = state.replies.repeated(call, &key)? {
        return Ok(answer);
    }
    let product = &mut state.world.product_coupon.products[at];
    if product.state == ProductCouponStatus::Deactivated {
        return Err(Refusal::invalid("商品券已失效"));
    }
    change(product);
    let (answer, name) = (Answer::ok(show(product)), product.product_coupon_id.clone());
    state.replies.keep(call, &key, &answer);
    state.took_effect(call, what, name);
    Ok(answer)
}

/// The product coupon that a call names.
pub(super) fn find(state: &State, call: &Call<'_>) -> Result<usize, Refusal> {
    let at = state.world.product_coupon.products.iter().position(|product| {
        Some(product.product_coupon_id.as_str()) == named(call, "product_coupon_id")
            && product.brand_id == brand(call)
    });
    at.ok_or_else(|| Refusal::not_found("商品券不存在"))
}

/// The product coupon of a user's coupon, as it is shown beside it.
pub(super) fn of(state: &State, coupon: &UserProductCoupon) -> Value {
    let mut products = state.world.product_coupon.products.iter();
    products
        .find(|product| product.product_coupon_id == coupon.product_coupon_id)
        .map_or_else(|| json!({}), show)
}

/// What a product coupon of a world is shown as that says nothing of itself.
fn show(product: &ProductCoupon) -> Value {
    let mut shown = json!({
        "scope": "ALL",
        "type": "NORMAL",
        "usage_mode": "SINGLE",
        "display_info": {
            "name": "商品券",
            "image_url": "https://wxpaylogo.qpic.cn/wxpaylogo/xxxxx/xxx",
            "background_url": "https://wxpaylogo.qpic.cn/wxpaylogo/xxxxx/xxx",
        },
    });
    for (name, value) in &product.display {
        shown[name] = value.clone();
    }
    shown["product_coupon_id"] = json!(product.product_coupon_id);
    shown["brand_id"] = json!(product.brand_id);
    shown["state"] = json!(match product.state {
        ProductCouponStatus::Auditing => "AUDITING",
        ProductCouponStatus::Effective => "EFFECTIVE",
        ProductCouponStatus::Deactivated => "DEACTIVATED",
    });
    show_deactivation(&mut shown, product.deactivated.as_ref());
    shown
}

/// How the caller ends something.
pub(super) fn deactivation(call: &Call<'_>) -> Deactivation {
    Deactivation {
        request_no: call.required("out_request_no").to_owned(),
        time: call.now,
        reason: call.required("deactivate_reason").to_owned(),
    }
}

/// Some members of an object, as far as it has them.
pub(super) fn pick(object: &Value, names: &[&str]) -> Map<String, Value> {
    let found = names.iter().filter_map(|name| Some(((*name).to_owned(), object.get(name)?.clone())));
    found.collect()
}
