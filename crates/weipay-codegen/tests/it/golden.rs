//! A small catalogue of everything that is awkward, and what becomes of it.
//!
//! `BLESS=1 cargo test -p weipay-codegen` writes the expected files anew; read the difference before you commit it.

use crate::ops::{self, Evidence, Method, Role, Scheme, TooManyRequestsOutcome};
use crate::reference::{self, Kind, ParameterLocation};
use crate::scratch::{Scratch, files, golden};

#[test]
fn the_text_is_as_expected() {
    let scratch = Scratch::new("golden_text");
    let said = scratch.run("write");
    assert!(said.success, "{}", said.error);
    let expected = golden().join("expected");
    if std::env::var_os("BLESS").is_some() {
        _ = std::fs::remove_dir_all(&expected);
        for (name, text) in scratch.generated() {
            let path = expected.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
    assert_eq!(scratch.generated(), files(&expected));
}

#[test]
fn a_trailing_slash_makes_another_template() {
    assert_eq!(ops::find(Method::Get, "v3/nasty/list").unwrap().id, "self");
    assert_eq!(ops::find(Method::Get, "/v3/nasty/list/").unwrap().id, "nasty_list_slash");
    assert_eq!(ops::find(Method::Post, "v3/nasty/list/"), None);
}

#[test]
fn two_areas_share_a_template() {
    let template = &ops::templates()[ops::template("v3/nasty/list").unwrap()];
    let ids: Vec<_> = template.operations.iter().map(|operation| (operation.area, operation.id)).collect();
    assert_eq!(ids, [("nasty", "self"), ("type", "type_list_create")]);
}

#[test]
fn areas_are_sorted_by_name_and_every_reference_is_found() {
    assert_eq!(ops::areas().iter().map(|area| area.name).collect::<Vec<_>>(), ["nasty", "type", "type-x"]);
    for operation in ops::operations() {
        assert_eq!(reference::reference(operation.id).unwrap().operation, operation);
    }
}

#[test]
fn flags_and_limits_arrive() {
    let list = ops::operation("self").unwrap();
    assert!(list.download && list.requires_serial && list.deprecated && !list.upload);
    assert_eq!(list.replaced_by, Some("nasty_list_slash"));
    let slash = ops::operation("nasty_list_slash").unwrap();
    assert_eq!(slash.rate_limit.unwrap().invalid_requests_limit, Some(6));
    assert_eq!(slash.host, Some("https://apihk.mch.weixin.qq.com"));
    assert_eq!(slash.roles, [Role::Merchant, Role::Partner, Role::BankInstitution]);
    let upload = ops::operation("nasty_upload").unwrap();
    assert!(upload.upload && upload.scheme == Scheme::Brand);
}

#[test]
fn facts_arrive_with_their_evidence() {
    let delete = ops::operation("nasty_delete").unwrap();
    assert_eq!(delete.idempotency.as_ref().unwrap().evidence, Evidence::Observed);
    assert_eq!(delete.too_many_requests.as_ref().unwrap().outcome, TooManyRequestsOutcome::Unknown);
    let create = ops::operation("type_list_create").unwrap();
    let known: Vec<_> =
        create.known_errors().map(|error| (error.status, error.code, error.message)).collect();
    assert_eq!(
        known,
        [(400, "PARAM_ERROR", Some("\"坏\"")), (403, "NO_AUTH", None), (500, "SYSTEM_ERROR", None)]
    );
}

#[test]
fn shapes_have_names_requests_and_answers_of_their_own() {
    let [first, second] = reference::reference("nasty_two_shapes").unwrap().bodies else {
        panic!("two shapes")
    };
    assert_eq!((first.name, second.name), ("post", "post_second"));
    assert_eq!((first.evidence, second.evidence), (Evidence::Documented, Evidence::Assumed));
    let title = |schema: Option<&reference::Schema>| {
        schema.and_then(reference::Schema::object).map(|object| object.title)
    };
    assert_eq!((title(first.request), title(first.answer)), (Some("None"), None));
    assert_eq!((title(second.request), title(second.answer)), (Some("Second"), Some("Self")));
}

#[test]
fn members_keep_their_names_limits_and_texts() {
    let body = &reference::reference("nasty_two_shapes").unwrap().bodies[0];
    let object = body.request.unwrap().object().unwrap();
    let required: Vec<_> =
        object.properties.iter().map(|property| (property.name, property.required)).collect();
    assert_eq!(
        required,
        [("type", true), ("self", false), ("x y", false), ("gone", false), ("match", false)]
    );
    let kind = &object.property("type").unwrap().schema;
    assert_eq!((kind.values, kind.closed), (&["A", "B", "C"][..], true));
    let example: String = serde_json::from_str(object.property("x y").unwrap().schema.examples[0]).unwrap();
    assert_eq!(example, "\"quoted\", a \\ and {braces}\nsecond line 中文");
}

#[test]
fn a_component_may_be_used_twice_and_within_itself() {
    let body = &reference::reference("nasty_two_shapes").unwrap().bodies[0];
    let first = &body.request.unwrap().object().unwrap().property("self").unwrap().schema;
    let again = &first.object().unwrap().property("again").unwrap().schema;
    assert_eq!((first.label, again.label), (Some("first use"), Some("second use")));
    assert!(std::ptr::eq(first.object().unwrap(), again.object().unwrap()));
    let Kind::Array(item) = first.object().unwrap().property("items").unwrap().schema.kind else {
        panic!("array")
    };
    assert_eq!(item.object().unwrap().title, "References");
}

#[test]
fn parameters_come_by_reference_too() {
    let list = reference::reference("self").unwrap();
    let serial = list.parameters.iter().find(|parameter| parameter.name == "Wechatpay-Serial").unwrap();
    assert_eq!(serial.location, ParameterLocation::Header);
    let limit = &list.parameters[0].schema;
    assert_eq!((limit.minimum, limit.maximum, limit.default), (Some(-1), Some(1_000_000), Some("20")));
}

#[test]
fn notifications_are_sorted_and_linked() {
    let types: Vec<_> = reference::events().iter().map(|event| event.event_type).collect();
    assert_eq!(types, ["NASTY.FIRST", "NASTY.SECOND"]);
    let first = reference::event("NASTY.FIRST").unwrap();
    assert_eq!((first.original_types, first.former_event_types), (&["nasty"][..], &["OLD.FIRST"][..]));
    assert_eq!(first.related, ["nasty_delete"]);
}
