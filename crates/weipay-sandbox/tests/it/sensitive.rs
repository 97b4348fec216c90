//! Sensitive members by the tests' own hand, and a check of answers against the catalogue.

use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use weipay_catalog::reference;

use crate::catalogue;
use crate::client::{Client, Reply, der};

/// Encrypts to the platform key that the client names in `Wechatpay-Serial`.
pub(crate) fn seal(client: &Client, plain: &str) -> String {
    let key = PublicEncryptingKey::from_der(&der(&client.credentials.platform_public_key_pem)).unwrap();
    let key = OaepPublicEncryptingKey::new(key).unwrap();
    let mut field = vec![0; key.ciphertext_size()];
    let field = key.encrypt(&OAEP_SHA1_MGF1SHA1, plain.as_bytes(), &mut field, None).unwrap();
    STANDARD.encode(field)
}

/// Opens what was encrypted to the client.
pub(crate) fn unseal(client: &Client, field: &Value) -> String {
    let key = PrivateDecryptingKey::from_pkcs8(&der(&client.credentials.private_key_pem)).unwrap();
    let key = OaepPrivateDecryptingKey::new(key).unwrap();
    let mut plain = vec![0; key.min_output_size()];
    let field = STANDARD.decode(field.as_str().unwrap()).unwrap();
    let plain = key.decrypt(&OAEP_SHA1_MGF1SHA1, &field, &mut plain, None).unwrap();
    String::from_utf8(plain.to_vec()).unwrap()
}

/// The answer, after it was found to be a signed 200 of the schema that the catalogue has for the operation.
#[track_caller]
pub(crate) fn fits(client: &Client, operation: &str, reply: &Reply) -> Value {
    reply.is(200);
    client.verify(reply);
    assert_eq!(reply.header("weipay-sandbox-basis"), Some("rule"));
    let bodies = reference::reference(operation).unwrap().bodies;
    let schema = bodies.iter().find_map(|body| body.answer).unwrap();
    assert_eq!(catalogue::wrong(schema, &reply.value(), ""), None);
    reply.value()
}
