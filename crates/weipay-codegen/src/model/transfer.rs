//! Uploads and downloads.

use super::schema::Builder;
use super::{DownloadFile, DownloadUrl, Kind, Schema, UploadForm};
use crate::error::Problem;
use crate::node::Node;

const DIGESTS: [(&str, &str); 2] = [("sha256", "Sha256"), ("sm3", "Sm3")];

/// Reads `x-upload` and what belongs to it.
pub(super) fn upload_form<'a>(
    node: &Node<'a>,
    builder: &mut Builder<'a>,
) -> Result<Option<UploadForm>, Problem> {
    if !node.flag("x-upload")? {
        return match node.get("x-upload-limits").or_else(|| node.get("x-signed-part")) {
            Some(other) => Err(other.problem("belongs to an upload, but `x-upload` is not true")),
            None => Ok(None),
        };
    }
    let body = node.need("requestBody")?.need("content")?.need("multipart/form-data")?;
    let parts = builder.resolve(body.need("schema")?)?.need("properties")?;
    let signed_part = node.need_text("x-signed-part")?;
    let Kind::Object(meta) = builder.schema(&parts.need(&signed_part)?)?.kind else {
        return Err(parts.problem(format!("the signed part `{signed_part}` must be an object")));
    };
    let files: Vec<&str> =
        parts.members()?.iter().map(|(name, _)| *name).filter(|name| *name != signed_part).collect();
    let &[file_part] = files.as_slice() else {
        return Err(parts.problem(format!("needs one file beside `{signed_part}`, but has {files:?}")));
    };
    let rules = node.need("x-upload-limits")?;
    rules.only(&["limits", "digest_field", "digest"])?;
    let digest_member = rules.need_text("digest_field")?;
    if !builder.has_member(&meta, &digest_member) {
        return Err(rules.problem(format!("`{signed_part}` has no member `{digest_member}`")));
    }
    // All that have one spell it in one of two ways.
    let name_member = ["filename", "file_name"].into_iter().find(|name| builder.has_member(&meta, name));
    let limit = |node: &Node<'_>| {
        node.only(&["types", "max_bytes"])?;
        let most = node.number("max_bytes")?.ok_or_else(|| node.problem("lacks the member `max_bytes`"))?;
        Ok((node.texts("types")?, most))
    };
    Ok(Some(UploadForm {
        signed_part,
        file_part: file_part.to_owned(),
        digest_member,
        name_member: name_member.map(str::to_owned),
        digest: rules.need("digest")?.word(&DIGESTS)?,
        limits: rules.items("limits")?.iter().map(limit).collect::<Result<_, Problem>>()?,
    }))
}

/// Reads `x-download` and what belongs to it.
pub(super) fn download_file(node: &Node<'_>) -> Result<Option<DownloadFile>, Problem> {
    let digest_header = node.optional_text("x-download-digest-header")?;
    if !node.flag("x-download")? {
        return match digest_header {
            Some(_) => Err(node.problem("`x-download-digest-header` belongs to a download")),
            None => Ok(None),
        };
    }
    let mut media_types = Vec::new();
    for (_, response) in node.need("responses")?.members()? {
        media_types.extend(response.need("content")?.members()?.iter().map(|(name, _)| (*name).to_owned()));
    }
    Ok(Some(DownloadFile { media_types, digest_header }))
}

/// Reads `x-download-url`. The hash stands beside the address wherever one is documented, and under the same names.
pub(super) fn download_url(
    node: &Node<'_>,
    answer: Option<&Schema>,
    builder: &Builder<'_>,
) -> Result<Option<DownloadUrl>, Problem> {
    let Some(member) = node.optional_text("x-download-url")? else { return Ok(None) };
    let Some(Schema { kind: Kind::Object(answer), .. }) = answer else {
        return Err(node.problem("`x-download-url` needs an object as its answer"));
    };
    if !builder.has_member(answer, &member) {
        return Err(node.problem(format!("x-download-url: the answer has no member `{member}`")));
    }
    let names = ["hash_type", "hash_value"];
    let hashed = names.iter().all(|name| builder.has_member(answer, name));
    let hash = hashed.then(|| (names[0].to_owned(), names[1].to_owned()));
    Ok(Some(DownloadUrl { member, hash }))
}
