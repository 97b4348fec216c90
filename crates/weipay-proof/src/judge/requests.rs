//! A repetition is the same request, byte for byte.

use std::collections::HashMap;

use serde_json::Value;
use weipay_sandbox::Direction;

use super::{CONFIRM, Evidence, NOTIFY, OPEN, SYNC, USE};
use crate::verdict::Finding;

pub(super) fn judge(evidence: &Evidence<'_>, found: &mut Vec<Finding>) {
    let mut first: HashMap<(&str, String), &[u8]> = HashMap::new();
    for entry in evidence.journal.iter().filter(|entry| entry.direction == Direction::Received) {
        let Some(operation) = entry.operation else { continue };
        // The member that names the case. A balance has none but its number.
        let member = match operation {
            CONFIRM => "record_id",
            NOTIFY => "transaction_id",
            USE => "coupon_code",
            SYNC => "out_request_no",
            OPEN => "",
            _ => continue,
        };
        let body: Value = serde_json::from_slice(&entry.request_body).unwrap_or_default();
        // A card is named by the path.
        let key = if operation == OPEN { Some(entry.target.as_str()) } else { body[member].as_str() };
        let Some(key) = key else { continue };
        let known = first.entry((operation, key.to_owned())).or_insert(&entry.request_body);
        if **known != *entry.request_body {
            found.push(Finding::new("changed-request-number", format!("{operation} {key}")));
        }
    }
}
