//! A small catalogue of everything that is awkward, and what becomes of it.
//!
//! `BLESS=1 cargo test -p weipay-codegen` writes the expected files anew; read the difference before you commit it.
//! Where the old ones no longer compile, write them by the generator itself: `weipay-codegen --root DIR write`, `DIR/catalogue`
//! being a copy of `tests/golden/catalogue`.

use crate::ops::{self, Digest, Evidence, Method, Role, Scheme, TooManyRequestsOutcome};
use crate::reference::{self, Document, Kind, ParameterLocation};
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
    assert_eq!(ops::operation("nasty_delete_again").unwrap().roles, [Role::Brand]);
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
    let query = ops::operation("nasty_two_shapes").unwrap().query.unwrap();
    assert_eq!(query.bind, [("fn", "path.fn"), ("type", "body.type"), ("request_no", "=none")]);
}

#[test]
fn a_table_of_errors_is_one_for_all_that_name_it() {
    let [words, of_delete] = ops::operation("nasty_delete").unwrap().error_tables else {
        panic!("two tables")
    };
    let [of_area] = ops::operation("type_list_create").unwrap().error_tables else { panic!("one table") };
    assert!(std::ptr::eq(*of_delete, *of_area));
    assert_eq!(words[0].message, Some("没有\n"));
    assert_eq!(ops::operation("self").unwrap().error_tables.len(), 0);
}

#[test]
fn uploads_tell_their_parts_and_limits() {
    let form = ops::operation("nasty_upload").unwrap().upload_form.unwrap();
    assert_eq!((form.signed_part, form.file_part), ("meta", "file"));
    assert_eq!((form.digest_member, form.digest), ("sha256", Digest::Sm3));
    let limits: Vec<_> = form.limits.iter().map(|limit| (limit.types, limit.max_bytes)).collect();
    assert_eq!(limits, [(&["pdf", "7z"][..], 2_097_152), (&[][..], 1)]);
}

#[test]
fn downloads_tell_their_hash() {
    let file = ops::operation("self").unwrap().file.unwrap();
    assert_eq!((file.media_types, file.digest_header), (&["text/plain"][..], Some("Nasty-Sha1")));
    let url = ops::operation("nasty_list_slash").unwrap().download_url.unwrap();
    assert_eq!((url.member, url.hash_type, url.hash_value), ("text", None, None));
}

#[test]
fn one_route_by_two_names_is_told_by_both() {
    let delete = ops::operation("nasty_delete").unwrap();
    let again = ops::operation(delete.same_route.unwrap()).unwrap();
    assert_eq!((again.id, again.same_route), ("nasty_delete_again", Some("nasty_delete")));
    let again = reference::reference("nasty_delete_again").unwrap();
    assert_eq!(again.chain_names, [("{gone}", "gone_or_fn")]);
    assert_eq!((again.bodies[0].evidence, again.bodies[0].source), (Evidence::Observed, "seen"));
}

#[test]
fn ciphers_are_pointed_at() {
    let body = &reference::reference("nasty_two_shapes").unwrap().bodies[0];
    assert_eq!(body.encrypted, ["/secrets/*/a~1b/*/*"]);
    let body = &reference::reference("type_list_create").unwrap().bodies[0];
    assert_eq!(body.decrypted, ["/phones/*/x~0y"]);
}

#[test]
fn the_form_with_most_conditions_is_selected() {
    let event = reference::event("NASTY.SECOND").unwrap();
    assert_eq!(event.also_as, ["NASTY.FIRST"]);
    assert!(event.reply_signed && event.reply.unwrap().object().unwrap().title == "Reply");
    let select = |original_type: &str, there: &[(&str, &str)]| {
        let variant = event.select(&|condition| {
            let value = match condition.document {
                Document::Envelope => Some(original_type),
                Document::Resource => {
                    there.iter().find(|(pointer, _)| *pointer == condition.pointer).map(|(_, value)| *value)
                }
            };
            value.is_some_and(|value| condition.equals.is_none_or(|equals| value == equals))
        });
        variant.unwrap().name
    };
    assert_eq!(select("one", &[]), "plain");
    assert_eq!(select("one", &[("/inner/id", "1")]), "within");
    assert_eq!(select("two", &[("/inner/id", "1"), ("/inner", ""), ("/kind", "C")]), "both");
    assert_eq!(select("one", &[("/inner/id", "1"), ("/kind", "B")]), "kind_b");
    let within = event.variants.iter().find(|variant| variant.name == "within").unwrap();
    assert_eq!(within.decrypted, ["/inner/phones/*"]);
    let first = reference::event("NASTY.FIRST").unwrap();
    assert_eq!(
        (first.variants.len(), first.variants[0].conditions.len(), first.variants[0].name),
        (1, 0, "")
    );
    assert!(std::ptr::eq(reference::event("OLD.FIRST").unwrap(), first), "by a former name");
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
        [
            ("type", true),
            ("self", false),
            ("x y", false),
            ("gone", false),
            ("match", false),
            ("secrets", false)
        ]
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
