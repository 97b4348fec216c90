//! How a state is written and read where serde's own form does not do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text of the code or the catalogue. By another name than `&'static str`, which serde would borrow from what it reads.
pub(crate) type Constant = &'static str;

/// Reads a constant back. Each text is kept once and for ever: they are few, and the same again and again.
pub(crate) fn constant<'de, D: Deserializer<'de>>(from: D) -> Result<Constant, D::Error> {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let text = String::deserialize(from)?;
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(constant) = known.get(text.as_str()) {
        return Ok(constant);
    }
    let constant: &'static str = Box::leak(text.into_boxed_str());
    known.insert(constant);
    Ok(constant)
}

/// The same for one that may be missing.
pub(crate) fn optional_constant<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Constant>, D::Error> {
    #[derive(Deserialize)]
    struct Wrapped(#[serde(deserialize_with = "constant")] Constant);
    Ok(Option::<Wrapped>::deserialize(from)?.map(|Wrapped(constant)| constant))
}

/// Bytes as Base64.
pub(crate) mod base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map(Bytes::from).map_err(D::Error::custom)
    }
}

/// A map whose keys are no texts, as a list of pairs.
pub(crate) mod pairs {
    use super::{BTreeMap, Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer, K: Serialize, V: Serialize>(
        map: &BTreeMap<K, V>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(map)
    }

    pub(crate) fn deserialize<'de, D, K, V>(from: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        D: Deserializer<'de>,
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(from)?.into_iter().collect())
    }
}
