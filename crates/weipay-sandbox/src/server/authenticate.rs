//! The checks before anything is executed, in the order of the real server. What fails here is answered unsigned.

use serde_json::json;
use weipay_catalog::ops;

use super::diagnose;
use super::received::Received;
use super::router::Route;
use crate::call::Caller;
use crate::journal::Entry;
use crate::keys::{Keys, RegisteredKey};
use crate::mistake::Mistake;
use crate::protocol::authorization::{Authorization, Malformed, Scheme};
use crate::protocol::canonical::RequestString;
use crate::refusal::Refusal;
use crate::world::CertificateState;

/// Seconds that the timestamp may be off.
const WINDOW: u64 = 300;
/// How much of the server's string a mismatch shows. The real server cuts after a few characters of the body; here
/// everything is shown that helps.
const SHOWN: usize = 1024;

const WRONG_FORM: &str = "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》";
const WRONG_SCHEME: &str = "HTTP头Authorization认证类型不正确";
const WRONG_SERIAL: &str = "商户证书序列号有误。请使用签名私钥匹配的证书序列号";
const TOO_OLD: &str = "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟";

/// Headers, then Authorization's form and scheme, then the clock, the certificate, and the signature. `seen` says
/// whether this very signature came before.
pub(crate) fn authenticate(
    keys: &Keys,
    route: &Route,
    request: &Received,
    now: i64,
    seen: impl FnOnce(&str) -> bool,
    entry: &mut Entry,
) -> Result<Caller, Refusal> {
    // DOC (probed): some products check these before the signature, others do not. Checked everywhere here.
    if request.header("user-agent").is_none() || request.header("accept").is_none() {
        let refusal = Refusal::new(400, "INVALID_REQUEST", "Http头缺少Accept或User-Agent");
        let mistake = Mistake::new("Q08", "the request has no User-Agent or no Accept header");
        return Err(Refusal { signed: false, ..refusal }.because(mistake));
    }
    let authorization = well_formed(route, request)?;
    right_scheme(route, &authorization)?;
    in_time(&authorization, now, seen)?;
    let key = known_key(keys, &authorization)?;
    verify(keys, key, route, request, &authorization, entry)?;
    Ok(Caller { scheme: authorization.scheme, id: authorization.identity, serial: authorization.serial })
}

fn well_formed(route: &Route, request: &Received) -> Result<Authorization, Refusal> {
    // DOC (probed): the payment paths have words of their own for a missing or foreign header.
    let payment = request.path().starts_with("/v3/pay/transactions");
    let say = |usual| Refusal::sign(if payment { "签名信息错误，验签失败" } else { usual });
    match request.authorization() {
        None if route.operation.download => {
            let cause = "a download needs an Authorization header too; its address is signed like any other";
            Err(say(WRONG_FORM).because(Mistake::new("F05", cause)))
        }
        None => Err(say(WRONG_FORM).because(Mistake::new("Q09", "the request has no Authorization header"))),
        Some(Err(Malformed::Scheme)) => {
            Err(say(WRONG_SCHEME).because(Mistake::new("Q09", "Authorization names another scheme")))
        }
        Some(Err(Malformed::Pairs(what))) => {
            Err(say(WRONG_FORM).because(Mistake::new("Q07", format!("Authorization is malformed: {what}"))))
        }
        Some(Ok(authorization)) => Ok(authorization),
    }
}

fn right_scheme(route: &Route, authorization: &Authorization) -> Result<(), Refusal> {
    let cause = match (authorization.scheme, route.operation.scheme) {
        (Scheme::Brand, ops::Scheme::Merchant) => "the brand scheme on a merchant path",
        (Scheme::Merchant, ops::Scheme::Brand) => "the merchant scheme on a brand path",
        _ => return Ok(()),
    };
    Err(Refusal::sign(WRONG_SCHEME).because(Mistake::new("Q11", cause)))
}

