//! Splits multipart/form-data bodies. Clients differ in the order and the names of their parts.

use crate::http::Request;

pub struct Part {
    pub name: String,
    pub content_type: String,
    pub content: Vec<u8>,
}

pub fn read(request: &Request) -> Result<Vec<Part>, String> {
    let content_type = request.header("content-type").unwrap_or_default();
    if !content_type.to_ascii_lowercase().starts_with("multipart/form-data") {
        return Err(format!("the content type must be multipart/form-data, not '{content_type}'"));
    }
    let boundary = parameter(content_type, "boundary").ok_or("the boundary is missing")?;
    let mark = [b"\r\n--", boundary.as_bytes()].concat();
    // A leading line break, so that the first boundary looks like the others.
    let body = [b"\r\n".as_slice(), &request.body].concat();
    let mut parts = Vec::new();
    let mut rest = after(&body, &mark).ok_or("the first boundary is missing")?;
    loop {
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        let content = rest.strip_prefix(b"\r\n").ok_or("a boundary is not followed by a line break")?;
        let end = position(content, &mark).ok_or("the last boundary is missing")?;
        let (part, following) = content.split_at(end);
        parts.push(read_part(part)?);
        rest = following.get(mark.len()..).unwrap_or_default();
    }
}

fn read_part(part: &[u8]) -> Result<Part, String> {
    let end = position(part, b"\r\n\r\n").ok_or("a part has no empty line after its header")?;
    let (head, content) = part.split_at(end);
    let head = String::from_utf8_lossy(head).into_owned();
    let header = |wanted: &str| {
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim().to_string())
    };
    let disposition = header("content-disposition").unwrap_or_default();
    Ok(Part {
        name: parameter(&disposition, "name").ok_or("a part has no name")?,
        content_type: header("content-type").unwrap_or_default().to_ascii_lowercase(),
        content: content.get(4..).unwrap_or_default().to_vec(),
    })
}

fn parameter(header: &str, wanted: &str) -> Option<String> {
    header
        .split(';')
        .skip(1)
        .filter_map(|piece| piece.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value.trim().trim_matches('"').to_string())
        .filter(|value| !value.is_empty())
}

fn position(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len().max(1)).position(|window| window == needle)
}

fn after<'a>(haystack: &'a [u8], needle: &[u8]) -> Option<&'a [u8]> {
    haystack.get(position(haystack, needle)? + needle.len()..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(content_type: &str, body: &str) -> Request {
        Request {
            headers: vec![("content-type".to_string(), content_type.to_string())],
            body: body.to_string().into(),
            ..Request::default()
        }
    }

    #[test]
    fn parts_are_split_and_broken_bodies_are_rejected() {
        let body = "--B\r\nContent-Disposition: form-data; name=\"json\"\r\nContent-Type: application/json\r\n\r\n{}\r\n\
                    --B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.zip\"\r\n\r\nPK\r\n\r\n--B--\r\n";
        let parts = read(&request("multipart/form-data; boundary=B", body)).unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].content, b"{}");
        assert_eq!(parts[1].name, "file");
        assert_eq!(parts[1].content, b"PK\r\n");
        for broken in ["", "--B", "--B\r\n", "--B\r\n\r\n--B--", "--B\r\nX: y\r\n\r\n--B--"] {
            assert!(read(&request("multipart/form-data; boundary=B", broken)).is_err(), "{broken:?}");
        }
        assert!(read(&request("application/json", body)).is_err());
    }
}
