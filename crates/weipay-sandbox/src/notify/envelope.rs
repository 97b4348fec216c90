//! The envelope: what happened, sealed for its receiver.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Delivery, DeliveryState, courier};
use crate::protocol::{seal, time};
use crate::state::State;

/// Something that a merchant is told.
pub(crate) struct Event {
    /// `event_type` of the envelope.
    pub(crate) name: &'static str,
    /// `resource.original_type`, also the associated data (as captured traffic has it).
    pub(crate) original_type: &'static str,
    pub(crate) summary: &'static str,
    /// The mchid that gets it.
    pub(crate) receiver: String,
    /// The business key, for the log.
    pub(crate) key: String,
    /// An address that goes before the receiver's own.
    pub(crate) url: Option<String>,
    pub(crate) resource: Value,
}

impl State {
    /// Seals an event with the receiver's APIv3 key and puts it up for delivery. A receiver without such a key gets
    /// none (DOC), a receiver without a usable address neither; the log says so.
    pub(crate) fn raise(&mut self, event: Event) {
        let created = self.clock.business();
        let id = self.ids.notification();
        let nonce = self.ids.seal_nonce();
        let merchant = self.world.merchant(&event.receiver);
        let sign_with = merchant.map(|merchant| merchant.notifications_signed_with).unwrap_or_default();
        let url = event.url.or_else(|| merchant.and_then(|merchant| merchant.notify_url.clone()));
        let sealed = merchant.and_then(|merchant| merchant.apiv3_key.as_ref()).and_then(|key| {
            let text = event.resource.to_string();
            seal::seal(key.expose(), &nonce, event.original_type, text.as_bytes())
        });
        let obstacle = match (&sealed, &url) {
            (None, _) => Some("the receiver has no APIv3 key of 32 characters".to_owned()),
            (_, None) => Some("the receiver has set no notify_url".to_owned()),
            (_, Some(url)) => courier::address(url).err(),
        };
        let body = json!({
            "id": id,
            "create_time": time::print(created),
            "resource_type": "encrypt-resource",
            "event_type": event.name,
            "summary": event.summary,
            "resource": {
                "original_type": event.original_type,
                "algorithm": seal::ALGORITHM,
                "ciphertext": sealed.unwrap_or_default(),
                "associated_data": event.original_type,
                "nonce": nonce,
            },
        });
        let delivery = Delivery {
            id,
            event_type: event.name,
            receiver: event.receiver,
            key: event.key,
            url,
            created,
            attempts: Vec::new(),
            state: obstacle.map_or(DeliveryState::Waiting(created), DeliveryState::Undeliverable),
        };
        self.outbox.post(delivery, Bytes::from(body.to_string()), sign_with);
    }
}
