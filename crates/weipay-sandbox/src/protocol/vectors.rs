//! Anchors outside this project: signatures published on the official pages, and a sealing made elsewhere.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::canonical::{self, RequestString};
use super::seal;

/// Public key of the sample merchant of pages 4012365334 and 4012365336.
const MERCHANT: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAptpm+qvIDCh/9wjU26SQCK26ogYkBhDrYxnAaw2JbbBsp1oDbHKk+1r381NeBUG2HEFAuU+Fr72u5ot3yKdzoF/FajAzQNKnm569/D3upKoi8mYBaST15Uig8j8qoUW1U217LL0jEHlSnHV3lcaDTXqDpTRR4Bfz9IqOgJgFZ8/oTfEomSrjrLYef81Eyxr7ZIMQXEKKEK7V4UXKS0+/fDsiG/cXidhzt8UbTL9vqXqxM2+IDImyO+FAc/tkBG55LmzxPto1Nq0WbnZzRM/wTzrd0I/8NlevxtFbphg4evlHjFNI7+GrqR87ViEwuAJJ9Je5QQjct5YJfFRWiZ5CMQIDAQAB";
/// Public key of the sample platform certificate of page 4013053420.
const PLATFORM: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwXNI6sdlknHBnK8Fu2U6Cwor9qY747jP8KAfeBMeveEt1TqaHkLfaSD07trZLhGpfs8/AHqjhgSMO1O10YQWOrrJ4hjIWPKqxbgrYMkBQc+mwdiWp4W3ByCqxBRagCveCXRWCmuJYovl9H/bsDI0iGbpVtEOghJtfciisYSgxcLufUDTRkvwxjIBK1pCRjk33jJ5YTBWTHMRtMAOcFLNF6hdEYdX8SPsgHHeLZ5Lv2T/686w1xtgCHef/sd4uSfWmyzsalQdHG/e4IyYmrhx+O3VBoNDzE3nx23bFeV/RVNCG7cV6VhmYokJNHa/erIPkEmEFID6A5wQOXuxUkmJWwIDAQAB";

fn verifies(key: &str, message: &[u8], signature: &str) -> bool {
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, STANDARD.decode(key).unwrap());
    key.verify(message, &STANDARD.decode(signature).unwrap()).is_ok()
}

#[test]
fn the_published_post_with_a_body() {
    let string = RequestString {
        method: "POST",
        target: "/v3/pay/transactions/jsapi",
        timestamp: "1554208460",
        nonce: "593BEC0C930BF1AFEB40B4A08C8FB242",
        body: r#"{"appid":"wxd678efh567hg6787","mchid":"1900007291","description":"Image形象店-深圳腾大-QQ公仔","out_trade_no":"1217752501201407033233368018","notify_url":"https://www.weixin.qq.com/wxpay/pay.php","amount":{"total":100,"currency":"CNY"},"payer":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}}"#.as_bytes(),
    };
    assert_eq!(string.bytes().len(), 372);
    let signature = "jnks4dlrPw3ZX+ozVvSK39oa0t7OMBsg83BHAwd8BRdUFiVaQNTLTvci+wURgP1OQBbKYhFGvt7iqYpDSTQkp7Uq1sltaQKyncCyrA1g88m5bsKERQfPyT0ahSwKTYJ1CAn9QiJuSJRq1QsQs07eehbU/k9BCS51jTyc1Jpsi2H77HF9f/BnjXAOP3/sPObg6V5Ee4EzwLox684hhuMuIwHo7D8KFk3LIHOKDcNI4It1aCXydFWNpNK+SG86VUDe5kwoDpw4Ulqfu9z8OFDGbDs9TCxEv8iqQzbpxOlEVoOe2kalSYM5kApQb3nZcxdUtoE0liJGW3RGUNE0t4v01A==";
    assert!(verifies(MERCHANT, &string.bytes(), signature));
}

#[test]
fn the_published_get_without_a_body() {
    let string = RequestString {
        method: "GET",
        target: "/v3/refund/domestic/refunds/123123123123",
        timestamp: "1554208460",
        nonce: "593BEC0C930BF1AFEB40B4A08C8FB242",
        body: b"",
    };
    assert_eq!(string.bytes().len(), 90);
    let signature = "Lc9VXxmeonkdV8Xk9tmigQFLhl0vRWTerdmoRu01aAnYwIrD/5nsSwE1WlmZGLRlAFTNQ3QsMa0+VRDlJp1Wp5p0nO8EK68b5sJBbjouxaFciIfq1zfDWWz+jqhcMoKXI1A6dPm1AW7D4d30WsMTNzp6g23OXakIsh9LO3lUmwvTuE0BY8ncf6tNGk4wKmvXwERd/ZpoQY3MAVKz+Nakwc+2XBmzT66KcUehU5kr4IvGa/lEU5RZb/q00zP9VLdBhC/jQSX3X1UcJLCtEc4gTmib4tnmAT+bHF/e17ZAuxDNcx6rqT8gNEXqaJGG+1OflMSTU2tpyG65G4dMKdFcoA==";
    assert!(verifies(MERCHANT, &string.bytes(), signature));
}

#[test]
fn the_published_answer() {
    let body = r#"{"code_url":"weixin://wxpay/bizpayurl?pr=JyC91EIz1"}"#;
    let string = canonical::answer("1722850421", "d824f2e086d3c1df967785d13fcd22ef", body.as_bytes());
    let signature = "mfI1CPqvBrgcXfgXMFjdNIhBf27ACE2YyeWsWV9ZI7T7RU0vHvbQpu9Z32ogzc+k8ZC5n3kz7h70eWKjgqNdKQF0eRp8mVKlmfzMLBVHbssB9jEZEDXThOX1XFqX7s7ymia1hoHQxQagPGzkdWxtlZPZ4ZPvr1RiqkgAu6Is8MZgXXrRoBKqjmSdrP1N7uxzJ/cjfSiis9FiLjuADoqmQ1P7p2N876YPAol7Rn0+GswwAwxldbdLrmVSjfytfSBJFqTMHn4itojgxSWWN1byuckQt8hSTEv/Lg97QoeGniYP17T80pJeQyL3b+295FPHSO2AtvCgyIbKMZ0BALilAA==";
    assert!(verifies(PLATFORM, &string, signature));
}

#[test]
fn sealings_made_by_another_library() {
    let key = "0123456789abcdefghijABCDEFGHIJKL";
    for (plain, associated_data, nonce, ciphertext) in [
        ("certificate body", "certificate", "61f9c719728a", "DyX0lM82s+OvF/NETuACxz4lhgEQUDkhIdZVlAtPDpA="),
        ("{}", "", "0123456789ab", "h5C36pBfJfjlFJ4L2HM7sYkH"),
    ] {
        assert_eq!(seal::seal(key, nonce, associated_data, plain.as_bytes()).unwrap(), ciphertext);
    }
}
