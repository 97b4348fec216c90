/// A multipart upload: which part is signed, which is the file, and what the file may be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadForm {
    /// The name of the JSON part, whose text alone is signed: `meta`.
    pub signed_part: &'static str,
    /// The name of the part that is the file: `file`, and of two operations another.
    pub file_part: &'static str,
    /// The member of the JSON part that holds the file's digest as hexadecimal digits.
    pub digest_member: &'static str,
    /// The member of the JSON part that holds the file's name; absent where it has none.
    pub name_member: Option<&'static str>,
    /// What that digest is.
    pub digest: Digest,
    /// What files are accepted; empty where nothing is published.
    pub limits: &'static [FileLimit],
}

impl UploadForm {
    /// The form that most uploads have: `meta` with `filename` and `sha256`, and `file`.
    pub const USUAL: Self = Self {
        signed_part: "meta",
        file_part: "file",
        digest_member: "sha256",
        name_member: Some("filename"),
        digest: Digest::Sha256,
        limits: &[],
    };
}

/// A digest of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Digest {
    /// SHA-256.
    Sha256,
    /// SM3, of the national algorithms.
    Sm3,
}

impl Digest {
    /// `sha256` or `sm3`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sm3 => "sm3",
        }
    }
}

/// The greatest size of files of some types.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileLimit {
    /// Extensions of the file's name, in lower case without the dot.
    pub types: &'static [&'static str],
    /// The greatest number of bytes.
    pub max_bytes: u32,
}

/// The file that a download answers with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DownloadFile {
    /// The media types that are documented.
    pub media_types: &'static [&'static str],
    /// The answer's header that holds the file's SHA-1, and is what the answer's signature covers in place of the body.
    /// Absent: the hash, where one is published, came with the [`DownloadUrl`].
    pub digest_header: Option<&'static str>,
}

/// The members of an answer that lead to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DownloadUrl {
    /// The member that holds the address.
    pub member: &'static str,
    /// The member that names the file's hash (`SHA1`, `SHA256`, `SM3`); absent where no hash is published.
    pub hash_type: Option<&'static str>,
    /// The member that holds the hash as hexadecimal digits.
    pub hash_value: Option<&'static str>,
}
