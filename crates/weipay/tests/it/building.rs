//! Clients that cannot work are refused when they are built.

use std::time::Duration;

use weipay::{ApiV3Key, Certificate, Client, ConfigError};

use crate::clients::{Kind, both};
use crate::world::{APIV3_KEY, CERTIFICATE, MCHID, MERCHANT_KEY, configured, credential, merchant_serial};

both![what_cannot_work_is_refused_with_a_reason, what_can_work_is_built];

fn what_cannot_work_is_refused_with_a_reason<K: Kind>() {
    let valid = || configured::<K>("http://127.0.0.1:1");
    let merchant = || K::start().merchant(MCHID, merchant_serial(), MERCHANT_KEY.clone());
    for (builder, message) in [
        (K::start(), "the client has no credential; call .merchant(mchid, serial, private_key)"),
        (merchant(), "lacks a platform key"),
        (merchant().download_certificates(), "lacks the APIv3 key"),
        (
            valid().merchant("19000x", merchant_serial(), MERCHANT_KEY.clone()),
            "the mchid has to be digits only",
        ),
        (
            valid().merchant(MCHID, "no serial", MERCHANT_KEY.clone()),
            "the merchant serial has to be the hexadecimal",
        ),
        (valid().base_url("ftp://host"), "the base URL has to be http:// or https://"),
        (valid().base_url("https://host/v3"), "nothing behind it"),
        (valid().connect_timeout(Duration::ZERO), "connect_timeout is zero"),
        (valid().attempt_timeout(Duration::ZERO), "attempt_timeout is zero"),
        (valid().total_timeout(Duration::ZERO), "total_timeout is zero"),
        (valid().max_answer(0), "max_answer is zero"),
        (valid().connect_attempts(0), "connect_attempts is zero"),
        (valid().user_agent("a\nb"), "the user agent holds a character"),
    ] {
        let error = K::finish(builder).err().unwrap_or_else(|| panic!("must be refused: {message}"));
        assert!(error.to_string().contains(message), "{error}");
    }
}

fn what_can_work_is_built<K: Kind>() {
    let builder = configured::<K>("http://127.0.0.1:1")
        .platform_certificate(Certificate::from_pem(CERTIFICATE).unwrap())
        .apiv3_key(ApiV3Key::new(APIV3_KEY).unwrap())
        .former_apiv3_key(ApiV3Key::new("a".repeat(32)).unwrap())
        .connect_attempts(3);
    assert!(K::finish(builder).is_ok());
    assert!(
        K::finish(K::start().credential(credential("1900000002"))).is_ok(),
        "one that was built elsewhere"
    );
}

#[test]
fn keys_and_callers_come_in_any_order() {
    let client = Client::builder()
        .apiv3_key(ApiV3Key::new(APIV3_KEY).unwrap())
        .download_certificates()
        .merchant(MCHID, merchant_serial(), MERCHANT_KEY.clone())
        .build()
        .unwrap();
    assert_eq!(client.credential().id(), MCHID);
}

#[test]
fn a_transport_of_ones_own_has_its_own_proxy() {
    let builder = configured::<Client>("http://127.0.0.1:1").transport(crate::signing::Unplugged::default());
    let error = builder.proxy("http://127.0.0.1:2").build().unwrap_err();
    assert!(matches!(error, ConfigError::Setting(_)), "{error:?}");
}
