//! What belongs to no product: the certificate list and the signature self-test.

use serde_json::json;

use super::family::{Family, assumed, documented, rule};
use crate::call::{Answer, Call};
use crate::notify::Event;
use crate::protocol::{seal, time};
use crate::refusal::Refusal;
use crate::state::State;

/// The operations of this family.
pub(super) const FAMILY: Family = Family {
    rules: &[
        rule(
            "certificates_get",
            certificates,
            "2026-11-21",
            &[
                documented(
                    "merchant 4012551764: form and associated data; 404 for merchants of today: 4012076511",
                ),
                assumed("algorithm_type=SM2 finds none; no APIv3 key is the documented 401"),
            ],
        ),
        rule(
            "security_echo",
            echo,
            "2026-11-21",
            &[
                documented("merchant 4014551946, 4015164042"),
                assumed(
                    "the second member of the callback is encrypted to the certificate that signed the request",
                ),
            ],
        ),
    ],
    deeds: &[],
};

/// `GET /v3/certificates`: the platform certificate, sealed with the caller's APIv3 key.
///
/// DOC (merchant 4012551764): form and associated data; 404 for merchants of today, who have none (4012076511).
/// ASSUME: `algorithm_type=SM2` finds none; a merchant without an APIv3 key gets the documented 401.
pub(crate) fn certificates(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let merchant = state.world.merchant(&call.caller.id);
    let key = merchant.and_then(|merchant| merchant.apiv3_key.clone());
    let Some(key) = key else {
        return Err(Refusal::sign("商户未设置APIv3密钥。"));
    };
    if state.world.platform.no_certificates || call.query("algorithm_type") == Some("SM2") {
        let message = "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。查看指引https://pay.weixin.qq.com/doc/v3/merchant/4012153196";
        return Err(Refusal::not_found(message));
    }
    let platform = &state.world.platform;
    let mut listed = vec![(&call.keys.listed, platform.certificate_pem.clone())];
    if let (Some((_, next)), Some(world)) = (&call.keys.next, &platform.next)
        && state.migration.shows_next()
    {
        listed.push((next, world.certificate_pem.clone()));
    }
    let mut data = Vec::new();
    for (certificate, pem) in listed {
        let nonce = state.ids.seal_nonce();
        let sealed = seal::parcel(key.expose(), &nonce, "certificate", pem.as_bytes());
        data.push(json!({
            "serial_no": certificate.serial,
            "effective_time": time::print(certificate.not_before),
            "expire_time": time::print(certificate.not_after),
            "encrypt_certificate": sealed.ok_or_else(|| Refusal::new(500, "SYSTEM_ERROR", "系统错误"))?,
        }));
    }
    Ok(Answer::ok(json!({ "data": data })))
}

/// `POST /v3/security/echo`: says back what was said, decrypts and encrypts the second message, and with a `notify_url`
/// sends `SECURITY_ECHO.SUCCESS` (DOC: merchant 4014551946, 4015164042). ASSUME: the callback's second member is
/// encrypted to the certificate that signed the request.
pub(crate) fn echo(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let mut body = json!({ "echo_message": call.body["echo_message"] });
    let mut resource = body.clone();
    if let Some(field) = call.text("encrypted_echo_message") {
        let Some(serial) = call.serial else {
            let message = "HTTP header缺少微信支付平台证书序列号(Wechatpay-Serial)";
            return Err(Refusal::new(400, "PARAM_ERROR", message));
        };
        let encrypted = call
            .keys
            .platform(call.caller.scheme, &call.caller.id, serial)
            .and_then(|key| key.private.decrypt(field))
            .and_then(|plain| call.encrypt(&plain))
            .ok_or_else(|| {
                let message = "请确认待处理的消息是否为加密后的密文";
                Refusal { message: message.to_owned(), ..Refusal::member("/encrypted_echo_message", message) }
            })?;
        resource["encrypt_echo_message"] = json!(encrypted);
        body["encrypted_echo_message"] = json!(encrypted);
    }
    if let Some(url) = call.text("notify_url") {
        state.raise(Event {
            name: "SECURITY_ECHO.SUCCESS",
            original_type: "security",
            summary: "签名验签测试",
            receiver: call.caller.id.clone(),
            key: "echo".to_owned(),
            url: Some(url.to_owned()),
            resource,
        });
    }
    Ok(Answer::ok(body))
}
