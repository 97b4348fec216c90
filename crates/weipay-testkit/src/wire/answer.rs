use std::fmt;

/// An answer to write: status, headers, body, and a signature if one is asked for.
#[derive(Clone, Debug)]
#[must_use = "an answer is written by bytes()"]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    chunks: Option<usize>,
    length: Option<usize>,
}

impl Answer {
    /// An answer without a body.
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), chunks: None, length: None }
    }

    /// An answer with a JSON body.
    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::new(status) }.header("Content-Type", "application/json")
    }

    /// Adds a header, spelled as given.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes every header of this name away, in any case.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(header, _)| !header.eq_ignore_ascii_case(name));
        self
    }

    /// Spells all headers so far in lower case.
    pub fn lower_case(mut self) -> Self {
        for (name, _) in &mut self.headers {
            name.make_ascii_lowercase();
        }
        self
    }

    /// Puts another body in place, after signing for instance.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends the body in chunks of `size` bytes instead of announcing its length.
    pub fn chunked(mut self, size: usize) -> Self {
        self.chunks = Some(size);
        self
    }

    /// Announces another length than the body has.
    pub fn announcing(mut self, length: usize) -> Self {
        self.length = Some(length);
        self
    }

    /// Adds the headers that sign the present body at `unix` seconds.
    pub fn signed(self, platform: &Platform, unix: i64) -> Self {
        let nonce = "c5ac7061fccab6bf3e254dcf98995b8c";
        let mut message = format!("{unix}\n{nonce}\n").into_bytes();
        message.extend_from_slice(&self.body);
        message.push(b'\n');
        let signature = (platform.sign)(&message);
        self.header("Wechatpay-Timestamp", &unix.to_string())
            .header("Wechatpay-Nonce", nonce)
            .header("Wechatpay-Serial", &platform.serial)
            .header("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048")
            .header("Wechatpay-Signature", &signature)
    }

    /// The whole answer.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head();
        match self.chunks {
            None => bytes.extend_from_slice(&self.body),
            Some(size) => {
                for chunk in self.body.chunks(size) {
                    bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    bytes.extend_from_slice(chunk);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(b"0\r\n\r\n");
            }
        }
        bytes
    }

    /// The head alone, with the empty line.
    pub fn head(&self) -> Vec<u8> {
        let framing = match self.chunks {
            Some(_) => "Transfer-Encoding: chunked\r\n".to_owned(),
            None if self.status == 204 => String::new(),
            None => format!("Content-Length: {}\r\n", self.length.unwrap_or(self.body.len())),
        };
        let headers: String =
            self.headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
        format!("HTTP/1.1 {} Scripted\r\n{headers}{framing}\r\n", self.status).into_bytes()
    }
}

/// Who signs answers: a serial, and a closure that signs a message and gives base64.
pub struct Platform {
    /// What `Wechatpay-Serial` says.
    pub serial: String,
    sign: Box<Sign>,
}

type Sign = dyn Fn(&[u8]) -> String + Send + Sync;

impl Platform {
    /// A platform that signs by `sign` under `serial`.
    pub fn new(serial: impl Into<String>, sign: impl Fn(&[u8]) -> String + Send + Sync + 'static) -> Self {
        Self { serial: serial.into(), sign: Box::new(sign) }
    }
}

impl fmt::Debug for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Platform").field("serial", &self.serial).finish_non_exhaustive()
    }
}
