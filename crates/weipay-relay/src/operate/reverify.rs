//! Notifications that failed verification, tried again after a key was put right.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde_json::{Map, Value};
use weipay::Notification;

use super::view::{Kept, Reverified};
use super::{OperateError, Operator};
use crate::ingress;
use crate::store::{Act, Receipt, Refused, StoreError};

/// As many as are kept of one merchant.
const ALL: u32 = 10_000;

impl Operator {
    pub(super) async fn kept(&self) -> Result<Vec<Kept>, OperateError> {
        let mut kept = Vec::new();
        for merchant in self.ctx.merchants.keys() {
            kept.extend(self.ctx.store.refused(merchant, ALL).await?.into_iter().map(|one| Kept {
                id: one.id,
                merchant: one.refusal.merchant,
                received: one.received,
                reason: one.refusal.reason,
            }));
        }
        Ok(kept)
    }

    /// What verifies now goes the way of every notification; what does not stays where it is.
    pub(super) async fn reverify(&self, by: &Act, now: Timestamp) -> Result<Vec<Reverified>, OperateError> {
        let mut tried = Vec::new();
        for merchant in self.ctx.merchants.keys() {
            for one in self.ctx.store.refused(merchant, ALL).await? {
                tried.push(self.again(one, now).await?);
            }
        }
        let taken = tried.iter().filter(|one| one.result != "refused").count();
        self.ctx.store.record("reverify", &format!("{taken} of {}", tried.len()), by, now).await?;
        self.ctx.work.notify_one();
        Ok(tried)
    }

    async fn again(&self, one: Refused, now: Timestamp) -> Result<Reverified, StoreError> {
        let ctx = &self.ctx;
        let name = one.refusal.merchant;
        let answer = |result: &str, case, reason| Reverified {
            id: one.id,
            merchant: name.clone(),
            result: result.to_owned(),
            case,
            reason,
        };
        let Some(merchant) = ctx.merchants.get(&name) else {
            return Ok(answer("refused", None, Some("this merchant is not configured any more".to_owned())));
        };
        let headers = headers(&one.refusal.headers);
        // A signature is judged as of the moment when it came: a stale one was stale then.
        let credential = merchant.client.credential();
        let notification =
            match Notification::open(credential, &headers, &one.refusal.body, one.received.as_second()) {
                Ok(notification) => notification,
                Err(error) => return Ok(answer("refused", None, Some(error.to_string()))),
            };
        let (arrival, _) = ingress::arrival(ctx, merchant, &headers, &one.refusal.body, &notification, now);
        let case = arrival.case.clone();
        let receipt = ctx.store.receive(arrival, now).await?;
        ctx.store.forget_refused(one.id).await?;
        let result = if receipt == Receipt::Duplicate { "duplicate" } else { "taken" };
        Ok(answer(result, Some(case), None))
    }
}

fn headers(json: &str) -> HeaderMap {
    let kept: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
    let named = kept.iter().filter_map(|(name, value)| {
        Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value.as_str()?).ok()?))
    });
    named.collect()
}
