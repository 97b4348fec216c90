//! `multipart/form-data`, as far as uploads need it.

use bytes::Bytes;

/// One part of a form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) content: Bytes,
}

/// The parts of a body; none if it is not a form of this content type, or is cut short.
pub(crate) fn parse(content_type: &str, body: &Bytes) -> Option<Vec<Part>> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(parameters, "boundary").filter(|boundary| !boundary.is_empty())?;
    let (opening, delimiter) = (format!("--{boundary}"), format!("\r\n--{boundary}"));
    let mut rest = find(body, opening.as_bytes(), 0)? + opening.len();
    let mut parts = Vec::new();
    loop {
        let after = body.get(rest..)?;
        if after.starts_with(b"--") {
            return Some(parts);
        }
        let head = rest + after.starts_with(b"\r\n").then_some(2)?;
        let content = find(body, b"\r\n\r\n", head)? + 4;
        let end = find(body, delimiter.as_bytes(), content)?;
        parts.push(part(std::str::from_utf8(&body[head..content]).ok()?, body.slice(content..end))?);
        rest = end + delimiter.len();
    }
}

fn part(head: &str, content: Bytes) -> Option<Part> {
    let disposition = head.lines().filter_map(|line| line.split_once(':'));
    let mut disposition = disposition.filter(|(name, _)| name.eq_ignore_ascii_case("content-disposition"));
    let (_, value) = disposition.next()?;
    Some(Part { name: parameter(value, "name")?, file_name: parameter(value, "filename"), content })
}

/// `name="value"` or `name=value` in a header.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    header.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn find(text: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let found = text.get(from..)?.windows(wanted.len()).position(|window| window == wanted)?;
    Some(from + found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_out_byte_for_byte() {
        let body = b"--b\r\nContent-Disposition: form-data; name=\"meta\"\r\nContent-Type: application/json\r\n\r\n{}\r\n\
            --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n\x00\r\n\xff\r\n--b--\r\n";
        let body = Bytes::from_static(body);
        let parts = parse("multipart/form-data; boundary=b", &body).unwrap();
        assert_eq!((parts[0].name.as_str(), &parts[0].content[..]), ("meta", &b"{}"[..]));
        assert_eq!(
            (parts[1].file_name.as_deref(), &parts[1].content[..]),
            (Some("a.png"), &b"\x00\r\n\xff"[..])
        );
        assert_eq!(parse("multipart/form-data; boundary=\"b\"", &body).unwrap(), parts);
        for cut in 0..body.len() - 4 {
            assert_eq!(parse("multipart/form-data; boundary=b", &body.slice(..cut)), None, "{cut}");
        }
        for other in ["application/json", "multipart/form-data", "multipart/form-data; boundary="] {
            assert_eq!(parse(other, &body), None, "{other}");
        }
    }
}
