//! Credentials that cannot work are refused when they are built.

use weipay_core::{Certificate, Credential, PublicKey};
use weipay_testkit::vectors::key_file;

use crate::support::{KEY_ID, SERIAL, certificate, merchant, merchant_key, platform_public_key};

fn refusal(builder: weipay_core::CredentialBuilder) -> String {
    builder.build().expect_err("refused").to_string()
}

#[test]
fn k13_a_merchant_certificate_is_no_platform_key() {
    let text = refusal(merchant().platform_certificate(certificate("merchant.cert.pem")));
    assert!(
        text.contains("is a merchant's API certificate (apiclient_cert.pem), not a platform certificate"),
        "{text}"
    );
}

#[test]
fn the_merchants_own_key_is_no_platform_key() {
    let own = Certificate::from_pem(key_file("merchant.cert.pem")).unwrap().public_key().clone();
    let text = refusal(merchant().platform_public_key(KEY_ID, own));
    assert!(text.contains("is the merchant's own"), "{text}");
}

#[test]
fn k13_serials_that_are_mixed_up() {
    let with_serial = |serial: &str| {
        Credential::merchant("1900000001")
            .private_key(serial, merchant_key())
            .platform_public_key(KEY_ID, platform_public_key())
            .build()
    };
    assert!(with_serial(KEY_ID).unwrap_err().to_string().contains("names a WeChat Pay public key"));
    assert!(with_serial("not hex").unwrap_err().to_string().contains("hexadecimal serial"));
    let spaced = "37:75:b6:a4:5a:cd:58:88:26:d1:5e:58:3a:95:f5:dd:11:11:11:11";
    assert_eq!(with_serial(spaced).unwrap().serial(), SERIAL);
    let text = refusal(merchant().platform_public_key(SERIAL, platform_public_key()));
    assert!(text.contains("PUB_KEY_ID_"), "{text}");
    let platform = certificate("platform.cert.pem");
    let same = Credential::merchant("1900000001")
        .private_key(platform.serial(), merchant_key())
        .platform_certificate(platform);
    assert!(refusal(same).contains("is the merchant's own"));
}

#[test]
fn what_is_missing_is_named() {
    assert!(refusal(Credential::merchant("1900000001")).contains("private key"));
    assert!(refusal(merchant()).contains("a platform key"));
    assert!(refusal(Credential::merchant("wx123")).contains("digits only"));
    let downloads =
        Credential::merchant("1900000001").private_key(SERIAL, merchant_key()).download_certificates();
    assert!(refusal(downloads).contains("the APIv3 key"));
    let brand = Credential::brand("1004")
        .private_key(SERIAL, merchant_key())
        .platform_certificate(certificate("platform.cert.pem"));
    assert!(refusal(brand).contains("a brand is answered under the WeChat Pay public key only"));
}

#[test]
fn keys_can_be_swapped_while_calls_are_under_way() {
    use weipay_core::PlatformKey;

    let credential = merchant().platform_certificate(certificate("platform.cert.pem")).build().unwrap();
    let ring = credential.key_ring();
    let preferred = || ring.preferred(crate::support::NOW).unwrap().serial().to_owned();
    assert_eq!(preferred(), certificate("platform.cert.pem").serial());
    ring.insert(
        PlatformKey::public_key(KEY_ID, PublicKey::from_pem(key_file("platform.pub.pem")).unwrap()).unwrap(),
    );
    assert_eq!(preferred(), KEY_ID, "a public key goes before certificates");
    ring.remove(KEY_ID);
    assert_eq!(preferred(), certificate("platform.cert.pem").serial());
}

#[test]
fn k03_an_expired_certificate_is_not_used() {
    let credential = merchant().platform_certificate(certificate("expired.cert.pem")).build().unwrap();
    assert!(credential.key_ring().preferred(crate::support::NOW).is_none());
}
