//! What an answer means for what was checked. Pure: it looks at nothing but the answer.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::check::{Check, PAGE};
use super::settle;
use crate::effect::Request;
use crate::hook::Payment;
use crate::store::Fact;

/// What an answer means.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// Here is everything that there should be.
    Nothing(String),
    /// These events were missed, if their jobs are not here; and where there may be more.
    Missed(Vec<(&'static str, Value)>, Option<Check>),
    /// The effect happened, or did not.
    Proven(Fact, String),
    /// A person has to look.
    LookAt(String),
    /// To be asked again before anything is made of it.
    NotYet(String),
    /// The answer does not tell.
    Unclear(String),
}

/// Members of the answer that the result keeps.
const KEPT: &[&str] = &[
    "authorize_state",
    "authorize_time",
    "deauthorize_time",
    "points_commit_status",
    "coupon_state",
    "use_request_no",
    "return_request_no",
];

/// What the result keeps of an answer: states, times and numbers, never a person.
pub(super) fn kept(answer: &Value) -> Map<String, Value> {
    let member = |name: &&str| Some(((*name).to_owned(), answer.get(*name)?.clone()));
    KEPT.iter().filter_map(member).collect()
}

/// `made_by` is the key of the check: what is made good says so.
pub(super) fn judge(check: &Check, answer: &Value, effect: Option<&Request>, made_by: &str) -> Found {
    match check {
        Check::Payment(payment) => paid(payment, answer, made_by),
        Check::Authorisation { .. } => match text(answer, "authorize_state") {
            Some(state) => Found::Nothing(format!("the member is {state}")),
            None => Found::Unclear("the answer has no authorize_state".to_owned()),
        },
        Check::Points { .. } => match text(answer, "points_commit_status").as_deref() {
            Some("FINISHED") => Found::Nothing("no payment of the member waits for its points".to_owned()),
            Some("PENDING") => Found::NotYet("points that the member asked for are pending".to_owned()),
            _ => Found::Unclear("the answer has no points_commit_status".to_owned()),
        },
        Check::Cards { brand_id, openid, page } => cards(brand_id, openid, *page, answer, made_by),
        Check::ProductCoupons { .. } => product_coupons(check, answer, made_by),
        Check::Coupon { use_request_no, .. } => coupon(use_request_no.as_deref(), answer),
        Check::Effect { .. } => match effect.map(|request| settle::proof(request, answer)) {
            Some((Some(fact), why)) => Found::Proven(fact, why),
            Some((None, why)) => Found::Unclear(why),
            None => Found::Unclear("the effect's request is gone".to_owned()),
        },
    }
}

fn paid(payment: &Payment, answer: &Value, made_by: &str) -> Found {
    let time = |text: Option<String>| text.and_then(|text| text.parse::<Timestamp>().ok());
    let paid = time(payment.others.get("time_end").and_then(Value::as_str).map(str::to_owned));
    let after = |name: &str| time(text(answer, name)).zip(paid).is_some_and(|(moment, paid)| moment > paid);
    match text(answer, "authorize_state").as_deref() {
        Some("AUTHORIZED") if after("authorize_time") => {
            Found::Nothing("it was paid before the member joined: no notification is due".to_owned())
        }
        Some("AUTHORIZED") => {
            let resource = serde_json::to_value(payment).unwrap_or_default();
            Found::Missed(vec![("MALL_TRANSACTION.SUCCESS", made(resource, made_by))], None)
        }
        Some("DEAUTHORIZED") if after("deauthorize_time") => Found::Unclear(
            "the member left after the payment: its points are between you and the member".to_owned(),
        ),
        Some(state @ ("UNAUTHORIZED" | "DEAUTHORIZED")) => {
            Found::Nothing(format!("the member is {state}: no notification is due"))
        }
        _ => Found::Unclear("the answer has no authorize_state that is known here".to_owned()),
    }
}

fn cards(brand_id: &str, openid: &str, page: u32, answer: &Value, made_by: &str) -> Found {
    let list = list(answer, "data");
    let missed = list.iter().filter_map(|card| {
        let event = match text(card, "user_card_state").as_deref() {
            Some("UNACTIVATED") => "BRAND_MEMBER_CARD_SP.USER_CARD.CREATE",
            Some("INVALID") => "BRAND_MEMBER_CARD_SP.USER_CARD.DELETE",
            _ => return None,
        };
        let mut resource = made(card.clone(), made_by);
        resource["brand_id"] = json!(brand_id);
        resource["openid"] = json!(openid);
        Some((event, resource))
    });
    let (brand_id, openid, page) = (brand_id.to_owned(), openid.to_owned(), page + 1);
    let more = (list.len() >= PAGE).then_some(Check::Cards { brand_id, openid, page });
    all_or_nothing(missed.collect(), more, "no card of the member waits, or has ended")
}

fn product_coupons(check: &Check, answer: &Value, made_by: &str) -> Found {
    let Check::ProductCoupons { brand_id, appid, openid, token: _ } = check else {
        return Found::Unclear("no product coupons were asked for".to_owned());
    };
    let list = list(answer, "user_coupon_list");
    let missed = list.iter().filter(|coupon| text(coupon, "coupon_state").as_deref() == Some("CONFIRMING"));
    let missed = missed.map(|coupon| {
        let of = |at: &str| coupon.pointer(at).cloned().unwrap_or_default();
        let resource = json!({
            "coupon_code": of("/coupon_code"),
            "brand_id": brand_id,
            "product_coupon_id": of("/stock/product_coupon_id"),
            "stock_id": of("/stock/stock_id"),
            "openid": openid,
            "appid": appid,
        });
        ("PRODUCT_COUPON_SP.SEND", made(resource, made_by))
    });
    let more = text(answer, "next_page_token").map(|token| Check::ProductCoupons {
        brand_id: brand_id.clone(),
        appid: appid.clone(),
        openid: openid.clone(),
        token: Some(token),
    });
    all_or_nothing(missed.collect(), more, "no product coupon of the member waits for its confirmation")
}

fn all_or_nothing(missed: Vec<(&'static str, Value)>, more: Option<Check>, nothing: &str) -> Found {
    match missed.is_empty() && more.is_none() {
        true => Found::Nothing(nothing.to_owned()),
        false => Found::Missed(missed, more),
    }
}

fn coupon(ours: Option<&str>, answer: &Value) -> Found {
    let Some(state) = text(answer, "coupon_state") else {
        return Found::Unclear("the answer has no coupon_state".to_owned());
    };
    match (ours, text(answer, "use_request_no").filter(|_| state == "USED")) {
        (Some(ours), Some(there)) if ours == there => {
            Found::Nothing("the coupon was used under your number".to_owned())
        }
        (Some(_), _) => Found::LookAt(format!("the coupon is {state}, and not used under your number")),
        (None, None) if state != "USED" => Found::Nothing(format!("the coupon is {state}")),
        (None, _) => {
            Found::LookAt("the coupon was used elsewhere, under a number that is not yours".to_owned())
        }
    }
}

/// What is made good says so to the hook and in the timeline.
fn made(mut resource: Value, made_by: &str) -> Value {
    if let Some(members) = resource.as_object_mut() {
        members.insert("made_good".to_owned(), json!(made_by));
    }
    resource
}

fn text(value: &Value, name: &str) -> Option<String> {
    let text = value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.map(|text| text.chars().take(512).collect())
}

fn list<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payment(time_end: &str) -> Check {
        let members = json!({
            "transaction_id": "42", "appid": "wx1", "openid": "o1", "amount": 100, "time_end": time_end,
        });
        Check::Payment(serde_json::from_value(members).unwrap())
    }

    #[test]
    fn n05_a_payment_is_made_good_only_where_its_notification_was_due() {
        let (joined, left) = ("2026-01-02T00:00:00+08:00", "2026-01-04T00:00:00+08:00");
        let rows = [
            (
                json!({ "authorize_state": "AUTHORIZED", "authorize_time": joined }),
                "2026-01-03T00:00:00+08:00",
                "missed",
            ),
            (
                json!({ "authorize_state": "AUTHORIZED", "authorize_time": joined }),
                "2026-01-01T00:00:00+08:00",
                "nothing",
            ),
            (json!({ "authorize_state": "AUTHORIZED" }), "unreadable", "missed"),
            (json!({ "authorize_state": "UNAUTHORIZED" }), "2026-01-03T00:00:00+08:00", "nothing"),
            (
                json!({ "authorize_state": "DEAUTHORIZED", "deauthorize_time": left }),
                "2026-01-03T00:00:00+08:00",
                "unclear",
            ),
            (
                json!({ "authorize_state": "DEAUTHORIZED", "deauthorize_time": left }),
                "2026-01-05T00:00:00+08:00",
                "nothing",
            ),
            (json!({ "authorize_state": "SOMETHING_NEW" }), "2026-01-03T00:00:00+08:00", "unclear"),
            (json!(null), "2026-01-03T00:00:00+08:00", "unclear"),
        ];
        for (answer, time, expected) in rows {
            let found = match judge(&payment(time), &answer, None, "known/k/0/payment") {
                Found::Missed(events, None) => {
                    assert_eq!(events[0].1["made_good"], "known/k/0/payment");
                    "missed"
                }
                Found::Nothing(_) => "nothing",
                Found::Unclear(_) => "unclear",
                other => panic!("{other:?}"),
            };
            assert_eq!(found, expected, "{answer}, paid {time}");
        }
    }

    #[test]
    fn l22_a_commit_status_without_a_body_tells_nothing() {
        let check = Check::Points {
            mchid: None,
            brand_id: "1004".to_owned(),
            appid: "wx1".to_owned(),
            openid: "o1".to_owned(),
        };
        let found = |answer: Value| judge(&check, &answer, None, "k");
        assert!(matches!(found(json!(null)), Found::Unclear(_)));
        assert!(matches!(found(json!({ "points_commit_status": "FINISHED" })), Found::Nothing(_)));
        assert!(matches!(found(json!({ "points_commit_status": "PENDING" })), Found::NotYet(_)));
    }

    #[test]
    fn l10_a_coupon_is_looked_at_where_it_is_not_as_the_merchant_thinks() {
        let found = |ours: Option<&str>, state: &str, number: Option<&str>| {
            coupon(ours, &json!({ "coupon_state": state, "use_request_no": number }))
        };
        assert!(matches!(found(Some("N1"), "USED", Some("N1")), Found::Nothing(_)));
        assert!(matches!(found(Some("N1"), "USED", Some("N2")), Found::LookAt(_)));
        assert!(matches!(found(Some("N1"), "SENDED", None), Found::LookAt(_)));
        assert!(matches!(found(Some("N1"), "DELETED", None), Found::LookAt(_)));
        assert!(matches!(found(None, "USED", Some("N2")), Found::LookAt(_)));
        assert!(matches!(found(None, "USED", None), Found::LookAt(_)));
        assert!(matches!(found(None, "DELETED", None), Found::Nothing(_)));
        assert!(matches!(found(None, "SENDED", Some("N0")), Found::Nothing(_)));
    }
}
