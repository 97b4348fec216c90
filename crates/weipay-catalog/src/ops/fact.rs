use std::fmt;

/// How well a fact is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// Official pages or official code say so.
    Documented,
    /// Seen in answers of the live system, but not documented.
    Observed,
    /// Nothing is published: a careful assumption, which a live account must confirm.
    Assumed,
}

impl Evidence {
    /// `documented`, `observed` or `assumed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Observed => "observed",
            Self::Assumed => "assumed",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A documented ceiling of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// Calls per [`per`](Self::per).
    pub limit: u32,
    /// The period that the limit counts over.
    pub per: Period,
    /// What the calls are counted by.
    pub scope: RateScope,
    /// The ceiling of failing calls in the same period, where it is a lower one.
    pub invalid_requests_limit: Option<u32>,
}

/// The period of a [`RateLimit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Period {
    /// One second.
    Second,
    /// One minute.
    Minute,
    /// One hour.
    Hour,
    /// One day.
    Day,
}

impl Period {
    /// The length in seconds.
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }
}

/// What the calls under a [`RateLimit`] are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RateScope {
    /// The partner's mchid that signs the call.
    PartnerMchid,
    /// The mchid that signs the call.
    Mchid,
    /// The merchant that the call is about.
    TargetMchid,
    /// The brand that signs the call.
    BrandId,
    /// The operation as such.
    Api,
    /// The pages do not say.
    Unspecified,
}

/// What makes a repetition the same operation: same values here, same operation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Idempotency {
    /// Where the fields stand in the request.
    pub location: Location,
    /// The members or parameters that together are the key; several are one composite key.
    pub fields: &'static [&'static str],
    /// What the key is unique within, such as `mchid` or `mchid + sub_mchid`.
    pub scope: &'static str,
    /// How well this is known.
    pub evidence: Evidence,
    /// Where it is known from.
    pub source: &'static str,
}

/// A place in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Location {
    /// A member of the JSON body.
    Body,
    /// A query parameter.
    Query,
    /// A parameter of the template.
    Path,
}

/// How to ask for the outcome of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// The id of the operation that answers it.
    pub operation: &'static str,
    /// Its parameters and where their values stand in the first request: `("openid", "body.openid")`.
    /// The second begins with `body.`, `path.` or `query.`; `=` begins the value itself: `("need_query_detail", "=false")`.
    pub bind: &'static [(&'static str, &'static str)],
    /// How well this is known.
    pub evidence: Evidence,
    /// Where it is known from.
    pub source: &'static str,
}

/// One error answer that an operation can give. The same code may come with several statuses and messages.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorFact {
    /// The HTTP status.
    pub status: u16,
    /// The `code` member of the error body.
    pub code: &'static str,
    /// One known `message`, in the original Chinese; WeChat Pay changes messages without notice.
    pub message: Option<&'static str>,
    /// How well this is known.
    pub evidence: Evidence,
    /// Where it is known from.
    pub source: &'static str,
}

/// What a 429 of this operation says about its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TooManyRequests {
    /// Whether the operation may have happened all the same.
    pub outcome: TooManyRequestsOutcome,
    /// How well this is known.
    pub evidence: Evidence,
    /// Where it is known from.
    pub source: &'static str,
}

/// Whether an operation that was answered with 429 may have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TooManyRequestsOutcome {
    /// It may have happened: query before anything is sent again.
    Unknown,
    /// It did not happen.
    Rejected,
}
