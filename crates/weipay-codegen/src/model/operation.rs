use super::schema::Builder;
use super::transfer::{download_file, download_url, upload_form};
use super::{Body, Operation, Parameter, RateLimit, Schema};
use crate::error::Problem;
use crate::facts::{Known, OperationFacts, known};
use crate::node::Node;

const METHODS: [(&str, &str); 5] =
    [("get", "Get"), ("post", "Post"), ("put", "Put"), ("patch", "Patch"), ("delete", "Delete")];
const ROLES: [(&str, &str); 9] = [
    ("merchant", "Merchant"),
    ("partner", "Partner"),
    ("ecommerce_platform", "EcommercePlatform"),
    ("platform_merchant", "PlatformMerchant"),
    ("channel_partner", "ChannelPartner"),
    ("institution", "Institution"),
    ("payment_institution", "PaymentInstitution"),
    ("bank_institution", "BankInstitution"),
    ("brand", "Brand"),
];
const PERIODS: [(&str, &str); 4] =
    [("second", "Second"), ("minute", "Minute"), ("hour", "Hour"), ("day", "Day")];
const SCOPES: [(&str, &str); 6] = [
    ("partner_mchid", "PartnerMchid"),
    ("mchid", "Mchid"),
    ("target_mchid", "TargetMchid"),
    ("brand_id", "BrandId"),
    ("api", "Api"),
    ("unspecified", "Unspecified"),
];
const LOCATIONS: [(&str, &str); 3] = [("path", "Path"), ("query", "Query"), ("header", "Header")];
const AVAILABILITY: [(&str, &str); 2] = [("on-application", "OnApplication"), ("grey-test", "GreyTest")];
/// All that may stand on an operation.
#[rustfmt::skip]
const KEYS: [&str; 29] = [
    "operationId", "summary", "tags", "parameters", "requestBody", "responses", "deprecated", "servers",
    "x-roles", "x-updated", "x-doc-urls", "x-rate-limit", "x-requires-serial", "x-base-uri", "x-upload", "x-download",
    "x-dynamic-url", "x-replaced-by", "x-confirmed-by", "x-disputed", "x-availability", "x-shapes",
    "x-signed-part", "x-upload-limits", "x-download-url", "x-download-digest-header", "x-same-route", "x-chain-names",
    "x-evidence",
];

/// Reads one operation.
pub(super) fn build<'a>(
    id: &str,
    method: &str,
    template: &str,
    node: &Node<'a>,
    builder: &mut Builder<'a>,
    facts: Option<OperationFacts>,
) -> Result<Operation, Problem> {
    node.only(&KEYS)?;
    identifier(id).map_err(|reason| node.problem(reason))?;
    let verb = METHODS.iter().find(|(word, _)| *word == method);
    let (_, variant) = verb.ok_or_else(|| node.problem(format!("`{method}` is no method of this API")))?;
    let parameters = parameters(node, builder)?;
    check_template(template, &parameters).map_err(|reason| node.problem(reason))?;
    let (status, answer) = answer(node, builder)?;
    let request = request(node, builder)?;
    let doc_urls = node.texts("x-doc-urls")?;
    let updated = node.optional_text("x-updated")?;
    let source =
        doc_urls.first().cloned().or_else(|| updated.as_ref().map(|date| format!("official page of {date}")));
    let source = source.unwrap_or_else(|| "transcription".to_owned());
    let known = node.get("x-evidence").map_or(Ok(Known { evidence: "Documented", source }), |node| {
        node.only(&["evidence", "source"])?;
        known(&node)
    })?;
    let download_url = download_url(node, answer.as_ref(), builder)?;
    let plain = body(builder, method.to_owned(), None, known, (request, answer));
    let mut operation = Operation {
        id: id.to_owned(),
        method: variant,
        template: template.to_owned(),
        title: node.need_text("summary")?,
        roles: roles(node)?,
        success: vec![status],
        host: node.optional_text("x-base-uri")?,
        requires_serial: node.flag("x-requires-serial")?,
        upload: upload_form(node, builder)?,
        download: download_file(node)?,
        download_url,
        dynamic_url: node.flag("x-dynamic-url")?,
        deprecated: node.flag("deprecated")?,
        replaced_by: node.optional_text("x-replaced-by")?,
        same_route: node.optional_text("x-same-route")?,
        chain_names: pairs(node, "x-chain-names")?,
        rate_limit: node.get("x-rate-limit").map(|node| rate_limit(&node)).transpose()?,
        facts,
        parameters,
        bodies: bodies(node, builder, plain)?,
        doc_urls,
        updated,
        confirmed_by: node.texts("x-confirmed-by")?,
        disputed: pairs(node, "x-disputed")?,
        availability: node.get("x-availability").map(|node| node.word(&AVAILABILITY)).transpose()?,
    };
    // Files have verbs of their own.
    let verb = match (&operation.upload, &operation.download) {
        (Some(_), _) => Some("upload"),
        (None, Some(_)) => operation.fetches(),
        (None, None) => None,
    };
    match (verb, operation.bodies.as_mut_slice()) {
        (None, _) => {}
        (Some(verb), [body]) => body.name = verb.to_owned(),
        (Some(_), _) => return Err(node.problem("an upload or download has one shape")),
    }
    Ok(operation)
}

