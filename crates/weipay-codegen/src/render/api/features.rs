//! The generated part of the `[features]` of two manifests.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::model::Catalogue;

/// The manifests and what stands between the marks in each.
pub(crate) fn sections(catalogue: &Catalogue) -> [(&'static str, String); 2] {
    let (mut own, mut forwarded) = (String::new(), String::new());
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for area in &catalogue.areas {
        let members = groups.entry(&area.group).or_default();
        if !members.contains(&area.feature.as_str()) {
            members.push(&area.feature);
        }
    }
    let mut features: Vec<&str> = groups.values().flatten().copied().collect();
    features.sort_unstable();
    for feature in features {
        _ = writeln!(own, "{feature} = []");
        _ = writeln!(forwarded, "{feature} = [\"weipay-api/{feature}\"]");
    }
    for (group, members) in &groups {
        _ = writeln!(own, "{group} = {members:?}");
        _ = writeln!(forwarded, "{group} = [\"weipay-api/{group}\"]");
    }
    own.push_str("events = []\n");
    forwarded.push_str("events = [\"weipay-api/events\"]\n");
    let all: Vec<&str> = groups.keys().copied().chain(["events"]).collect();
    _ = writeln!(own, "full = {all:?}");
    _ = writeln!(forwarded, "full = [\"weipay-api/full\"]");
    [("crates/weipay-api/Cargo.toml", own), ("crates/weipay/Cargo.toml", forwarded)]
}
