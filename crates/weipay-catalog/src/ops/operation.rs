use std::fmt;

use super::{
    DownloadFile, DownloadUrl, ErrorFact, Idempotency, Query, RateLimit, TooManyRequests, UploadForm,
    common_errors,
};

/// One operation of the API: a method on a template.
///
/// What the official pages do not state is absent (`None` or empty), never guessed from names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, each of which the catalogue has as a flag"
)]
pub struct Operation {
    /// The catalogue's name, unique, in lower case with underscores: `marketing_busifavor_coupons_use`.
    pub id: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path with its parameters in braces, with the leading slash: `/v3/…/cards/{card_id}`.
    /// Literal segments are as they are sent; a trailing slash belongs to the template.
    pub template: &'static str,
    /// The official Chinese title.
    pub title: &'static str,
    /// The product area: the name of its file in `catalogue/openapi/`, such as `marketing-busifavor`.
    pub area: &'static str,
    /// The authentication scheme, which follows from the path.
    pub scheme: Scheme,
    /// Who may call it, in the catalogue's order.
    pub roles: &'static [Role],
    /// The documented 2xx statuses, ascending.
    pub success: &'static [u16],
    /// The origin without a trailing slash, where it is not `https://api.mch.weixin.qq.com`.
    pub host: Option<&'static str>,
    /// The `Wechatpay-Serial` request header is documented for it, because members can be encrypted.
    pub requires_serial: bool,
    /// A multipart upload, of which only the JSON part is signed; [`upload_form`](Self::upload_form) says more.
    pub upload: bool,
    /// The answer is a file, not JSON; [`file`](Self::file) says more.
    pub download: bool,
    /// The address to call comes from an earlier answer; the template only shows its shape.
    pub dynamic_url: bool,
    /// Its documented answer has members `code` and `message`, which elsewhere mark an error body.
    pub answers_code_and_message: bool,
    /// Officially deprecated.
    pub deprecated: bool,
    /// The [`id`](Self::id) of the successor.
    pub replaced_by: Option<&'static str>,
    /// The [`id`](Self::id) of the operation that a server cannot tell from this one: their templates differ in the
    /// name of a parameter only, and either value may stand there.
    pub same_route: Option<&'static str>,
    /// Who may use it, where it is not open to all.
    pub availability: Option<Availability>,
    /// The parts of the upload, where it is one.
    pub upload_form: Option<&'static UploadForm>,
    /// The file that it answers with, where it is a download.
    pub file: Option<&'static DownloadFile>,
    /// The members of its answer that lead to a file, where it has such.
    pub download_url: Option<&'static DownloadUrl>,
    /// The documented rate limit.
    pub rate_limit: Option<RateLimit>,
    /// What makes a repetition the same operation. Absent: never repeat it unless nothing was sent.
    pub idempotency: Option<&'static Idempotency>,
    /// How to ask for the outcome afterwards.
    pub query: Option<&'static Query>,
    /// The errors that are known of this operation alone; [`known_errors`](Self::known_errors) has all of them.
    pub errors: &'static [ErrorFact],
    /// The tables of errors that it shares with others of its family.
    pub error_tables: &'static [&'static [ErrorFact]],
    /// What a 429 says about the outcome, where something is known of it.
    pub too_many_requests: Option<&'static TooManyRequests>,
}

impl Operation {
    /// An operation of which nothing is known: what the generated tables fill in.
    pub(crate) const PLAIN: Self = Self {
        id: "",
        method: Method::Get,
        template: "/",
        title: "",
        area: "",
        scheme: Scheme::Merchant,
        roles: &[],
        success: &[],
        host: None,
        requires_serial: false,
        upload: false,
        download: false,
        dynamic_url: false,
        answers_code_and_message: false,
        deprecated: false,
        replaced_by: None,
        same_route: None,
        availability: None,
        upload_form: None,
        file: None,
        download_url: None,
        rate_limit: None,
        idempotency: None,
        query: None,
        errors: &[],
        error_tables: &[],
        too_many_requests: None,
    };

    /// Every error that is known for the operation: its own, those of its family, then the [`common_errors`].
    pub fn known_errors(&self) -> impl Iterator<Item = &'static ErrorFact> {
        let shared = self.error_tables.iter().copied().flatten();
        self.errors.iter().chain(shared).chain(common_errors())
    }
}

/// Who may use an operation that is not open to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Availability {
    /// Whoever has applied for it and was admitted.
    OnApplication,
    /// The participants of a trial.
    GreyTest,
}

impl Availability {
    /// `on-application` or `grey-test`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnApplication => "on-application",
            Self::GreyTest => "grey-test",
        }
    }
}

impl fmt::Display for Availability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An HTTP method that the API uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Method {
    /// The method as it stands in the request line, in upper case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The method of this exact name in upper case; HTTP methods are case-sensitive.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete]
            .into_iter()
            .find(|method| method.as_str() == name)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The scheme of the `Authorization` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// `WECHATPAY2-SHA256-RSA2048`, signed by a merchant (mchid): every path outside `/brand/…`.
    Merchant,
    /// `WECHATPAY-BRAND-SHA256-RSA2048`, signed by a brand (`brand_id`): the paths `/brand/…`.
    Brand,
}

/// Who calls an operation or receives a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Role {
    /// A directly connected merchant, 直连商户.
    Merchant,
    /// A service provider acting for its sub-merchants or brands, 普通服务商.
    Partner,
    /// An e-commerce platform, 电商平台 (收付通).
    EcommercePlatform,
    /// A merchant of the platform product, 平台商户.
    PlatformMerchant,
    /// A channel partner, 渠道商.
    ChannelPartner,
    /// An institution, 机构.
    Institution,
    /// A payment institution, 支付机构.
    PaymentInstitution,
    /// A bank, 银行机构.
    BankInstitution,
    /// A brand that calls for itself under the brand scheme, 品牌商户.
    Brand,
}

impl Role {
    /// The role as the catalogue spells it, such as `ecommerce_platform`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Merchant => "merchant",
            Self::Partner => "partner",
            Self::EcommercePlatform => "ecommerce_platform",
            Self::PlatformMerchant => "platform_merchant",
            Self::ChannelPartner => "channel_partner",
            Self::Institution => "institution",
            Self::PaymentInstitution => "payment_institution",
            Self::BankInstitution => "bank_institution",
            Self::Brand => "brand",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
