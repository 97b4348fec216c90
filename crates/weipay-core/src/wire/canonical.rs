//! The strings that are signed. Every line ends with one LF, the last one too.

/// The five lines that a request's signature covers.
///
/// `target` is the path and query exactly as they go over the wire; `timestamp` is in Unix seconds; `body` is empty
/// where the request has none.
pub fn request_message(method: &str, target: &str, timestamp: i64, nonce: &str, body: &[u8]) -> Vec<u8> {
    let timestamp = timestamp.to_string();
    lines(&[method.as_bytes(), target.as_bytes(), timestamp.as_bytes(), nonce.as_bytes(), body])
}

/// The three lines that the signature of an answer or a notification covers.
///
/// `timestamp` and `nonce` are the texts of the headers, not re-printed; `body` is the bytes as received.
pub fn response_message(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    lines(&[timestamp.as_bytes(), nonce.as_bytes(), body])
}

fn lines(parts: &[&[u8]]) -> Vec<u8> {
    let mut message = Vec::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
    for part in parts {
        message.extend_from_slice(part);
        message.push(b'\n');
    }
    message
}
