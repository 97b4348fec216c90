//! The envelope: what happened, sealed for its receiver.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Delivery, DeliveryState, address};
use crate::protocol::{seal, time};
use crate::world::SignWith;

/// Something that a merchant is told.
#[derive(Clone)]
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

/// What the envelope needs to know of its receiver.
pub(crate) struct Receiver<'a> {
    /// None when the receiver has set no APIv3 key.
    pub(crate) apiv3_key: Option<&'a str>,
    pub(crate) notify_url: Option<&'a str>,
    pub(crate) sign_with: SignWith,
    /// Addresses beyond this machine are allowed.
    pub(crate) anywhere: bool,
}

/// An event in its envelope, ready for the outbox.
pub(crate) struct Sealed {
    pub(crate) delivery: Delivery,
    pub(crate) body: Bytes,
    pub(crate) sign_with: SignWith,
}

impl Event {
    /// Seals the event with the receiver's APIv3 key. A receiver without such a key gets none (DOC), a receiver without
    /// a usable address neither; the log says so.
    pub(crate) fn seal(self, receiver: &Receiver<'_>, id: String, nonce: &str, created: Timestamp) -> Sealed {
        let url = self.url.or_else(|| receiver.notify_url.map(str::to_owned));
        let sealed = receiver
            .apiv3_key
            .and_then(|key| seal::seal(key, nonce, self.original_type, self.resource.to_string().as_bytes()));
        let obstacle = match (&sealed, &url) {
            (None, _) => Some("the receiver has no APIv3 key of 32 characters".to_owned()),
            (_, None) => Some("the receiver has set no notify_url".to_owned()),
            (_, Some(url)) => address::check(url, receiver.anywhere).err(),
        };
        let body = json!({
            "id": id,
            "create_time": time::print(created),
            "resource_type": "encrypt-resource",
            "event_type": self.name,
            "summary": self.summary,
            "resource": {
                "original_type": self.original_type,
                "algorithm": seal::ALGORITHM,
                "ciphertext": sealed.unwrap_or_default(),
                "associated_data": self.original_type,
                "nonce": nonce,
            },
        });
        let delivery = Delivery {
            id,
            event_type: self.name,
            receiver: self.receiver,
            key: self.key,
            url,
            created,
            attempts: Vec::new(),
            state: obstacle.map_or(DeliveryState::Waiting(created), DeliveryState::Undeliverable),
        };
        Sealed { delivery, body: Bytes::from(body.to_string()), sign_with: receiver.sign_with }
    }
}
