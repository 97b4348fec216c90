//! What the catalogue holds, counted. A number that changes belongs to a catalogue that changed.

use std::collections::{BTreeMap, BTreeSet};

use weipay_catalog::ops::{Availability, Digest, Method, Scheme, areas, operation, operations, templates};

/// The operations of each area.
#[rustfmt::skip]
const AREAS: [(&str, usize); 109] = [
    ("abnormal-fund", 3), ("applyment4sub", 6), ("applyment4subject", 5), ("bank-transfer", 9), ("bill", 4),
    ("brand", 6), ("brand-card", 10), ("brand-card-member", 19), ("brand-partner", 32),
    ("brand-profitsharing", 9), ("businesscircle", 4), ("capital", 6), ("catering", 1),
    ("channel-aggregation", 11), ("combine-transactions", 8), ("compliance", 3), ("credit-repayment", 8),
    ("discount-card", 6), ("ebike", 7), ("ecommerce", 4), ("ecommerce-account", 8),
    ("ecommerce-combine-papay", 7), ("ecommerce-fund", 5), ("ecommerce-individual-collections", 6),
    ("ecommerce-onboarding", 8), ("ecommerce-profitsharing", 10), ("ecommerce-refunds", 6),
    ("ecommerce-transfer", 6), ("edu-papay", 8), ("edu-school-pay", 8), ("edu-student-card", 4),
    ("express", 1), ("facepay", 14), ("fapiao", 22), ("fund-app-brand-redpacket", 5),
    ("fund-app-transfer", 35), ("funds-to-oversea", 6), ("global", 20), ("global-customs", 10),
    ("global-merchant-onboarding", 11), ("global-merchant-service", 11), ("global-papay", 12),
    ("global-profitsharing", 12), ("goldplan", 5), ("gov-subsidy", 34), ("hire-power-bank", 3), ("hk", 21),
    ("industry-coupon", 1), ("industry-rebate", 2), ("insurance-policy", 5), ("iot-devices", 2),
    ("lovefeast", 3), ("marketing-bank", 9), ("marketing-busifavor", 26), ("marketing-favor", 20),
    ("marketing-goods-subsidy", 12), ("marketing-membercard-activity", 4), ("marketing-membercard-open", 30),
    ("marketing-partnerships", 3), ("marketing-paygift", 8), ("marketing-product-coupon", 40),
    ("marketing-shopping-receipt", 5), ("mch-alter-apply", 12), ("mch-manage", 8), ("mch-operate", 3),
    ("mch-operation-manage", 4), ("med-ins", 4), ("merchant-fund", 8), ("merchant-media", 2),
    ("merchant-risk", 9), ("merchant-service", 17), ("merchant-settlement", 2), ("merchant-store", 5),
    ("multiuse-coupon", 4), ("palm-service", 2), ("papay", 17), ("papay-insurance", 12),
    ("papay-scheduled-deduct", 8), ("parking-fee", 10), ("partner-transfer", 5), ("password-exempt", 10),
    ("pay-acquiring-bank", 1), ("pay-devices", 7), ("pay-instalment", 2), ("pay-partner", 14),
    ("pay-transactions", 12), ("payroll-card", 9), ("payscore", 20), ("payscore-acquiring-bank", 12),
    ("payscore-oversea", 5), ("payscore-partner", 21), ("payscore-payafter", 5), ("payscore-plan", 14),
    ("payscore-smart-retail", 4), ("platform", 2), ("platsolution-ecommerce", 37),
    ("platsolution-insurance", 13), ("platsolution-transfer", 13), ("profitsharing", 10),
    ("qrcode-transit", 3), ("rate-activity", 3), ("recharge", 2), ("refund", 3), ("repayment", 3),
    ("smartguide", 4), ("taxi-invoice", 11), ("transfer-batches", 11), ("vehicle", 10), ("webizpay", 17),
];

#[test]
fn every_area_has_its_operations() {
    let mut counts = BTreeMap::new();
    for operation in operations() {
        *counts.entry(operation.area).or_insert(0) += 1;
    }
    assert_eq!(counts, BTreeMap::from(AREAS));
    assert_eq!(areas().iter().map(|area| area.name).collect::<Vec<_>>(), AREAS.map(|(area, _)| area));
}

#[test]
fn there_are_1020_operations_and_19_of_brands() {
    let (brands, others): (Vec<_>, Vec<_>) =
        operations().iter().partition(|operation| operation.scheme == Scheme::Brand);
    assert_eq!((others.len(), brands.len()), (1_020, 19));
    assert!(brands.iter().all(|operation| operation.area == "brand-card-member"));
    let of = |method| others.iter().filter(|operation| operation.method == method).count();
    let methods = [Method::Get, Method::Post, Method::Patch, Method::Delete, Method::Put];
    assert_eq!(methods.map(of), [404, 568, 30, 13, 5]);
    let paths: BTreeSet<&str> = others.iter().map(|operation| operation.template).collect();
    assert_eq!((paths.len(), templates().len()), (937, 952));
}

