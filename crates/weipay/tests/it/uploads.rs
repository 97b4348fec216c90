//! Uploads: a JSON part, which alone is signed, and a file beside it.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};
use weipay::error::BuildReason;
use weipay::{Call, Error, Outcome, UploadFile};
use weipay_testkit::wire::{Received, Server};

use crate::clients::{Kind, both};
use crate::requests::is_signed_over;
use crate::world::{answers, client, signed};

both![the_json_part_alone_is_signed, members_of_the_caller_stay, f10_a_file_that_would_be_refused];

const PICTURE: &[u8] = b"\xff\xd8\xff\xe0 the rest of it \r\n--weipay\x00";
const MEDIA: &str = "v3/merchant/media/upload";

/// The JSON part's text and the file's bytes, each with the head of its part.
fn parts(request: &Received) -> [(String, Vec<u8>); 2] {
    let boundary =
        request.header("Content-Type").unwrap().strip_prefix("multipart/form-data; boundary=").unwrap();
    let body = request.body();
    let mut places = vec![];
    let mark = format!("--{boundary}");
    for place in 0..body.len() {
        if body[place..].starts_with(mark.as_bytes()) {
            places.push(place);
        }
    }
    assert_eq!((places.len(), places[0]), (3, 0));
    assert_eq!(&body[places[2] + mark.len()..], b"--\r\n");
    [0, 1].map(|part| {
        let text = &body[places[part] + mark.len() + 2..places[part + 1] - 2];
        let end = text.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        (String::from_utf8(text[..end].to_vec()).unwrap(), text[end + 4..].to_vec())
    })
}

fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn server() -> Server {
    answers(&signed(200, r#"{"media_id":"M1"}"#))
}

fn the_json_part_alone_is_signed<K: Kind>() {
    let server = server();
    let client: K = client(&server.url());
    let file = UploadFile::new("门店 \"1\".JPG", PICTURE);
    let answer = K::value(client.path(MEDIA).upload(&json!({}), file)).unwrap();
    assert_eq!(answer["media_id"], "M1");
    let request = server.requests().pop().unwrap();
    let [(meta_head, meta), (file_head, bytes)] = parts(&request);
    assert_eq!(meta_head, "Content-Disposition: form-data; name=\"meta\"\r\nContent-Type: application/json");
    assert_eq!(
        file_head,
        "Content-Disposition: form-data; name=\"file\"; filename=\"门店 %221%22.JPG\"\r\nContent-Type: image/jpeg"
    );
    assert_eq!(bytes, PICTURE);
    let expected = json!({ "filename": "门店 \"1\".JPG", "sha256": sha256(PICTURE) });
    assert_eq!(serde_json::from_slice::<Value>(&meta).unwrap(), expected);
    is_signed_over(&request, &meta);
}

fn members_of_the_caller_stay<K: Kind>() {
    let server = server();
    let client: K = client(&server.url());
    let path =
        || client.path("v3/mch-manage/submission-files/sub-mchid/{sub_mchid}/upload").param("sub_mchid", "1");
    let upload = |meta: &Value| K::value(path().upload(meta, UploadFile::new("a.png", "any")));
    upload(&json!({ "item_id": 7, "nested": {} })).unwrap();
    let meta = parts(&server.requests()[0]).map(|(_, bytes)| bytes)[0].clone();
    let digest = sha256(b"any");
    assert_eq!(
        String::from_utf8(meta).unwrap(),
        format!(r#"{{"item_id":7,"nested":{{}},"file_name":"a.png","file_digest":"{digest}"}}"#)
    );
    upload(&json!({ "file_digest": digest.to_uppercase(), "file_name": "a.png" })).unwrap();
    for wrong in [json!({ "file_digest": "00" }), json!({ "file_name": "b.png" }), json!([])] {
        let error = upload(&wrong).unwrap_err();
        assert!(
            matches!(&error, Error::Build(error) if matches!(error.reason(), BuildReason::Upload(_))),
            "{error}"
        );
    }
    assert_eq!(server.requests().len(), 2);
}

fn f10_a_file_that_would_be_refused<K: Kind>() {
    let server = server();
    let client: K = client(&server.url());
    let refused = |path: &str, name: &str, bytes: Vec<u8>| {
        let error = K::value(client.path(path).upload(&json!({}), UploadFile::new(name, bytes))).unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotSent);
        let text = error.to_string();
        assert!(
            matches!(&error, Error::Build(error) if matches!(error.reason(), BuildReason::Upload(_))),
            "{text}"
        );
        text
    };
    assert!(refused(MEDIA, "a.jpg", Vec::new()).contains("the file is empty"));
    assert!(refused(MEDIA, "a.gif", vec![1]).contains(".jpg, .bmp, .png, .pdf"));
    assert!(refused(MEDIA, "jpg", vec![1]).contains(".jpg"));
    let png = b"\x89PNG\r\n\x1a\n".to_vec();
    assert!(refused(MEDIA, "a.jpg", png).contains("content is that of a .png"));
    assert!(refused(MEDIA, "a.jpg", vec![0; 5 * 1024 * 1024 + 1]).contains("may have 5242880"));
    assert!(refused(MEDIA, "../a.jpg", vec![1]).contains("folder"));
    assert!(refused(MEDIA, "a\r\nb.jpg", vec![1]).contains("control character"));
    assert!(refused("v3/marketing/busifavor/coupons/use", "a.jpg", vec![1]).contains("takes JSON"));
    assert_eq!(server.requests().len(), 0);
    // A larger limit for another type.
    K::value(client.path(MEDIA).upload(&(), UploadFile::new("a.pdf", vec![0; 7 * 1024 * 1024]))).unwrap();
}

#[test]
fn a_repetition_sends_the_same_bytes() {
    let mut call = Call::new(weipay::catalog::ops::Method::Post, MEDIA);
    call.upload(UploadFile::new("a.png", "any"));
    assert_eq!(format!("{call:?}"), "Call { method: Post, template: \"/v3/merchant/media/upload\", .. }");
    assert_eq!(format!("{:?}", UploadFile::new("张三.png", "any")), "UploadFile { bytes: 3, .. }");
    let server = server();
    let client: weipay::blocking::Client = client(&server.url());
    for _ in 0..2 {
        client.run(call.clone()).unwrap();
    }
    assert_eq!(server.requests()[0].body(), server.requests()[1].body());
}