/// Reads `x-roles`.
pub(super) fn roles(node: &Node<'_>) -> Result<Vec<&'static str>, Problem> {
    node.items("x-roles")?.iter().map(|role| role.word(&ROLES)).collect()
}

/// Reads an object of texts.
pub(super) fn pairs(node: &Node<'_>, key: &str) -> Result<Vec<(String, String)>, Problem> {
    let members = node.members_of(key)?;
    members.iter().map(|(name, text)| Ok(((*name).to_owned(), text.text()?.to_owned()))).collect()
}

/// A body, with what of it is encrypted.
fn body(
    builder: &Builder<'_>,
    name: String,
    shape: Option<String>,
    known: Known,
    (request, answer): (Option<Schema>, Option<Schema>),
) -> Body {
    let pointers = |of: &Option<Schema>, marked: fn(&Schema) -> bool| {
        of.as_ref().map(|of| builder.pointers(of, marked)).unwrap_or_default()
    };
    let encrypted = pointers(&request, |schema| schema.encrypted);
    let decrypted = pointers(&answer, |schema| schema.decrypted);
    Body { name, shape, known, request, answer, encrypted, decrypted }
}

fn identifier(id: &str) -> Result<(), String> {
    let good = id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if good { Ok(()) } else { Err(format!("the operationId `{id}` must be of `a-z`, `0-9` and `_`")) }
}

fn rate_limit(node: &Node<'_>) -> Result<RateLimit, Problem> {
    node.only(&["limit", "per", "scope", "invalid_requests_limit", "x-reason"])?;
    let limit = node.number("limit")?.ok_or_else(|| node.problem("lacks the member `limit`"))?;
    Ok(RateLimit {
        limit,
        per: node.need("per")?.word(&PERIODS)?,
        scope: node.need("scope")?.word(&SCOPES)?,
        invalid_requests_limit: node.number("invalid_requests_limit")?,
    })
}

fn parameters<'a>(node: &Node<'a>, builder: &mut Builder<'a>) -> Result<Vec<Parameter>, Problem> {
    let mut parameters = Vec::new();
    for node in node.items("parameters")? {
        let node = builder.resolve(node)?;
        node.only(&["name", "in", "required", "x-label", "x-encrypted", "schema"])?;
        let mut schema = builder.schema(&node.need("schema")?)?;
        schema.encrypted |= node.flag("x-encrypted")?;
        parameters.push(Parameter {
            name: node.need_text("name")?,
            location: node.need("in")?.word(&LOCATIONS)?,
            required: node.flag("required")?,
            label: node.optional_text("x-label")?,
            schema,
        });
    }
    Ok(parameters)
}

