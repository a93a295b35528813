//! What is never stored: secrets and card numbers.
//!
//! | where | what is replaced by `[redacted]` |
//! | --- | --- |
//! | headers | values of `Authorization`, `Cookie`, `Set-Cookie`, `X-Api-Key` and every header with a secret-looking name; of `Cookie` the names of the cookies stay |
//! | URLs, in the request line and in any header | values of parameters with secret-looking names, the `user:password@` of an authority |
//! | bodies | values under secret-looking names, at any depth; file contents (only name, type and size are kept) |
//! | any text of the above | card numbers (13 to 19 digits with a valid check digit), JSON Web Tokens, `name=value`, `"name": "value"` and `<name>value` with a secret-looking name |
//!
//! A name looks secret by `is_secret_name`. What cannot be taken apart is not kept at all. Bytes that are not UTF-8 stand
//! in what is given back as [stand-ins](crate::octets).

mod body;
mod headers;
mod multipart;
mod text;
mod url;
mod value;

#[cfg(test)]
mod tests;

use http::HeaderMap;
use serde_json::Value;

use crate::inspection::is_secret_name;

/// What stands in place of a secret.
pub(in crate::activity) const REDACTED: &str = "[redacted]";

/// Takes secrets out of what is stored.
#[derive(Clone, Copy, Debug)]
pub struct Redaction;

impl Redaction {
    /// A URL, absolute or path and query, [as text](crate::octets), without its secrets. Untouched parts stay byte for byte.
    pub fn url(url: &str) -> String {
        url::redact(url, 0)
    }

    /// Headers in order, without their secrets.
    pub fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
        headers.iter().map(|(name, value)| (name.as_str().to_owned(), headers::redact(name.as_str(), value))).collect()
    }

    /// A body taken apart by its content type, without its secrets; `None` for an empty one.
    ///
    /// URL-encoded and multipart bodies become an object of their fields (an array where a name repeats, a summary
    /// where a part is a file), JSON stays what it is. A body of any other type, or not what its type says, becomes
    /// `{"unparsed": true, "bytes": n}`.
    pub fn body(content_type: Option<&str>, body: &[u8]) -> Option<Value> {
        body::redact(content_type, body)
    }
}
