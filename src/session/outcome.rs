//! What one answered request adds to its visit, in numbers and hashes: no text of the request is kept in a visit.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use super::bodies::BodyPart;
use crate::time::Timestamp;

/// Kinds of attack a visit counts apart; the last one takes every class after them.
pub const FINDING_KINDS: usize = 5;

/// Browser headers looked for: `User-Agent`, `Accept`, `Accept-Language`, `Accept-Encoding`.
pub const BROWSER_HEADERS: [&str; 4] = ["user-agent", "accept", "accept-language", "accept-encoding"];

/// A method, as far as visits tell them apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// GET.
    #[default]
    Get,
    /// HEAD.
    Head,
    /// POST.
    Post,
    /// PUT, PATCH, DELETE, OPTIONS and whatever else.
    Other,
}

impl Method {
    /// The kind of this method; methods are case-sensitive.
    pub fn of(method: &str) -> Self {
        match method {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            _ => Self::Other,
        }
    }
}

/// What part of a site a request is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A page, a form, a call of an API: what costs the site work.
    #[default]
    Page,
    /// A call a page makes in a browser (`Sec-Fetch-Dest: empty`): several come with one click.
    Call,
    /// A file: a picture, a script, a style. One page brings dozens.
    Asset,
}

/// Endings of paths that are files.
const ASSETS: [&str; 32] = [
    "css",
    "js",
    "mjs",
    "map",
    "png",
    "jpg",
    "jpeg",
    "gif",
    "webp",
    "avif",
    "svg",
    "ico",
    "bmp",
    "woff",
    "woff2",
    "ttf",
    "otf",
    "eot",
    "mp4",
    "webm",
    "ogg",
    "mp3",
    "m4a",
    "m4s",
    "wav",
    "wasm",
    "webmanifest",
    "cur",
    "apng",
    "jxl",
    "ts",
    "m3u8",
];

impl Kind {
    /// The kind of a request, by its method, raw path and `Sec-Fetch-Dest`.
    ///
    /// A client can lie about all of it; so a lie earns it a higher limit, never none.
    pub fn of(method: Method, path: &[u8], fetch_dest: Option<&[u8]>) -> Self {
        if !matches!(method, Method::Get | Method::Head) {
            return if fetch_dest == Some(b"empty") { Self::Call } else { Self::Page };
        }
        match fetch_dest {
            Some(b"document" | b"iframe" | b"frame") => Self::Page,
            Some(b"empty") if !is_asset(path) => Self::Call,
            Some(_) => Self::Asset,
            None if is_asset(path) => Self::Asset,
            None => Self::Page,
        }
    }
}

fn is_asset(path: &[u8]) -> bool {
    let path = path.split(|byte| *byte == b'?').next().unwrap_or(path);
    let Some(dot) = path.iter().rposition(|byte| *byte == b'.') else { return false };
    let ending = &path[dot + 1..];
    ASSETS.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(ending))
}

/// Pictures and PDFs, which the predecessor's old schema counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Media {
    /// `image/…`
    Image,
    /// `application/pdf`
    Pdf,
    /// Anything else, or nothing.
    #[default]
    Other,
}

impl Media {
    /// The kind of this content type.
    pub fn of(content_type: &str) -> Self {
        let begins = |with: &str| content_type.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
        if begins("image/") {
            Self::Image
        } else if begins("application/pdf") {
            Self::Pdf
        } else {
            Self::Other
        }
    }
}

/// What became of a login attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Login {
    /// The request was none.
    #[default]
    None,
    /// An attempt that was not answered with 4xx.
    Attempt,
    /// An attempt answered with 4xx: the wrong password, commonly.
    Failure,
    /// No request to a login endpoint, but one whose `Authorization: Basic` was answered with 401.
    Rejected,
}

