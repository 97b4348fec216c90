//! Member cards (会员卡).

pub(super) mod bonus;
