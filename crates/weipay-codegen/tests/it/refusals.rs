//! What is wrong in the catalogue is refused, with the file, the operation and the place.

use crate::scratch::Scratch;

const NASTY: &str = "catalogue/openapi/nasty.yaml";
const OVERLAY: &str = "catalogue/overlay/nasty.yaml";
const FACTS: &str = "catalogue/facts/nasty.yaml";

/// Makes one edit and expects the generator to refuse it with these words, and to write nothing.
fn refused(name: &str, file: &str, from: &str, to: &str, words: &[&str]) {
    let scratch = Scratch::new(name);
    scratch.edit(file, from, to);
    let said = scratch.run("write");
    assert!(!said.success, "{to} was accepted");
    for word in words.iter().chain(&[file]) {
        assert!(said.error.contains(word), "`{word}` is not said by\n{}", said.error);
    }
    assert_eq!(said.error.lines().count(), 1, "{}", said.error);
    assert!(scratch.generated().is_empty());
}

#[test]
fn an_overlay_action_that_matches_nothing() {
    let words = ["actions[1].target", "matches nothing"];
    refused("overlay_nothing", OVERLAY, "schema.properties.type\n", "schema.properties.typo\n", &words);
}

#[test]
fn an_overlay_action_that_changes_nothing() {
    let (from, to) = ("    update: {x-closed: true, x-label-disputed: 类型}", "    update: {type: string}");
    refused("overlay_same", OVERLAY, from, to, &["actions[1].target", "changes nothing"]);
}

#[test]
fn an_overlay_action_without_a_reason() {
    refused(
        "overlay_reason",
        OVERLAY,
        "    x-reason: closed\n",
        "",
        &["actions[1]", "lacks the member `x-reason`"],
    );
}

#[test]
fn an_overlay_action_that_meets_an_array() {
    let (from, to) = ("update: {x-closed: true, x-label-disputed: 类型}", "update: {enum: [C]}");
    refused("overlay_array", OVERLAY, from, to, &["actions[1].update", "`enum` is an array already"]);
}

#[test]
fn an_overlay_of_no_file() {
    refused(
        "overlay_extends",
        OVERLAY,
        "../openapi/nasty.yaml",
        "../openapi/other.yaml",
        &["$.extends", "names no file"],
    );
}

#[test]
fn a_fact_of_no_operation() {
    refused(
        "fact_nothing",
        FACTS,
        "  nasty_delete:",
        "  nasty_deleted:",
        &["nasty_deleted", "no operation has this id"],
    );
}

#[test]
fn a_fact_of_no_area() {
    refused(
        "fact_area",
        FACTS,
        "  type: {x-error-tables",
        "  typo: {x-error-tables",
        &["$.areas.typo", "no area has this name"],
    );
}

#[test]
fn an_unknown_key_among_the_facts() {
    refused("fact_key", FACTS, "x-429", "x-430", &["nasty_delete", "unknown key `x-430`"]);
}

#[test]
fn an_unknown_word_for_evidence() {
    refused(
        "fact_word",
        FACTS,
        "evidence: documented, source: every page",
        "evidence: sure, source: every page",
        &["$['every-operation']['x-errors'][0].evidence", "`sure` is none of documented, observed, assumed"],
    );
}

#[test]
fn a_key_field_that_the_request_lacks() {
    refused(
        "fact_field",
        FACTS,
        "fields: [out_no]",
        "fields: [out_number]",
        &["type_list_create", "`body.out_number`"],
    );
}

#[test]
fn a_query_that_binds_too_little_or_the_unknown() {
    let words = ["nasty_two_shapes", "nothing is bound to `request_no`"];
    refused("query_little", FACTS, ", request_no: \"=none\"}", "}", &words);
    let words = ["nasty_two_shapes", "the request has no `body.match`"];
    refused("query_unknown", FACTS, "type: body.type", "type: body.match", &words);
}

#[test]
fn the_same_key_twice() {
    refused(
        "yaml_twice",
        NASTY,
        "      summary: delete\n",
        "      summary: delete\n      summary: again\n",
        &["duplicate"],
    );
}

#[test]
fn a_status_that_is_no_string() {
    refused("yaml_number", NASTY, "        \"202\":", "        202:", &["must be a quoted string"]);
}

#[test]
fn a_reference_to_nothing() {
    let words = [
        "nasty_list_slash",
        "$.paths['/v3/nasty/list/'].get",
        "`#/components/schemas/Myself` is not in this file",
    ];
    let (from, to) =
        ("schema: {$ref: \"#/components/schemas/Self\"}", "schema: {$ref: \"#/components/schemas/Myself\"}");
    refused("reference", NASTY, from, to, &words);
}

#[test]
fn an_operation_id_twice() {
    let words = ["nasty.yaml: self: the operationId is used twice"];
    refused("id_twice", NASTY, "operationId: nasty_upload", "operationId: self", &words);
}

#[test]
fn a_method_twice_on_one_template() {
    let file = "catalogue/openapi/type.yaml";
    let scratch = Scratch::new("route_twice");
    scratch.edit(file, "    post:\n", "    get:\n");
    let said = scratch.run("write");
    assert!(
        said.error.contains("type.yaml: type_list_create: /v3/nasty/list has this method twice"),
        "{said:?}"
    );
}

#[test]
fn a_title_twice() {
    refused("title_twice", NASTY, "title: None\n", "title: Self\n", &["the title `Self` is taken by"]);
}

