//! Members that are encrypted on their way: phone numbers, names, addresses.

use crate::call::Call;
use crate::keys::Keys;
use crate::mistake::Mistake;
use crate::protocol::authorization::Scheme;
use crate::refusal::Refusal;
use crate::world::{CertificateState, Secret};

/// Refuses a call without `Wechatpay-Serial` where the page requires the header, also when nothing is encrypted.
pub(super) fn header(call: &Call<'_>) -> Result<(), Refusal> {
    match call.serial {
        Some(_) => Ok(()),
        None if call.operation.requires_serial => Err(missing()),
        None => Ok(()),
    }
}

fn missing() -> Refusal {
    Refusal::new(400, "PARAM_ERROR", "HTTP header缺少微信支付平台证书序列号(Wechatpay-Serial)")
}

/// Opens a member that the caller encrypted with the platform key that it names in `Wechatpay-Serial`.
pub(super) fn open(call: &Call<'_>, pointer: &str, field: &str) -> Result<Secret, Refusal> {
    let key = call.serial.and_then(|serial| call.keys.platform(call.caller.scheme, &call.caller.id, serial));
    let key = key.ok_or_else(missing)?;
    key.private.decrypt(field).map(Secret::from).ok_or_else(|| {
        let issue = "not encrypted with the platform key that Wechatpay-Serial names";
        let cause = format!("{pointer} is plain, or encrypted with another key");
        Refusal::member(pointer, issue).because(Mistake::new("K10", cause))
    })
}

/// Encrypts a member of an answer to the caller. ASSUME: to the certificate that signed the request.
pub(super) fn answer(call: &Call<'_>, plain: &Secret) -> Option<String> {
    let mut registered = call.keys.registered(call.caller.scheme, &call.caller.id)?.iter();
    registered.find(|key| key.serial == call.caller.serial)?.public.encrypt(plain.expose())
}

/// Encrypts a member of a notification. ASSUME: to the receiver's first certificate that is in use.
pub(super) fn notification(keys: &Keys, scheme: Scheme, receiver: &str, plain: &Secret) -> Option<String> {
    let mut registered = keys.registered(scheme, receiver)?.iter();
    registered.find(|key| key.state == CertificateState::Active)?.public.encrypt(plain.expose())
}
