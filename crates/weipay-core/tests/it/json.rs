//! Answers are read generously and never invented; requests are written exactly.

use serde::de::MapAccess;
use serde::{Serialize, Serializer};
use serde_json::json;
use weipay_core::json::{Field, Object, ObjectWriter, optional, required};
use weipay_core::{Call, Decode, Error, Outcome, Time, json_object, json_text};

use crate::support::{Play, coupons_use, signed};

json_text! {
    /// A state.
    pub enum State {
        /// Good.
        Success = "SUCCESS",
        /// Bad.
        Fail = "FAIL",
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Line {
    name: String,
    amount: Option<i64>,
}

impl Object for Line {
    const FIELDS: &'static [Field] = &[Field::required("name"), Field::optional("amount")];

    fn set<'de, A: MapAccess<'de>>(&mut self, index: usize, map: &mut A) -> Result<bool, A::Error> {
        match index {
            0 => required(&mut self.name, map),
            _ => optional(&mut self.amount, map),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Order {
    state: Option<State>,
    count: Option<u64>,
    paid: Option<bool>,
    rate: Option<f64>,
    at: Option<Time>,
    lines: Option<Vec<Line>>,
    first: Option<Box<Line>>,
}

impl Object for Order {
    const FIELDS: &'static [Field] = &[
        Field::optional("state"),
        Field::optional("count"),
        Field::optional("paid"),
        Field::optional("rate"),
        Field::optional("at"),
        Field::optional("lines"),
        Field::optional("first"),
    ];

    fn set<'de, A: MapAccess<'de>>(&mut self, index: usize, map: &mut A) -> Result<bool, A::Error> {
        match index {
            0 => optional(&mut self.state, map),
            1 => optional(&mut self.count, map),
            2 => optional(&mut self.paid, map),
            3 => optional(&mut self.rate, map),
            4 => optional(&mut self.at, map),
            5 => optional(&mut self.lines, map),
            _ => optional(&mut self.first, map),
        }
    }
}

json_object!(Line, Order);

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = ObjectWriter::new(serializer)?;
        object.required("name", &self.name)?;
        object.optional("amount", &self.amount)?;
        object.end()
    }
}

fn order(value: serde_json::Value) -> Order {
    serde_json::from_value(value).unwrap()
}

#[test]
fn null_is_absent_everywhere() {
    let nothing = json!({"state": null, "count": null, "paid": null, "rate": null, "at": null, "lines": null, "first": null});
    assert_eq!(order(nothing), Order::default());
    assert_eq!(order(json!({})), Order::default());
    assert_eq!(order(json!({"lines": [null]})).lines, Some(vec![]));
}

#[test]
fn numbers_and_texts_stand_for_each_other() {
    assert_eq!(order(json!({"count": "18446744073709551615"})).count, Some(u64::MAX));
    assert_eq!(order(json!({"count": 18_446_744_073_709_551_615_u64})).count, Some(u64::MAX));
    assert_eq!(order(json!({"rate": "0.5"})).rate, Some(0.5));
    assert_eq!(order(json!({"rate": 2})).rate, Some(2.0));
    assert_eq!(order(json!({"paid": "true"})).paid, Some(true));
    let line: Line = serde_json::from_value(json!({"name": 42, "amount": "-7"})).unwrap();
    assert_eq!(line, Line { name: "42".to_owned(), amount: Some(-7) });
    assert_eq!(serde_json::from_value::<Line>(json!({"name": "", "amount": ""})).unwrap().amount, None);
}

#[test]
fn r14_unknown_members_and_values_do_not_break_and_the_last_of_a_repeated_member_counts() {
    let text = r#"{"new": {"deep": [1, 2]}, "state": "SOMETHING", "count": 1, "count": 2, "first": {"name": "a", "x": 1}}"#;
    let order: Order = serde_json::from_str(text).unwrap();
    assert_eq!(order.state, Some(State::Other("SOMETHING".to_owned())));
    assert_eq!(order.count, Some(2));
    assert_eq!(order.first.unwrap().name, "a");
    assert_eq!(serde_json::to_value(State::from("SOMETHING")).unwrap(), "SOMETHING");
    assert_eq!(State::from("FAIL"), State::Fail);
}

#[test]
fn times_keep_their_text() {
    let at = order(json!({"at": "yesterday"})).at.unwrap();
    assert_eq!((at.as_str(), at.timestamp()), ("yesterday", None));
}

#[test]
fn what_is_missing_or_of_another_type_is_an_error_without_the_value() {
    for (value, says) in [
        (json!({"first": {}}), "missing member name"),
        (json!({"first": {"name": null}}), "missing member name"),
        (json!({"lines": [{"name": "a"}, {"amount": 1}]}), "missing member name"),
        (json!({"count": "PLANTED"}), "another type than documented"),
        (json!({"count": -1}), "another type than documented"),
        (json!({"count": 1.5}), "another type than documented"),
        (json!({"lines": "PLANTED"}), "another type than documented"),
        (json!({"first": "PLANTED"}), "another type than documented"),
        (json!({"state": {"PLANTED": 1}}), "another type than documented"),
    ] {
        let error = serde_json::from_value::<Order>(value).unwrap_err().to_string();
        assert!(error.contains(says) && !error.contains("PLANTED"), "{error}");
    }
}

#[test]
fn requests_leave_out_what_is_not_set() {
    let mut line = Line { name: "a".to_owned(), amount: None };
    assert_eq!(serde_json::to_string(&line).unwrap(), r#"{"name":"a"}"#);
    line.amount = Some(3);
    assert_eq!(serde_json::to_string(&line).unwrap(), r#"{"name":"a","amount":3}"#);
}

fn decoded<T: Decode>(body: &str) -> Result<T, Error> {
    let answer = Play::new(coupons_use()).answered(signed(200, body)).unwrap();
    T::decode(&answer, &coupons_use())
}

#[test]
fn a_member_that_does_not_fit_is_named_by_its_place() {
    for (body, place, says) in [
        (r#"{"lines":[{"name":"a"},{"amount":1}]}"#, "/lines/1", "missing member 'name'"),
        (r#"{"lines":[{"name":"a","amount":"PLANTED"}]}"#, "/lines/0/amount", "another type than documented"),
        (r#"{"first":{"name":{}}}"#, "/first/name", "another type than documented"),
        ("null", "", "null instead of an object"),
        ("[1]", "", "another type than documented"),
        (r#"{"count":1"#, "", "no JSON from line 1"),
        (r#"{"count":1} {"count":2}"#, "", "no JSON from line 1"),
    ] {
        let error = decoded::<Order>(body).unwrap_err();
        let Error::Decode(decode) = &error else { panic!("{error}") };
        assert_eq!((decode.path(), decode.bytes()), (place, body.as_bytes()));
        let text = error.to_string();
        assert!(text.contains(says) && !text.contains("PLANTED"), "{text}");
        assert_eq!(error.outcome(), Outcome::Accepted);
    }
    assert_eq!(decoded::<Line>(r#"{"name":"a"}"#).unwrap().name, "a");
}

#[test]
fn r15_an_error_body_is_no_answer_although_every_member_is_optional() {
    let error = decoded::<Order>(r#"{"code":"SYSTEM_ERROR","message":"busy","detail":{}}"#).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    let error = decoded::<()>(r#"{"code":"SYSTEM_ERROR","message":"busy"}"#).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(decoded::<Order>(r#"{"code":7}"#).is_ok());
}

#[test]
fn l22_an_operation_that_answers_nothing_may_have_a_body() {
    for (status, body) in [(204, ""), (200, r#"{"points_commit_status":"PENDING"}"#)] {
        let answer = Play::new(coupons_use()).answered(signed(status, body)).unwrap();
        <() as Decode>::decode(&answer, &Call::certificates()).unwrap();
    }
}

#[test]
fn an_operation_that_answers_code_and_message_is_read_in_the_dynamic_styles_too() {
    let body = r#"{"code":"0","message":"OK"}"#;
    let answer = Play::new(coupons_use()).answered(signed(200, body)).unwrap();
    let documented = Call::new(weipay_catalog::ops::Method::Post, "/v3/gov/subsidy/transactions/query");
    assert_eq!(
        serde_json::Value::decode(&answer, &documented).unwrap(),
        json!({"code": "0", "message": "OK"})
    );
    assert_eq!(serde_json::Value::decode(&answer, &coupons_use()).unwrap_err().outcome(), Outcome::Unknown);
}