#[test]
fn a_template_whose_parameters_are_not_declared() {
    let scratch = Scratch::new("template");
    scratch.edit(NASTY, "  /brand/nasty/upload:\n", "  \"/brand/{nasty}/upload\":\n");
    let said = scratch.run("write");
    assert!(
        said.error.contains(r#"the template has the parameters ["nasty"], but [] are declared"#),
        "{said:?}"
    );
}

#[test]
fn a_key_that_is_not_known_yet() {
    let words = ["nasty_upload", "unknown key `x-new`"];
    refused(
        "unknown_key",
        NASTY,
        "      x-upload: true\n",
        "      x-upload: true\n      x-new: true\n",
        &words,
    );
}

#[test]
fn examples_that_do_not_fit() {
    let place = "properties.gone.examples[0]";
    let (type_of, value_of) = ("`\"2\"` is of another type", "`3` is none of 1, 2");
    refused(
        "example_type",
        NASTY,
        "examples: [2]",
        "examples: [\"2\"]",
        &["nasty_two_shapes", place, type_of],
    );
    refused("example_enum", NASTY, "examples: [2]", "examples: [3]", &["nasty_two_shapes", place, value_of]);
    let words = ["`20` is above the maximum of 10"];
    refused("example_limit", NASTY, "maximum: 1000000", "maximum: 10", &words);
}

#[test]
fn an_area_that_is_not_there() {
    let scratch = Scratch::new("areas");
    scratch.edit("catalogue/areas.yaml", "  type: ", "  typo: ");
    let said = scratch.run("write");
    assert!(said.error.contains("there is no catalogue/openapi/typo.yaml"), "{said:?}");
}

#[test]
fn a_group_that_is_not_listed_or_has_no_area() {
    let areas = "catalogue/areas.yaml";
    refused(
        "group_unknown",
        areas,
        "type-x: {title: Type X, group: others}",
        "type-x: {title: Type X, group: other}",
        &["$.areas['type-x']", "`other` is none of `groups`"],
    );
    refused(
        "group_empty",
        areas,
        "  others: Others\n",
        "  others: Others\n  more: More\n",
        &["$.groups.more", "no area belongs to this group"],
    );
    let scratch = Scratch::new("group_name");
    scratch.edit(areas, "groups:\n  first:", "groups:\n  type:");
    scratch.edit(areas, "group: first", "group: type");
    assert!(scratch.run("write").error.contains("the name is that of a feature already"));
}

#[test]
fn a_table_of_errors_that_is_not_there_or_not_named() {
    let words = ["nasty_delete", "there is no table `others`"];
    refused("table_unknown", FACTS, "[two-words, self]", "[two-words, others]", &words);
    let words = ["error-tables", "two-words", "nothing names this table"];
    refused("table_unnamed", FACTS, "[two-words, self]", "[self]", &words);
}

#[test]
fn forms_of_a_notification_that_cannot_be_told_apart() {
    let file = "catalogue/openapi/webhooks.yaml";
    let words = ["NASTY.SECOND", "oneOf[4]", "one notification can be `kind_a` and `kind_b` alike"];
    refused("variant_tie", file, "{original_type: one, kind: B}", "{original_type: one, kind: A}", &words);
    // Two conditions each, on different members: both may hold.
    let words = ["NASTY.SECOND", "oneOf[4]", "one notification can be `kind_a` and `kind_b` alike"];
    refused(
        "variant_overlap",
        file,
        "{original_type: one, kind: B}",
        "{original_type: one, has: inner}",
        &words,
    );
}

#[test]
fn a_condition_that_no_notification_meets() {
    let file = "catalogue/openapi/webhooks.yaml";
    for (name, to, pointer) in [
        ("when_member", "{has: /inner/number}", "/inner/number"),
        ("when_type", "{original_type: three}", "/resource/original_type"),
        ("when_value", "{kind: D}", "/kind"),
    ] {
        let words = ["NASTY.SECOND", "oneOf[1]", &format!("no notification of this form has `{pointer}` so")];
        refused(name, file, "{has: /inner/id}", to, &words);
    }
}

#[test]
fn two_templates_that_are_one_route() {
    let scratch = Scratch::new("same_route");
    scratch.edit(NASTY, "      x-same-route: nasty_delete\n", "");
    let said = scratch.run("write");
    assert!(
        said.error.contains("nasty_delete_again: a server cannot tell it from `nasty_delete`"),
        "{said:?}"
    );
    let words = ["self", "`nasty_delete` is no operation of the same route"];
    let (from, to) = ("operationId: self\n", "operationId: self\n      x-same-route: nasty_delete\n");
    refused("same_route_not", NASTY, from, to, &words);
}

#[test]
fn names_that_collide_in_the_typed_chain() {
    let words = ["nasty_list_slash", "`client.v3().nasty().list().download()` is taken by self"];
    let from = "x-chain-names: {\"\": slash}\n      x-download-url: text\n";
    let to = "x-download: true\n      x-download-digest-header: Same\n";
    refused("chain_verb", NASTY, from, to, &words);
    let words = ["nasty_delete_again", "`client.v3().nasty().fn_()` is `{fn}` already"];
    refused("chain_node", NASTY, "{gone}\": gone_or_fn", "{gone}\": fn_", &words);
    let words = ["nasty_delete_again", "there is no segment `{gono}`"];
    refused("chain_segment", NASTY, "{\"{gone}\": gone_or_fn}", "{\"{gono}\": gone_or_fn}", &words);
}

#[test]
fn an_upload_whose_digest_has_no_place() {
    let words = ["nasty_upload", "`meta` has no member `digest`"];
    refused("upload_digest", NASTY, "digest_field: sha256", "digest_field: digest", &words);
}
