//! Keys: parsed once, at construction, where a bad one is refused with a reason.

mod apiv3_key;
mod certificate;
mod private_key;
mod public_key;
mod source;

pub use apiv3_key::{ApiV3Key, OpenError};
pub use certificate::Certificate;
pub use private_key::PrivateKey;
pub use public_key::PublicKey;
