use std::fmt;

/// A request exactly as it came over the wire.
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    head: String,
    body: Vec<u8>,
}

impl Received {
    pub(super) fn new(head: &[u8], body: Vec<u8>) -> Self {
        Self { head: String::from_utf8_lossy(head).into_owned(), body }
    }

    /// The request line and the headers as text, without the empty line.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// The method.
    pub fn method(&self) -> &str {
        self.line().split(' ').next().unwrap_or_default()
    }

    /// What stands between the method and the version, byte for byte.
    pub fn target(&self) -> &str {
        self.line().split(' ').nth(1).unwrap_or_default()
    }

    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("head", &self.head)
            .field("body", &String::from_utf8_lossy(&self.body))
            .finish()
    }
}