fn in_time(authorization: &Authorization, now: i64, seen: impl FnOnce(&str) -> bool) -> Result<(), Refusal> {
    let seen = seen(&authorization.signature);
    let digits = authorization.timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let timestamp = authorization.timestamp.parse::<i64>().ok().filter(|_| digits);
    let mistake = match timestamp {
        Some(timestamp) if timestamp.abs_diff(now) <= WINDOW => return Ok(()),
        _ if seen => Mistake::new("Q14", "this Authorization was sent before; sign every attempt afresh"),
        Some(timestamp) if (timestamp / 1000).abs_diff(now) <= WINDOW => {
            Mistake::new("Q05", "the timestamp is in milliseconds; it must be in seconds")
        }
        Some(timestamp) => {
            let off = timestamp.saturating_sub(now);
            let hours = (off + off.signum() * 300) / 3600;
            let rest = off.abs_diff(hours.saturating_mul(3600));
            let zone = if (1..=14).contains(&hours.abs()) && rest <= WINDOW {
                "; that is whole hours, such as local time taken for UTC"
            } else {
                ""
            };
            Mistake::new("Q05", format!("the timestamp is {off} seconds off the server's clock{zone}"))
        }
        None => Mistake::new("Q05", "the timestamp is not a number of seconds"),
    };
    Err(Refusal::sign(TOO_OLD).because(mistake))
}

fn known_key<'a>(keys: &'a Keys, authorization: &Authorization) -> Result<&'a RegisteredKey, Refusal> {
    let Some(registered) = keys.registered(authorization.scheme, &authorization.identity) else {
        return Err(Refusal::sign(WRONG_SERIAL));
    };
    if registered.is_empty() {
        return Err(Refusal::sign("商户未申请过证书"));
    }
    let Some(key) = registered.iter().find(|key| key.serial == authorization.serial) else {
        let platform = [&keys.platform_certificate.serial, &keys.platform_public.serial];
        let refusal = Refusal::sign(WRONG_SERIAL);
        return Err(if platform.contains(&&authorization.serial) {
            refusal.because(Mistake::new(
                "K13",
                "serial_no names the platform's key instead of the merchant's certificate",
            ))
        } else {
            refusal
        });
    };
    match key.state {
        CertificateState::Active => Ok(key),
        CertificateState::Expired => Err(Refusal::sign("商户证书已过期")),
        CertificateState::Revoked => Err(Refusal::sign("商户证书已作废")),
        CertificateState::Replaced => Err(Refusal::sign("已更换证书，请使用新证书")),
    }
}

fn verify(
    keys: &Keys,
    key: &RegisteredKey,
    route: &Route,
    request: &Received,
    authorization: &Authorization,
    entry: &mut Entry,
) -> Result<(), Refusal> {
    use base64::Engine as _;
    let signed_body = request.signed_body(route.operation);
    let string = RequestString {
        method: &request.method,
        target: &request.target,
        timestamp: &authorization.timestamp,
        nonce: &authorization.nonce,
        body: &signed_body,
    };
    let message = string.bytes();
    entry.string_to_sign = Some(String::from_utf8_lossy(&message).into_owned());
    let decoded = base64::engine::general_purpose::STANDARD.decode(&authorization.signature);
    let mistake = match &decoded {
        Ok(signature) if key.public.verifies(&message, signature) => return Ok(()),
        Ok(signature) => diagnose::cause(keys, key, route, request, &string, signature),
        Err(_) => Some(Mistake::new("Q07", "the signature is not one line of standard base64")),
    };
    let shown = &message[..message.len().min(SHOWN)];
    let mut refusal = Refusal::sign("错误的签名，验签失败");
    refusal.detail = Some(Box::new(json!({
        "detail": { "issue": "sign not match" },
        "field": "signature",
        "location": "authorization",
        "sign_information": {
            "method": request.method,
            "url": request.target,
            "sign_message_length": message.len(),
            "truncated_sign_message": String::from_utf8_lossy(shown),
        },
    })));
    Err(match mistake {
        Some(mistake) => refusal.because(mistake),
        None => refusal,
    })
}
