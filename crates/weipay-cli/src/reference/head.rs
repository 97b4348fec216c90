//! What is known of an operation without its members: one line of `weipay ops --json`, and the head of its page.

use serde::Serialize;
use weipay_catalog::ops::{self, Location, Operation, RateScope, Scheme, TooManyRequestsOutcome};

use super::words;

/// The head of an operation's page. What is not published is `null`.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, as the catalogue has them")]
pub(crate) struct Head {
    pub(crate) id: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// The official Chinese title.
    pub(crate) title: &'static str,
    pub(crate) area: &'static str,
    pub(crate) area_title: &'static str,
    /// The cargo feature of its typed chain.
    pub(crate) feature: &'static str,
    pub(crate) roles: Vec<&'static str>,
    /// The scheme of the `Authorization` header.
    pub(crate) scheme: &'static str,
    pub(crate) success: &'static [u16],
    /// The origin, where it is not the usual one.
    pub(crate) host: Option<&'static str>,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) idempotency: Option<Idempotency>,
    /// How to ask for the outcome.
    pub(crate) query: Option<Query>,
    pub(crate) too_many_requests: Option<TooManyRequests>,
    pub(crate) availability: Option<&'static str>,
    pub(crate) deprecated: bool,
    pub(crate) replaced_by: Option<&'static str>,
    pub(crate) same_route: Option<&'static str>,
    pub(crate) upload: bool,
    pub(crate) download: bool,
    pub(crate) dynamic_url: bool,
    pub(crate) requires_serial: bool,
}

/// A documented ceiling of calls.
#[derive(Serialize)]
pub(crate) struct RateLimit {
    pub(crate) limit: u32,
    /// `second`, `minute`, `hour` or `day`.
    pub(crate) per: &'static str,
    /// What the calls are counted by, where the pages say it.
    pub(crate) scope: Option<&'static str>,
    pub(crate) invalid_requests_limit: Option<u32>,
}

/// What makes a repetition the same operation.
#[derive(Serialize)]
pub(crate) struct Idempotency {
    /// `body`, `query` or `path`.
    #[serde(rename = "in")]
    pub(crate) location: &'static str,
    pub(crate) fields: &'static [&'static str],
    pub(crate) scope: &'static str,
    pub(crate) evidence: &'static str,
    pub(crate) source: &'static str,
}

/// How to ask for the outcome.
#[derive(Serialize)]
pub(crate) struct Query {
    pub(crate) operation: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// Its parameters, and where their values stand in the first request.
    pub(crate) bind: &'static [(&'static str, &'static str)],
    pub(crate) evidence: &'static str,
    pub(crate) source: &'static str,
}

/// What a 429 says about the outcome.
#[derive(Serialize)]
pub(crate) struct TooManyRequests {
    /// `unknown` or `rejected`.
    pub(crate) outcome: &'static str,
    pub(crate) evidence: &'static str,
    pub(crate) source: &'static str,
}

impl Head {
    pub(crate) fn of(operation: &'static Operation) -> Self {
        let area = ops::areas().iter().find(|area| area.name == operation.area);
        Self {
            id: operation.id,
            method: operation.method.as_str(),
            path: operation.template,
            title: operation.title,
            area: operation.area,
            area_title: area.map_or("", |area| area.title),
            feature: area.map_or(operation.area, |area| area.feature),
            roles: operation.roles.iter().map(|role| role.as_str()).collect(),
            scheme: match operation.scheme {
                Scheme::Brand => "WECHATPAY-BRAND-SHA256-RSA2048",
                _ => "WECHATPAY2-SHA256-RSA2048",
            },
            success: operation.success,
            host: operation.host,
            rate_limit: operation.rate_limit.as_ref().map(|limit| RateLimit {
                limit: limit.limit,
                per: words::period(limit.per),
                scope: scope(limit.scope),
                invalid_requests_limit: limit.invalid_requests_limit,
            }),
            idempotency: operation.idempotency.map(|fact| Idempotency {
                location: match fact.location {
                    Location::Query => "query",
                    Location::Path => "path",
                    _ => "body",
                },
                fields: fact.fields,
                scope: fact.scope,
                evidence: fact.evidence.as_str(),
                source: fact.source,
            }),
            query: operation.query.and_then(|fact| {
                let query = ops::operation(fact.operation)?;
                Some(Query {
                    operation: fact.operation,
                    method: query.method.as_str(),
                    path: query.template,
                    bind: fact.bind,
                    evidence: fact.evidence.as_str(),
                    source: fact.source,
                })
            }),
            too_many_requests: operation.too_many_requests.map(|fact| TooManyRequests {
                outcome: match fact.outcome {
                    TooManyRequestsOutcome::Rejected => "rejected",
                    _ => "unknown",
                },
                evidence: fact.evidence.as_str(),
                source: fact.source,
            }),
            availability: operation.availability.map(weipay_catalog::ops::Availability::as_str),
            deprecated: operation.deprecated,
            replaced_by: operation.replaced_by,
            same_route: operation.same_route,
            upload: operation.upload,
            download: operation.download,
            dynamic_url: operation.dynamic_url,
            requires_serial: operation.requires_serial,
        }
    }
}

fn scope(scope: RateScope) -> Option<&'static str> {
    match scope {
        RateScope::PartnerMchid => Some("partner mchid"),
        RateScope::Mchid => Some("mchid"),
        RateScope::TargetMchid => Some("target mchid"),
        RateScope::BrandId => Some("brand_id"),
        RateScope::Api => Some("operation"),
        _ => None,
    }
}
