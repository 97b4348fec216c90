use weipay_catalog::ops::{
    Evidence, Location, Method, Operation, Period, RateScope, Role, Scheme, TooManyRequestsOutcome,
    common_errors, find, nearest, operation, operations, template, templates,
};

const CONFIRM: &str = "/v3/brand/partner/card-member/user-points/exchange-coupon/confirm";
const NOTIFY: &str = "/v3/businesscircle/points/notify";
const USE: &str = "/v3/marketing/busifavor/coupons/use";
const COMMIT: &str = "/v3/marketing/membercard-open/cards/{card_id}/codes/{code}/bonus/commit";

fn post(path: &str) -> &'static Operation {
    find(Method::Post, path).unwrap_or_else(|| panic!("{path} is not there"))
}

#[test]
fn the_four_operations_are_found_by_each_spelling() {
    for (id, path, success) in [
        ("brand_partner_card_member_user_points_exchange_coupon_confirm", CONFIRM, 200),
        ("businesscircle_points_notify", NOTIFY, 204),
        ("marketing_busifavor_coupons_use", USE, 200),
        ("marketing_membercard_open_cards_codes_bonus_commit", COMMIT, 204),
    ] {
        let found = operation(id).unwrap();
        assert_eq!((found.id, found.template, found.method), (id, path, Method::Post));
        assert_eq!(found.success, [success]);
        assert_eq!(found.scheme, Scheme::Merchant);
        assert_eq!(post(path), found);
        assert_eq!(post(&path[1..]), found, "the leading slash is optional");
        assert_eq!(templates()[template(&path[1..]).unwrap()].path, path);
    }
}

#[test]
fn what_is_not_quite_a_template_is_not_found() {
    for path in [&format!("{USE}/"), &format!("/{USE}"), "v3/marketing/busifavor/coupons", "", "/", &USE[2..]]
    {
        assert_eq!(template(path), None, "{path}");
        assert_eq!(find(Method::Post, path), None, "{path}");
    }
    assert_eq!(find(Method::Get, USE), None, "another method");
    assert_eq!(find(Method::Post, &COMMIT.replace("{code}", "{card_code}")), None, "another name");
    assert_eq!(operation("marketing_busifavor_coupons_us"), None);
}

#[test]
fn every_table_is_sorted_and_complete() {
    assert!(operations().is_sorted_by(|a, b| a.id < b.id));
    assert!(templates().is_sorted_by(|a, b| a.path < b.path));
    let mut on_templates = 0;
    for (index, entry) in templates().iter().enumerate() {
        assert_eq!(template(entry.path), Some(index));
        assert!(entry.path.starts_with('/'));
        assert!(entry.operations.is_sorted_by(|a, b| a.method < b.method));
        for on in entry.operations {
            assert_eq!(on.template, entry.path);
            assert_eq!(operation(on.id), Some(*on));
            on_templates += 1;
        }
        assert!(!entry.operations.is_empty());
    }
    assert_eq!(on_templates, operations().len());
}

#[test]
fn confirm_may_be_called_five_times_a_second() {
    let limit = post(CONFIRM).rate_limit.unwrap();
    assert_eq!((limit.limit, limit.per, limit.scope), (5, Period::Second, RateScope::PartnerMchid));
    assert_eq!(post(USE).rate_limit.unwrap().limit, 500);
    assert_eq!(post(NOTIFY).rate_limit, None);
}

#[test]
fn the_idempotency_of_the_four_operations_is_known_and_graded() {
    for (path, field, evidence) in [
        (CONFIRM, "record_id", Evidence::Assumed),
        (NOTIFY, "transaction_id", Evidence::Assumed),
        (USE, "use_request_no", Evidence::Documented),
        (COMMIT, "out_trade_no", Evidence::Assumed),
    ] {
        let fact = post(path).idempotency.as_ref().unwrap();
        assert_eq!((fact.location, fact.fields, fact.evidence), (Location::Body, &[field][..], evidence));
        assert!(!fact.scope.is_empty() && !fact.source.is_empty());
        let busy = post(path).too_many_requests.as_ref().unwrap();
        assert_eq!((busy.outcome, busy.evidence), (TooManyRequestsOutcome::Rejected, Evidence::Assumed));
    }
}

#[test]
fn nothing_is_said_where_nothing_is_known() {
    let store = operation("brand_partner_store_brandstores_create").unwrap();
    assert_eq!((&store.idempotency, &store.query, &store.too_many_requests), (&None, &None, &None));
}

#[test]
fn a_redemption_is_asked_for_by_the_single_coupon() {
    let query = post(USE).query.as_ref().unwrap();
    let asked = operation(query.operation).unwrap();
    assert_eq!(asked.template, "/v3/marketing/busifavor/users/{openid}/coupons/{coupon_code}/appids/{appid}");
    for (parameter, place) in query.bind {
        assert!(asked.template.contains(&format!("{{{parameter}}}")));
        assert_eq!(*place, format!("body.{parameter}"));
    }
    assert_eq!(query.bind.len(), 3);
}