/// What one answered request adds to its session. Times in milliseconds, sizes in bytes.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// When it was answered: the `timestamp` of its record.
    pub timestamp: Timestamp,
    /// Status sent to the client; 0 when none was sent.
    pub status: u16,
    /// Its method.
    pub method: Method,
    /// What part of the site it is for.
    pub kind: Kind,
    /// What the answer's content type is.
    pub media: Media,
    /// Whether it is a login attempt, and how that ended.
    pub login: Login,
    /// [fingerprint](Fingerprints::of) of its path without the query.
    pub path: u64,
    /// [fingerprint](Fingerprints::of) of its User-Agent; 0 where it has none.
    pub agent: u64,
    /// Of [`BROWSER_HEADERS`], how many it lacks.
    pub missing_headers: u8,
    /// Bytes of its body.
    pub request_bytes: u64,
    /// Bytes of the answer's body.
    pub response_bytes: u64,
    /// 1 when the text classifier takes it for an attack to be refused, else 0.
    pub findings: u32,
    /// Of which kind that attack is, below [`FINDING_KINDS`].
    pub finding_kind: usize,
    /// Highest probability of attack seen in it, 0 to 1.
    pub score: f32,
    /// What the configured expressions made of it, in their order; `None` where one has no value. Empty without any.
    pub custom: Vec<Option<Addend>>,
    /// What is kept of its body's values.
    pub body: Option<BodyPart>,
}

/// What one request adds to a custom feature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Addend {
    /// A number to add or to compare: `count_if` adds 1, `sum` and `max` the value.
    Number(f64),
    /// A value to tell from others, by its [fingerprint](Fingerprints::of).
    Value(u64),
}

impl Default for Outcome {
    /// A GET of nothing in particular that was answered with 200 at the epoch.
    fn default() -> Self {
        Self {
            timestamp: Timestamp::from_millis(0),
            status: 200,
            method: Method::Get,
            kind: Kind::Page,
            media: Media::Other,
            login: Login::None,
            path: 0,
            agent: 0,
            missing_headers: 0,
            request_bytes: 0,
            response_bytes: 0,
            findings: 0,
            finding_kind: 0,
            score: 0.0,
            custom: Vec::new(),
            body: None,
        }
    }
}

/// Tells texts apart in 64 bits, with a secret key, so that nobody outside can make texts collide.
#[derive(Clone, Debug)]
pub struct Fingerprints {
    key: [u64; 2],
}

impl Fingerprints {
    /// Fingerprints of this key: the same texts have the same ones.
    pub const fn new(key: [u64; 2]) -> Self {
        Self { key }
    }

    /// Fingerprints of a key nobody knows.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn random() -> Result<Self, getrandom::Error> {
        Ok(Self::new([getrandom::u64()?, getrandom::u64()?]))
    }

    /// The key, to be kept with what was counted under it.
    pub const fn key(&self) -> [u64; 2] {
        self.key
    }

    /// The fingerprint of a text; never 0.
    pub fn of(&self, text: &[u8]) -> u64 {
        let mut hasher = SipHasher13::new_with_keys(self.key[0], self.key[1]);
        hasher.write(text);
        hasher.finish().max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_calls_and_assets_are_told_apart() {
        for (method, path, dest, expected) in [
            (Method::Get, "/", None, Kind::Page),
            (Method::Get, "/app.3f2a.JS?v=1.css", None, Kind::Asset),
            (Method::Get, "/search?q=a.css", None, Kind::Page),
            (Method::Get, "/v1.2/items", None, Kind::Page),
            (Method::Get, "/picture", Some("image"), Kind::Asset),
            (Method::Get, "/api/items", Some("empty"), Kind::Call),
            (Method::Get, "/logo.svg", Some("document"), Kind::Page),
            (Method::Post, "/upload.png", None, Kind::Page),
            (Method::Post, "/api/items", Some("empty"), Kind::Call),
        ] {
            assert_eq!(Kind::of(method, path.as_bytes(), dest.map(str::as_bytes)), expected, "{path} {dest:?}");
        }
    }

    #[test]
    fn media_by_content_type() {
        assert_eq!(Media::of("Image/png"), Media::Image);
        assert_eq!(Media::of("application/pdf; charset=x"), Media::Pdf);
        assert_eq!(Media::of("é"), Media::Other);
        assert_eq!(Media::of(""), Media::Other);
    }
}
