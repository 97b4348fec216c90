//! exchange-coupon/confirm in its two shapes: the decision written, the answer read.

use serde_json::{Value, json};

use super::Effect;
use super::named::{add_brand, operation};
use crate::hook::{Decision, Exchange, Settlement};
use crate::job::Lane;
use crate::merchant::{ConfirmShape, Merchant};

const SUCCESS: &str = "POINT_EXCHANGE_COUPON_SUCCESS";
const FAIL: &str = "POINT_EXCHANGE_COUPON_FAIL";
const ALLOW: &str = "POINT_EXCHANGE_COUPON_ALLOW";
const REJECT: &str = "POINT_EXCHANGE_COUPON_REJECT";
/// DOC: the limit of `reject_reason` and of `coupon_code`.
const MAX: usize = 32;

/// The effect of a decision. What would be refused is refused here, before anything is sent (L30).
pub(crate) fn confirm(
    merchant: &Merchant,
    exchange: &Exchange,
    decision: &Decision,
) -> Result<Effect, String> {
    let mut body = json!({
        "record_id": exchange.record_id,
        "exchange_coupon_template_id": exchange.exchange_coupon_template_id,
        "card_id": exchange.card_id,
        "openid": exchange.openid,
        "user_card_code": exchange.user_card_code,
    });
    add_brand(&mut body, merchant.scheme(), exchange.brand_id.as_deref());
    decide(&mut body, merchant.shape, decision)?;
    let id = operation(
        merchant.scheme(),
        "brand_card_member_user_points_exchange_coupon_confirm",
        "brand_partner_card_member_user_points_exchange_coupon_confirm",
    );
    Ok(Effect::of(id).body(body).lane(Lane::Confirm))
}

fn decide(body: &mut Value, shape: ConfirmShape, decision: &Decision) -> Result<(), String> {
    match (shape, decision) {
        (ConfirmShape::A, Decision::Allow { coupon_code: Some(code) }) => {
            within("coupon_code", code)?;
            body["state"] = json!(SUCCESS);
            body["coupon_code"] = json!(code);
        }
        (ConfirmShape::A, Decision::Allow { coupon_code: None }) => {
            return Err("confirm_shape A needs the `coupon_code` that you allotted with `allow`".to_owned());
        }
        (ConfirmShape::A, Decision::Reject { reason }) => {
            needed(reason)?;
            body["state"] = json!(FAIL);
            body["fail_reason"] = json!(reason);
        }
        (ConfirmShape::B, Decision::Allow { coupon_code: None }) => body["result"] = json!(ALLOW),
        (ConfirmShape::B, Decision::Allow { coupon_code: Some(_) }) => {
            return Err(
                "confirm_shape B has no `coupon_code` with `allow`: WeChat Pay issues the coupon".to_owned()
            );
        }
        (ConfirmShape::B, Decision::Reject { reason }) => {
            needed(reason)?;
            within("reason", reason)?;
            body["result"] = json!(REJECT);
            body["reject_reason"] = json!(reason);
        }
    }
    Ok(())
}

fn needed(reason: &str) -> Result<(), String> {
    if reason.trim().is_empty() { Err("`reason` is empty: a rejection needs one".to_owned()) } else { Ok(()) }
}

fn within(name: &str, text: &str) -> Result<(), String> {
    match text.chars().count() {
        0 => Err(format!("`{name}` is empty")),
        count if count > MAX => Err(format!("`{name}` has {count} characters, and {MAX} are allowed")),
        _ => Ok(()),
    }
}

/// What a verified 200 says about the exchange: in shape B it may be that nothing was issued (L01). The error says that it
/// says neither.
pub(crate) fn settlement(answer: &Value) -> Result<Settlement, String> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
    match answer.get("state").and_then(Value::as_str) {
        Some(SUCCESS) => Ok(Settlement::Issued { coupon_code: text("coupon_code") }),
        Some(FAIL) => {
            let reason = text("reject_reason").or_else(|| text("fail_reason"));
            Ok(Settlement::NotIssued {
                reason: reason.unwrap_or_else(|| "WeChat Pay gave no reason".to_owned()),
            })
        }
        Some(_) => Err("the answer's `state` is neither success nor failure".to_owned()),
        None => Err("the answer has no `state`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(shape: ConfirmShape, decision: &Decision) -> Result<Value, String> {
        let mut body = json!({});
        decide(&mut body, shape, decision).map(|()| body)
    }

    fn allow(code: Option<&str>) -> Decision {
        Decision::Allow { coupon_code: code.map(str::to_owned) }
    }

    #[test]
    fn each_shape_has_its_members_and_no_other() {
        let reject = Decision::Reject { reason: "积分不足".to_owned() };
        assert_eq!(
            written(ConfirmShape::A, &allow(Some("K1"))),
            Ok(json!({ "state": SUCCESS, "coupon_code": "K1" }))
        );
        assert_eq!(
            written(ConfirmShape::A, &reject),
            Ok(json!({ "state": FAIL, "fail_reason": "积分不足" }))
        );
        assert_eq!(written(ConfirmShape::B, &allow(None)), Ok(json!({ "result": ALLOW })));
        assert_eq!(
            written(ConfirmShape::B, &reject),
            Ok(json!({ "result": REJECT, "reject_reason": "积分不足" }))
        );
    }

    #[test]
    fn l30_a_decision_without_what_belongs_to_it_is_refused_here() {
        assert!(written(ConfirmShape::A, &allow(None)).unwrap_err().contains("coupon_code"));
        assert!(written(ConfirmShape::A, &allow(Some(""))).is_err());
        assert!(written(ConfirmShape::B, &allow(Some("K1"))).unwrap_err().contains("confirm_shape B"));
        for shape in [ConfirmShape::A, ConfirmShape::B] {
            assert!(written(shape, &Decision::Reject { reason: " ".to_owned() }).is_err());
        }
        let long = Decision::Reject { reason: "长".repeat(33) };
        assert!(written(ConfirmShape::B, &long).unwrap_err().contains("33"));
    }
}
