//! What users do in the app: deeds that no API of the merchant has.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Control;
use crate::Error;
use crate::app::{Act, Said, acts};

/// A deed and what it needs to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserAct {
    /// Its name in the path: that of the method of [`RunningWorld`](crate::RunningWorld), with `-` for `_`.
    pub name: String,
    /// What happens, in English.
    pub title: String,
    /// The same in Chinese.
    pub title_zh: String,
    /// Its members.
    pub members: Vec<ActMember>,
}

/// A member of a deed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ActMember {
    /// Its name.
    pub name: String,
    /// What it is if not said; empty for nothing.
    pub default: String,
    /// Whether it has to be said.
    pub required: bool,
}

impl Control {
    /// Everything that a user can do.
    pub fn user_acts(&self) -> Vec<UserAct> {
        let view = |act: &Act| UserAct {
            name: act.name.to_owned(),
            title: act.title.to_owned(),
            title_zh: act.title_zh.to_owned(),
            members: (act.members.iter())
                .map(|member| ActMember {
                    name: member.name.to_owned(),
                    default: member.default.to_owned(),
                    required: member.required,
                })
                .collect(),
        };
        acts().map(view).collect()
    }

    /// A user does something; members that are not said have the default of [`user_acts`](Self::user_acts), and `null` leaves
    /// one out. Returns the id that came of it, or an empty text.
    pub fn user(&self, act: &str, said: &Map<String, Value>) -> Result<String, Error> {
        let found = acts().find(|known| known.name == act);
        let act = found.ok_or_else(|| Error::Unknown { what: "user act", name: act.to_owned() })?;
        (act.deed)(&self.world, &Said::of(act, said)?)
    }
}