#[test]
fn features_are_named_after_their_areas_and_groups_are_few() {
    assert!(areas().iter().all(|area| area.feature == area.name));
    let groups: BTreeSet<&str> = areas().iter().map(|area| area.group).collect();
    assert_eq!(groups.len(), 12);
    let marketing = areas().iter().filter(|area| area.name.starts_with("marketing-"));
    assert!(marketing.clone().all(|area| area.group == "marketing") && marketing.count() == 10);
}

#[test]
fn uploads_and_downloads_are_described() {
    let uploads: Vec<_> = operations().iter().filter(|operation| operation.upload).collect();
    assert!(operations().iter().all(|operation| operation.upload == operation.upload_form.is_some()));
    assert_eq!(uploads.iter().filter(|operation| operation.scheme == Scheme::Merchant).count(), 14);
    let sm3: Vec<_> = uploads
        .iter()
        .filter(|operation| operation.upload_form.is_some_and(|form| form.digest == Digest::Sm3))
        .map(|operation| operation.id)
        .collect();
    let expected =
        ["new_tax_control_fapiao_fapiao_applications_upload_fapiao_file", "taxi_invoice_cards_upload_file"];
    assert_eq!(sm3, expected);
    let others: Vec<_> =
        uploads.iter().filter_map(|operation| operation.upload_form).map(|form| form.file_part).collect();
    assert_eq!(others.iter().filter(|part| **part != "file").count(), 2);
    let media = operation("merchant_media_upload").unwrap().upload_form.unwrap();
    let limits: Vec<_> = media.limits.iter().map(|limit| (limit.types, limit.max_bytes)).collect();
    assert_eq!(limits, [(&["jpg", "bmp", "png"][..], 5 << 20), (&["pdf"][..], 7_864_320)]);
    let image = operation("brand_card_member_media_image_upload").unwrap().upload_form.unwrap();
    assert_eq!((image.digest_member, image.limits[0].max_bytes), ("file_digest", 2 << 20));

    let downloads = operations().iter().filter(|operation| operation.download);
    assert!(operations().iter().all(|operation| operation.download == operation.file.is_some()));
    assert_eq!(downloads.clone().count(), 8);
    let statements = downloads.filter(|operation| operation.file.unwrap().digest_header.is_some());
    assert_eq!(
        statements.map(|operation| operation.id).collect::<Vec<_>>(),
        ["global_statements_get", "hk_statements_get"]
    );
    let urls: Vec<_> = operations().iter().filter_map(|operation| operation.download_url).collect();
    assert_eq!(urls.len(), 19);
    assert_eq!(urls.iter().filter(|url| url.hash_value.is_none()).count(), 2);
    let bill = operation("bill_tradebill_get").unwrap().download_url.unwrap();
    let members = (bill.member, bill.hash_type, bill.hash_value);
    assert_eq!(members, ("download_url", Some("hash_type"), Some("hash_value")));
}

#[test]
fn what_is_not_open_to_all_says_so() {
    let of = |availability| {
        operations().iter().filter(|operation| operation.availability == Some(availability)).count()
    };
    assert_eq!((of(Availability::OnApplication), of(Availability::GreyTest)), (4, 2));
    let serial = |scheme| {
        operations()
            .iter()
            .filter(|operation| operation.scheme == scheme && operation.requires_serial)
            .count()
    };
    assert_eq!((serial(Scheme::Merchant), serial(Scheme::Brand)), (120, 19));
}

#[test]
fn only_one_pair_of_templates_is_one_route() {
    let pair: Vec<_> = operations().iter().filter_map(|operation| operation.same_route).collect();
    let ids =
        ["apply4subject_applyment_by_business_code_cancel", "apply4subject_applyment_by_applyment_id_cancel"];
    assert_eq!(pair, ids);
    for id in ids {
        assert_eq!(operation(operation(id).unwrap().same_route.unwrap()).unwrap().same_route, Some(id));
    }
}

#[test]
fn facts_are_where_something_is_known() {
    let count = |has: fn(&weipay_catalog::ops::Operation) -> bool| {
        operations().iter().filter(|operation| has(operation)).count()
    };
    let counts = [
        count(|operation| operation.rate_limit.is_some()),
        count(|operation| operation.idempotency.is_some()),
        count(|operation| operation.query.is_some()),
        count(|operation| operation.too_many_requests.is_some()),
        count(|operation| !operation.errors.is_empty()),
        count(|operation| !operation.error_tables.is_empty()),
    ];
    assert_eq!(counts, [71, 141, 63, 56, 11, 141]);
}