/// The names in the braces of a template, in order.
pub(super) fn names_in(template: &str) -> Vec<&str> {
    template.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).collect()
}

fn check_template(template: &str, parameters: &[Parameter]) -> Result<(), String> {
    let segments = template.strip_prefix('/').ok_or("the path must begin with a slash")?.split('/');
    for segment in segments {
        let whole = segment.starts_with('{') && segment.ends_with('}');
        let literal = segment.chars().all(|c| c.is_ascii_graphic() && !"{}?#%\\".contains(c));
        if !(literal || whole && segment.matches(['{', '}']).count() == 2) {
            return Err(format!("the segment `{segment}` is neither literal nor one parameter"));
        }
    }
    let mut names = names_in(template);
    let in_path = parameters.iter().filter(|parameter| parameter.location == "Path");
    let mut declared: Vec<&str> = in_path.clone().map(|parameter| parameter.name.as_str()).collect();
    names.sort_unstable();
    declared.sort_unstable();
    if names != declared {
        return Err(format!("the template has the parameters {names:?}, but {declared:?} are declared"));
    }
    match in_path.clone().find(|parameter| !parameter.required) {
        Some(parameter) => Err(format!("the path parameter `{}` must be required", parameter.name)),
        None => Ok(()),
    }
}

/// The one documented success and its body.
fn answer<'a>(node: &Node<'a>, builder: &mut Builder<'a>) -> Result<(u16, Option<Schema>), Problem> {
    let responses = node.need("responses")?;
    let [(status, response)] = responses.members()?.try_into().map_err(|_| {
        responses.problem("needs exactly one documented success; errors belong into the facts")
    })?;
    let number = status.parse().ok().filter(|status| (200..300).contains(status));
    let number = number.ok_or_else(|| response.problem(format!("`{status}` is no 2xx status")))?;
    response.only(&["description", "content"])?;
    // Several media types are one file in several formats; the first stands for them.
    let media = response.members_of("content")?.into_iter().next();
    Ok((number, media.map(|(_, media)| builder.schema(&media.need("schema")?)).transpose()?))
}

fn request<'a>(node: &Node<'a>, builder: &mut Builder<'a>) -> Result<Option<Schema>, Problem> {
    let Some(body) = node.get("requestBody") else { return Ok(None) };
    body.only(&["required", "content"])?;
    let [(media_type, media)] = body
        .need("content")?
        .members()?
        .try_into()
        .map_err(|_| body.problem("needs exactly one media type"))?;
    let schema = media.need("schema")?;
    if media_type == "multipart/form-data" {
        // What a caller states and what is signed is the JSON part; the file is sent beside it.
        let signed = node.need_text("x-signed-part")?;
        return builder.schema(&builder.resolve(schema)?.need("properties")?.need(&signed)?).map(Some);
    }
    builder.schema(&schema).map(Some)
}

/// The operation's own body, or the several that `x-shapes` tells. A shape without `request` or `answer` has the
/// operation's own.
fn bodies<'a>(node: &Node<'a>, builder: &mut Builder<'a>, plain: Body) -> Result<Vec<Body>, Problem> {
    let shapes = node.items("x-shapes")?;
    if shapes.is_empty() {
        return Ok(vec![plain]);
    }
    let mut bodies: Vec<Body> = Vec::new();
    for shape in shapes {
        shape.only(&["name", "shape", "request", "answer", "evidence", "source"])?;
        let name = shape.need_text("name")?;
        if bodies.iter().any(|body| body.name == name) {
            return Err(shape.problem(format!("the name `{name}` is taken by an earlier shape")));
        }
        let mut schema = |key, own: &Option<Schema>| match shape.get(key) {
            Some(node) => builder.schema(&node).map(Some),
            None => Ok(own.clone()),
        };
        let schemas = (schema("request", &plain.request)?, schema("answer", &plain.answer)?);
        let shape_name = Some(shape.need_text("shape")?);
        bodies.push(body(builder, name, shape_name, known(&shape)?, schemas));
    }
    Ok(bodies)
}
