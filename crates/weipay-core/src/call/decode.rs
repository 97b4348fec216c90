//! From a verified answer to a value, with the place of whatever does not fit.

use serde::Deserialize;
use serde_json::Value;
use serde_path_to_error::{Deserializer, Segment, Track};

use super::Call;
use crate::json::{MISSING, Object, WRONG_TYPE, read_object};
use crate::{Answer, Error};

/// What a verified answer is turned into.
pub trait Decode: Sized + Send {
    /// Reads the answer; `call` tells which operation it belongs to.
    fn decode(answer: &Answer, call: &Call) -> Result<Self, Error>;
}

/// Any answer as JSON; an empty one as `null`.
impl Decode for Value {
    fn decode(answer: &Answer, call: &Call) -> Result<Self, Error> {
        if answer.bytes().is_empty() {
            return Ok(Value::Null);
        }
        let value: Value = serde_json::from_slice(answer.bytes())
            .map_err(|error| call.undecodable(answer, false, "", problem(&error)))?;
        let text = |name| value.get(name).is_some_and(Value::is_string);
        let documented = call.operation().is_some_and(|operation| operation.answers_code_and_message);
        if text("code") && text("message") && !documented { Err(error_body(answer, call)) } else { Ok(value) }
    }
}

/// Reads a verified answer of `call`.
///
/// # Errors
///
/// [`Error::Decode`] with a JSON pointer to the first member that is missing or of another type.
pub fn decode_object<T: Object>(answer: &Answer, call: &Call) -> Result<T, Error> {
    let has = |name| T::FIELDS.iter().any(|field| field.name == name);
    if !(has("code") && has("message")) {
        refuse_error_body(answer, call)?;
    }
    let mut json = serde_json::Deserializer::from_slice(answer.bytes());
    let mut track = Track::new();
    let problem = match read_object(Deserializer::new(&mut json, &mut track)) {
        Ok(Some(object)) => match json.end() {
            Ok(()) => return Ok(object),
            Err(error) => problem(&error),
        },
        Ok(None) => "null instead of an object".to_owned(),
        Err(error) => problem(&error),
    };
    Err(call.undecodable(answer, false, &pointer(track), problem))
}

/// An operation that answers nothing. A body is passed over: some pages say 204 where the server has sent one.
impl Decode for () {
    fn decode(answer: &Answer, call: &Call) -> Result<Self, Error> {
        refuse_error_body(answer, call)
    }
}

/// A signed 2xx that carries an error body is no answer of the operation (R15).
fn refuse_error_body(answer: &Answer, call: &Call) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct ErrorBody {
        #[serde(rename = "code")]
        _code: String,
        #[serde(rename = "message")]
        _message: String,
    }
    match serde_json::from_slice::<ErrorBody>(answer.bytes()) {
        Ok(_) => Err(error_body(answer, call)),
        Err(_) => Ok(()),
    }
}

fn error_body(answer: &Answer, call: &Call) -> Error {
    call.undecodable(answer, true, "", "it is an error body ('code' and 'message') under a 2xx".to_owned())
}

/// What is wrong, without serde's own words: they may quote the value.
fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if error.is_syntax() || error.is_eof() {
        format!("no JSON from line {}, column {} on", error.line(), error.column())
    } else if let Some(name) = text.strip_prefix(MISSING) {
        format!("{MISSING}'{}'", name.split(' ').next().unwrap_or_default())
    } else {
        WRONG_TYPE.to_owned()
    }
}

fn pointer(track: Track) -> String {
    track.path().iter().fold(String::new(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")),
        _ => pointer,
    })
}
