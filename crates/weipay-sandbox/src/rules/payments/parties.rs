//! Who sells and for whom the caller acts: a merchant for itself, or a partner for a sub-merchant.

use crate::call::Call;
use crate::refusal::Refusal;
use crate::state::State;

/// The sub-merchant that the payload or the query names, if the caller may act for it. `mchid` and `sp_mchid` in a query
/// must be the caller (in a payload that is checked for every operation).
pub(in crate::rules) fn acting<'a>(state: &State, call: &'a Call<'_>) -> Result<Option<&'a str>, Refusal> {
    for name in ["mchid", "sp_mchid"] {
        if call.query(name).is_some_and(|named| named != call.caller.id) {
            return Err(Refusal::new(400, "PARAM_ERROR", format!("{name}与签名的商户号不一致")));
        }
    }
    let sub_mchid = call.text("sub_mchid").or_else(|| call.query("sub_mchid"));
    sub_mchid.map_or(Ok(()), |sub_mchid| acting_for(state, &call.caller.id, sub_mchid))?;
    Ok(sub_mchid)
}

/// 403 unless this merchant may act for this sub-merchant.
pub(in crate::rules) fn acting_for(state: &State, mchid: &str, sub_mchid: &str) -> Result<(), Refusal> {
    if state.world.acts_for(mchid, sub_mchid) {
        Ok(())
    } else {
        Err(Refusal::no_auth("特约子商户商户号未授权服务商的产品权限"))
    }
}

/// Checks that an appid belongs to a merchant. A sub-merchant that the world only names may have any (ASSUME).
pub(in crate::rules) fn bound(state: &State, mchid: &str, appid: Option<&str>) -> Result<(), Refusal> {
    let (Some(appid), Some(merchant)) = (appid, state.world.merchant(mchid)) else { return Ok(()) };
    if merchant.appids.iter().any(|known| known == appid) {
        Ok(())
    } else {
        let refusal = Refusal::new(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配");
        Err(Refusal { internal: 268_445_527, ..refusal })
    }
}

/// Checks that an openid is not known to belong to another appid.
pub(in crate::rules) fn openid_fits(
    state: &State,
    call: &Call<'_>,
    appid: Option<&str>,
    openid: Option<&str>,
) -> Result<(), Refusal> {
    let Some(openid) = openid else { return Ok(()) };
    let payers = state.world.payments.payers.iter().map(|payer| (&payer.openid, &payer.appid));
    let mall = state.world.businesscircle.mall_users.iter().map(|user| (&user.openid, &user.appid));
    let mut known = payers.chain(mall).filter(|(named, _)| *named == openid).peekable();
    if known.peek().is_none() {
        call.note("nobody in the world has this openid; taken for a user of this appid");
        return Ok(());
    }
    if known.any(|(_, under)| Some(under.as_str()) == appid) {
        Ok(())
    } else if state.world.payments.observed_refusals {
        Err(Refusal::new(400, "PARAM_ERROR", "无效的openid"))
    } else {
        Err(Refusal::new(500, "OPENID_MISMATCH", "openid和appid不匹配"))
    }
}
