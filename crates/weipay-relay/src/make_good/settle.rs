//! Effects that a query settles for certain, and how its answer is read.
//!
//! How to ask stands in the catalogue (`x-query`); here stands which answers prove something. What is not in this table
//! stays parked: a balance or a number of points says how much there is, never by which request.

use serde_json::Value;
use weipay::catalog::ops;

use super::check::Question;
use crate::effect::Request;
use crate::store::Fact;

/// What an answer proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// The request's number stands there: it is ours. `undone` is where the number of its undoing stands: with one, or
    /// in any state but `other`, another number proves nothing.
    Number { at: &'static str, undone: &'static str, other: &'static [&'static str] },
    /// The state that the request leads to, where the body has this member with this value.
    State { at: &'static str, is: &'static str, body: Option<(&'static str, &'static str)> },
    /// The query is by the request's own number, so what it finds is ours.
    Found,
}

struct Row {
    operation: &'static str,
    proof: Proof,
}

const fn row(operation: &'static str, proof: Proof) -> Row {
    Row { operation, proof }
}

const fn number(at: &'static str) -> Proof {
    Proof::Number { at, undone: "", other: &[] }
}

const OPENED: Proof = Proof::State {
    at: "/user_card_state",
    is: "EFFECTIVE",
    body: Some(("user_card_confirm_state", "CREATE_CARD_SUCCESS")),
};
const ENDED: Proof = Proof::State { at: "/user_card_state", is: "INVALID", body: None };

/// A coupon that was used under another number, or can never be used again, was not used under ours.
const OVER: &[&str] = &["USED", "EXPIRED", "DELETED", "DEACTIVATED"];

const ROWS: &[Row] = &[
    row(
        "marketing_busifavor_coupons_use",
        Proof::Number { at: "/use_request_no", undone: "/return_request_no", other: OVER },
    ),
    row(
        "marketing_partner_product_coupon_users_coupons_use",
        Proof::Number {
            at: "/single_usage_detail/use_request_no",
            undone: "/single_usage_detail/return_request_no",
            other: OVER,
        },
    ),
    row(
        "marketing_partner_product_coupon_users_coupons_return",
        number("/single_usage_detail/return_request_no"),
    ),
    row("marketing_partner_product_coupon_users_coupons_deactivate", number("/deactivate_request_no")),
    row("marketing_partner_product_coupon_users_coupons_confirm", number("/confirm_request_no")),
    row("brand_partner_card_member_user_cards_confirm", OPENED),
    row("brand_card_member_user_cards_confirm", OPENED),
    row("brand_partner_card_member_user_cards_invalidate", ENDED),
    row("brand_card_member_user_cards_invalidate", ENDED),
    row("refund_domestic_refunds_create", Proof::Found),
];

/// The queries of the rows.
pub(super) const QUERIES: &[&str] = &[
    "marketing_busifavor_users_coupons_appids_get_by_appid",
    "marketing_partner_product_coupon_users_coupons_get_by_coupon_code",
    "brand_partner_card_member_user_cards_get_by_user_card_code",
    "brand_card_member_user_cards_get_by_user_card_code",
    "refund_domestic_refunds_get_by_out_refund_no",
];

/// The query that tells what became of a request. The error says why there is none, without a value.
pub(super) fn question(request: &Request) -> Result<Question, String> {
    let id = &request.operation;
    let none = || format!("no query tells for certain whether {id} happened");
    if !ROWS.iter().any(|row| row.operation == id) {
        return Err(none());
    }
    let fact = ops::operation(id).and_then(|operation| operation.query).ok_or_else(none)?;
    let template = ops::operation(fact.operation).map_or("", |operation| operation.template);
    let body = body(request);
    let (mut path, mut query) = (Vec::new(), Vec::new());
    for (name, place) in fact.bind {
        let in_path = template.contains(&format!("{{{name}}}"));
        match bound(request, &body, place) {
            Some(value) if in_path => path.push((*name, value)),
            Some(value) => query.push((*name, value)),
            None if in_path => {
                return Err(format!("the query needs {place}, which the request does not have"));
            }
            // What a request of its mode does not have, such as sub_mchid, its query does not need.
            None => {}
        }
    }
    Question::of(fact.operation, path, query)
}

