//! Users who join the mall's points service, and leave it.

use serde_json::json;

use super::permitted;
use crate::Error;
use crate::call::{Answer, Call};
use crate::notify::Event;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{Authorization, AuthorizeState, MallUser};

/// A user joins the points service of a mall, or leaves it.
///
/// The default is the user of [`World::documentation`](crate::World::documentation).
#[derive(Debug, Clone)]
pub struct MallMember {
    /// The merchant or partner that is told.
    pub mchid: String,
    /// The mall, when a partner acts for it.
    pub sub_mchid: Option<String>,
    /// The mini program.
    pub appid: String,
    /// The user under that appid.
    pub openid: String,
    /// Whether the user only registers, or authorises the points service in the same step (`auth_type`
    /// `REGISTERED_AND_AUTHORIZATION_MODE`).
    pub registered_only: bool,
}

impl Default for MallMember {
    fn default() -> Self {
        Self {
            mchid: "1900000100".to_owned(),
            sub_mchid: Some("1234567890".to_owned()),
            appid: "wx1234567890abcdef".to_owned(),
            openid: "oWmnN4xxxxxxxxxxe92NHIGf1xd8".to_owned(),
            registered_only: false,
        }
    }
}

impl MallMember {
    fn is(&self, user: &MallUser) -> bool {
        user.mchid == self.mchid
            && user.sub_mchid == self.sub_mchid
            && user.appid == self.appid
            && user.openid == self.openid
    }
}

/// A user joins, and the mall is told with `MALL_AUTH.ACTIVATE_CARD` (DOC: partner 4012076406). Returns the `code` of the
/// notification. ASSUME: the original type; either `auth_type` authorises; joining anew forgets that the user had left.
pub(crate) fn join(state: &mut State, member: &MallMember) -> Result<String, Error> {
    if state.world.merchant(&member.mchid).is_none() {
        return Err(Error::Unknown { what: "mchid", name: member.mchid.clone() });
    }
    let users = &mut state.world.businesscircle.mall_users;
    let known = users.iter().position(|user| member.is(user));
    if known.is_some_and(|at| users[at].authorization.state == AuthorizeState::Authorized) {
        return Err(Error::State("the user is authorised already".to_owned()));
    }
    let authorization = Authorization {
        state: AuthorizeState::Authorized,
        authorize_time: Some(state.clock.business()),
        deauthorize_time: None,
    };
    match known {
        Some(at) => users[at].authorization = authorization,
        None => users.push(MallUser {
            mchid: member.mchid.clone(),
            sub_mchid: member.sub_mchid.clone(),
            appid: member.appid.clone(),
            openid: member.openid.clone(),
            authorization,
        }),
    }
    let code = state.ids.token();
    let mode = if member.registered_only { "REGISTERED_MODE" } else { "REGISTERED_AND_AUTHORIZATION_MODE" };
    state.raise(Event {
        name: "MALL_AUTH.ACTIVATE_CARD",
        original_type: "mall_auth",
        summary: "商圈会员积分服务授权",
        receiver: member.mchid.clone(),
        key: code.clone(),
        url: None,
        resource: json!({
            "openid": member.openid,
            "code": code,
            "mchid": member.sub_mchid.as_ref().unwrap_or(&member.mchid),
            "auth_type": mode,
        }),
    });
    Ok(code)
}

/// A user leaves. Nobody is told; from then on there are no notifications about this user (DOC).
pub(crate) fn leave(state: &mut State, member: &MallMember) -> Result<(), Error> {
    let now = state.clock.business();
    let mut users = state.world.businesscircle.mall_users.iter_mut();
    let user = users.find(|user| member.is(user));
    let user = user.filter(|user| user.authorization.state == AuthorizeState::Authorized);
    let user = user.ok_or_else(|| Error::State("the user is not authorised".to_owned()))?;
    user.authorization.state = AuthorizeState::Deauthorized;
    user.authorization.deauthorize_time = Some(now);
    Ok(())
}

/// `GET …/user-authorizations/{openid}` → the user's authorisation (DOC: merchant 4012534848). ASSUME: a user who never
/// came is `UNAUTHORIZED`, not an error.
pub(super) fn query(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let sub_mchid = permitted(state, call)?;
    let openid = call.path("openid");
    let user = state.world.businesscircle.mall_users.iter().find(|user| {
        user.mchid == call.caller.id
            && user.sub_mchid.as_deref() == sub_mchid
            && user.openid == openid
            && Some(user.appid.as_str()) == call.query("appid")
    });
    let authorization = user.map(|user| user.authorization).unwrap_or_default();
    let name = match authorization.state {
        AuthorizeState::Unauthorized => "UNAUTHORIZED",
        AuthorizeState::Authorized => "AUTHORIZED",
        AuthorizeState::Deauthorized => "DEAUTHORIZED",
    };
    let mut body = json!({ "openid": openid, "authorize_state": name });
    for (name, moment) in [
        ("authorize_time", authorization.authorize_time),
        ("deauthorize_time", authorization.deauthorize_time),
    ] {
        if let Some(moment) = moment {
            body[name] = json!(time::print(moment));
        }
    }
    Ok(Answer::ok(body))
}