#[test]
fn errors_are_the_operations_own_then_the_common_ones() {
    let codes: Vec<_> = common_errors().iter().map(|error| (error.status, error.code)).collect();
    assert_eq!(
        codes,
        [(400, "PARAM_ERROR"), (400, "INVALID_REQUEST"), (401, "SIGN_ERROR"), (500, "SYSTEM_ERROR")]
    );
    let known: Vec<_> = post(USE).known_errors().collect();
    assert_eq!(known[0].message, Some("券已被其他订单核销"));
    assert_eq!(known[0].evidence, Evidence::Observed);
    // The trap of this family: a system failure under 400 leaves the outcome unknown.
    assert!(known.iter().any(|error| (error.status, error.code) == (400, "SYSTEM_ERROR")));
    assert_eq!(known.last().unwrap().code, "SYSTEM_ERROR");
}

#[test]
fn commit_status_answers_with_a_body() {
    assert_eq!(operation("businesscircle_users_points_commit_status_get").unwrap().success, [200]);
}

#[test]
fn nearest_names_what_was_meant() {
    for (typed, meant) in [
        ("v3/marketing/busifavor/coupon/use", USE),
        ("/v3/marketing/busifavour/coupons/use", USE),
        ("v3/marketing/busifavor/coupons/use/", USE),
        ("v3/businesscircle/point/notify", NOTIFY),
        ("v3/businesscircle/notify", NOTIFY),
        ("v3/brand/partner/cardMember/userPoints/exchangeCoupon/confirm", CONFIRM),
        ("v3/marketing/membercard-open/cards/{cardId}/codes/{code}/bonus/commit", COMMIT),
        ("v3/marketing/membercard-open/cards/478515832665/codes/478515832665/bonus/comit", COMMIT),
        (USE, USE),
    ] {
        assert_eq!(nearest(typed), Some(meant), "{typed}");
    }
}

#[test]
fn nearest_says_nothing_of_what_nobody_can_have_meant() {
    for typed in ["", "/", "x", "hello/world", "v2/secapi/pay/refund", "吃饭"] {
        assert_eq!(nearest(typed), None, "{typed}");
    }
}

#[test]
fn methods_are_parsed_as_they_are_written() {
    for operation in operations() {
        assert_eq!(Method::parse(operation.method.as_str()), Some(operation.method));
    }
    assert_eq!(Method::parse("get"), None);
    assert_eq!(Method::Delete.to_string(), "DELETE");
    assert_eq!(format!("{:>6}", Method::Get), "   GET");
}

#[test]
fn a_refund_answered_with_429_may_have_happened() {
    let refund = operation("refund_domestic_refunds_create").unwrap();
    let busy = refund.too_many_requests.unwrap();
    assert_eq!((busy.outcome, busy.evidence), (TooManyRequestsOutcome::Unknown, Evidence::Documented));
    let query = refund.query.unwrap();
    assert_eq!(query.operation, "refund_domestic_refunds_get_by_out_refund_no");
    assert_eq!(query.bind[0], ("out_refund_no", "body.out_refund_no"));
    let asked = operation(query.operation).unwrap();
    assert!(asked.known_errors().any(|error| (error.status, error.code) == (404, "RESOURCE_NOT_EXISTS")));
}

#[test]
fn every_way_to_order_is_known_by_its_number() {
    for kind in ["jsapi", "app", "h5", "native"] {
        for (prefix, field, evidence) in [
            ("pay_transactions", "out_trade_no", Evidence::Documented),
            ("pay_partner_transactions", "out_trade_no", Evidence::Documented),
            ("combine_transactions", "combine_out_trade_no", Evidence::Assumed),
        ] {
            let order = operation(&format!("{prefix}_{kind}")).unwrap();
            let fact = order.idempotency.unwrap();
            assert_eq!((fact.fields, fact.evidence), (&[field][..], evidence), "{}", order.id);
            assert_eq!(order.too_many_requests.unwrap().outcome, TooManyRequestsOutcome::Rejected);
            assert!(order.query.is_some());
        }
    }
}

#[test]
fn a_query_may_need_a_value_of_its_own() {
    let query = operation("transfer_batches_create").unwrap().query.unwrap();
    assert_eq!(query.bind, [("out_batch_no", "body.out_batch_no"), ("need_query_detail", "=false")]);
}

#[test]
fn tables_of_errors_are_shared() {
    let tables = |id: &str| operation(id).unwrap().error_tables;
    let [of_jsapi] = tables("pay_transactions_jsapi") else { panic!("one table") };
    let [of_app, of_code] = tables("pay_partner_transactions_codepay") else { panic!("two tables") };
    assert!(std::ptr::eq(*of_jsapi, *of_app) && !std::ptr::eq(*of_jsapi, *of_code));
    assert!(tables("marketing_busifavor_coupons_use").len() == 1);
}

#[test]
fn a_brand_may_sync_ten_times_a_second() {
    let sync = post("/brand/card-member/user-points/sync");
    let limit = sync.rate_limit.unwrap();
    assert_eq!((limit.limit, limit.per, limit.scope), (10, Period::Second, RateScope::BrandId));
    assert_eq!((sync.scheme, sync.roles), (Scheme::Brand, &[Role::Brand][..]));
}
