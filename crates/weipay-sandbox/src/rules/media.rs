//! Uploads: the file against the digest and the limits that the catalogue has, kept under a new `media_id`.

use aws_lc_rs::digest;
use serde_json::json;
use sm3::Digest as _;
use weipay_catalog::ops::{Digest, UploadForm};

use super::family::{Entry, Family, assumed, documented, rule};
use crate::call::{Answer, Call};
use crate::ledger::Known;
use crate::mistake::Mistake;
use crate::protocol::hex;
use crate::refusal::Refusal;
use crate::schema;
use crate::state::State;
use crate::world::UploadedFile;

const UPLOAD: &[Known] = &[
    documented(
        "the upload pages, as the catalogue's x-upload facts: the JSON part is signed, its digest is that of the file, types and sizes",
    ),
    assumed("the codes of the refusals; the other members of the answer are made by its schema"),
];

const IMAGE: &[Known] = &[
    documented("the page of the picture: bytes, unsigned"),
    assumed(
        "only the merchant that uploaded a picture finds it; the media type follows from its first bytes",
    ),
];

const fn upload(operation: &'static str) -> Entry {
    rule(operation, keep, "2026-11-21", UPLOAD)
}

const fn image(operation: &'static str) -> Entry {
    rule(operation, show, "2026-11-21", IMAGE)
}

/// The operations of this family.
pub(super) const FAMILY: Family = Family {
    rules: &[
        upload("brand_card_member_media_image_upload"),
        upload("ecommerce_account_cancel_applications_media"),
        upload("global_merchant_service_images_upload"),
        upload("global_merchant_storage_file_upload"),
        upload("marketing_bank_packages_tasks_create"),
        upload("marketing_favor_media_image_upload"),
        upload("marketing_partner_product_coupon_media_upload_image"),
        upload("marketing_shopping_receipt_shoppingreceipts"),
        upload("mch_manage_submission_files_sub_mchid_upload"),
        upload("mch_operation_manage_enhanced_due_diligence_upload"),
        upload("merchant_media_upload"),
        upload("merchant_media_video_upload"),
        upload("merchant_service_images_upload"),
        upload("new_tax_control_fapiao_fapiao_applications_upload_fapiao_file"),
        upload("taxi_invoice_cards_upload_file"),
        image("global_merchant_service_images_get_by_media_id"),
        image("merchant_service_images_get_by_media_id"),
    ],
    deeds: &[],
};

fn keep(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let missing = || Refusal::member("", "the form has no file");
    let (form, file) =
        (call.operation.upload_form.ok_or_else(missing)?, call.file.as_ref().ok_or_else(missing)?);
    let wrong = |issue: String| {
        Refusal::member(&format!("/{}", form.file_part), &issue).because(Mistake::new("F10", issue))
    };
    if file.bytes.is_empty() {
        return Err(wrong("the file is empty".to_owned()));
    }
    within(form, &file.name, file.bytes.len()).map_err(wrong)?;
    if !call.required(form.digest_member).eq_ignore_ascii_case(&hexadecimal(form.digest, &file.bytes)) {
        let issue = format!("not the {} of the file", form.digest.as_str());
        let refusal = Refusal::member(&format!("/{}", form.digest_member), issue.as_str());
        return Err(refusal.because(Mistake::new("F10", issue)));
    }
    let media_id = state.ids.letters(64);
    let body = schema::fill(state, call, &json!({ "media_id": media_id }));
    let (owner, name, bytes) = (call.caller.id.clone(), file.name.clone(), file.bytes.clone());
    state.world.files.uploads.push(UploadedFile { media_id: media_id.clone(), owner, name, bytes });
    state.took_effect(call, "uploaded", media_id);
    Ok(body.map_or_else(Answer::no_content, Answer::ok))
}

/// The type by the file's name, and the size for that type; nothing where nothing is published.
fn within(form: &UploadForm, name: &str, size: usize) -> Result<(), String> {
    if form.limits.is_empty() {
        return Ok(());
    }
    let extension =
        name.rsplit_once('.').map_or(String::new(), |(_, extension)| extension.to_ascii_lowercase());
    let extension = if extension == "jpeg" { "jpg".to_owned() } else { extension };
    let limit = form.limits.iter().find(|limit| limit.types.contains(&extension.as_str()));
    match limit {
        None => Err("the name of the file has no extension that is accepted".to_owned()),
        Some(limit) if size > limit.max_bytes as usize => {
            Err(format!("larger than {} bytes", limit.max_bytes))
        }
        Some(_) => Ok(()),
    }
}

fn hexadecimal(kind: Digest, bytes: &[u8]) -> String {
    match kind {
        Digest::Sha256 => hex::lower(digest::digest(&digest::SHA256, bytes).as_ref()),
        Digest::Sm3 => hex::lower(&sm3::Sm3::digest(bytes)),
        _ => String::new(),
    }
}

fn show(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let mut uploads = state.world.files.uploads.iter();
    let found = uploads.find(|file| file.media_id == call.path("media_id") && file.owner == call.caller.id);
    let file = found.ok_or_else(|| Refusal::not_found("图片不存在"))?;
    let media_type = match &file.bytes[..] {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'B', b'M', ..] => "image/bmp",
        _ => "image/jpeg",
    };
    Ok(Answer::file(file.bytes.clone(), media_type))
}