/// What the answer proves about the request, and in which words; none where it proves nothing.
pub(super) fn proof(request: &Request, answer: &Value) -> (Option<Fact>, String) {
    let Some(row) = ROWS.iter().find(|row| row.operation == request.operation) else {
        return (None, "no query tells for certain".to_owned());
    };
    let text = |at: &str| answer.pointer(at).and_then(Value::as_str).filter(|text| !text.is_empty());
    let state = text("/coupon_state").or_else(|| text("/user_card_state"));
    let state: String = state.unwrap_or("no state").chars().take(32).collect();
    match row.proof {
        Proof::Found => (Some(Fact::Happened), "WeChat Pay has it under the request's number".to_owned()),
        Proof::Number { at, undone, other } => match (text(at), request.number.as_deref()) {
            (Some(there), Some(ours)) if there == ours => {
                (Some(Fact::Happened), format!("WeChat Pay has it under the request's number: {state}"))
            }
            (there, Some(_)) if other.contains(&state.as_str()) && text(undone).is_none() => {
                let whose = if there.is_some() { "under another number" } else { "and was never used" };
                // Without a number a used coupon says nothing.
                let certain = there.is_some() || state != "USED";
                (certain.then_some(Fact::NotHappened), format!("the coupon is {state} {whose}"))
            }
            _ => (None, format!("the coupon is {state}, which proves nothing about this request")),
        },
        Proof::State { at, is, body } => {
            let asked = self::body(request);
            let fits =
                body.is_none_or(|(name, value)| asked.get(name).and_then(Value::as_str) == Some(value));
            match text(at) {
                Some(there) if there == is && fits => (Some(Fact::Happened), format!("the card is {there}")),
                _ => (None, format!("the card is {state}, which proves nothing about this request")),
            }
        }
    }
}

fn body(request: &Request) -> Value {
    request.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default()
}

/// The value at a place of `x-query`.
fn bound(request: &Request, body: &Value, place: &str) -> Option<String> {
    if let Some(literal) = place.strip_prefix('=') {
        return Some(literal.to_owned());
    }
    let of = |pairs: &[(String, String)], name: &str| {
        pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    let (part, name) = place.split_once('.')?;
    let value = match part {
        "path" => of(&request.path, name),
        "query" => of(&request.query, name),
        _ => match body.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        },
    };
    value.filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::effect::Subject;

    #[test]
    fn every_row_is_an_operation_with_a_query_and_every_query_is_named() {
        let mut named = BTreeSet::new();
        for row in ROWS {
            let operation = ops::operation(row.operation).unwrap_or_else(|| panic!("{}", row.operation));
            let query = operation.query.unwrap_or_else(|| panic!("{} has no x-query", row.operation));
            assert!(ops::operation(query.operation).is_some(), "{}", query.operation);
            named.insert(query.operation);
        }
        assert_eq!(named, QUERIES.iter().copied().collect());
    }

    fn request(operation: &str, body: &Value) -> Request {
        Request {
            operation: operation.to_owned(),
            path: vec![("openid".to_owned(), "o1".to_owned()), ("coupon_code".to_owned(), "K1".to_owned())],
            query: Vec::new(),
            body: Some(body.to_string()),
            number: Some("N1".to_owned()),
            subject: Subject::Other,
        }
    }

    #[test]
    fn l11_a_coupon_says_whether_it_was_used_under_our_number_and_nothing_else_is_guessed() {
        use Fact::{Happened, NotHappened};
        let request = request("marketing_busifavor_coupons_use", &json!({}));
        let rows = [
            (json!({ "coupon_state": "USED", "use_request_no": "N1" }), Some(Happened)),
            // Used, and returned since: it happened.
            (
                json!({ "coupon_state": "SENDED", "use_request_no": "N1", "return_request_no": "R1" }),
                Some(Happened),
            ),
            (json!({ "coupon_state": "USED", "use_request_no": "N2" }), Some(NotHappened)),
            (json!({ "coupon_state": "USED", "use_request_no": "N2", "return_request_no": "R1" }), None),
            (json!({ "coupon_state": "USED" }), None),
            (json!({ "coupon_state": "DELETED" }), Some(NotHappened)),
            (json!({ "coupon_state": "EXPIRED" }), Some(NotHappened)),
            (json!({ "coupon_state": "EXPIRED", "return_request_no": "R1" }), None),
            (json!({ "coupon_state": "SENDED" }), None),
            (json!({ "coupon_state": "REDEEM_CONFIRMING" }), None),
            (json!({}), None),
        ];
        for (answer, fact) in rows {
            assert_eq!(proof(&request, &answer).0, fact, "{answer}");
        }
    }

    #[test]
    fn l08_an_open_card_proves_its_opening_and_not_its_refusal() {
        let operation = "brand_partner_card_member_user_cards_confirm";
        let opened = request(operation, &json!({ "user_card_confirm_state": "CREATE_CARD_SUCCESS" }));
        let refused = request(operation, &json!({ "user_card_confirm_state": "CREATE_CARD_FAIL" }));
        let effective = json!({ "user_card_state": "EFFECTIVE" });
        assert_eq!(proof(&opened, &effective).0, Some(Fact::Happened));
        assert_eq!(proof(&refused, &effective).0, None);
        assert_eq!(proof(&opened, &json!({ "user_card_state": "UNACTIVATED" })).0, None);
    }

    #[test]
    fn a_request_without_what_the_query_needs_is_not_asked_about() {
        let without =
            request("marketing_busifavor_coupons_use", &json!({ "coupon_code": "K1", "appid": "wx1" }));
        assert!(question(&without).unwrap_err().contains("body.openid"));
        let with = json!({ "coupon_code": "K1", "appid": "wx1", "openid": "o1" });
        assert_eq!(question(&request("marketing_busifavor_coupons_use", &with)).unwrap().path.len(), 3);
        assert!(question(&request("brand_partner_card_member_user_points_sync", &with)).is_err());
    }
}
