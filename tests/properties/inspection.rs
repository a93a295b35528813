//! Inspection of hostile bytes.

use http::{HeaderMap, HeaderValue};
use portcullis::inspection::transform::{DEFAULT_ROUNDS, decode, fold, normalise};
use portcullis::inspection::{
    BodyHead, Place, Reading, RequestHead, TargetKind, Targets, Unpacking, body, read, read_head,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Pieces that decodings and parsers stumble over.
const PIECES: [&str; 80] = [
    "<!DOCTYPE",
    "<!ENTITY a \"b\">",
    "<![CDATA[",
    "]]>",
    "<a b='",
    "</a>",
    "<?xml encoding='utf-7'?>",
    "+ADw-",
    "\"\"\"",
    "query {",
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n=3C",
    "#x\n",
    "--x\n",
    "<!--",
    "-->",
    "*!",
    "0x61626364",
    "x'61626364'",
    "CHAR(97,98)",
    "chr(97)||",
    "$IFS",
    "${IFS",
    "\\000065 ",
    "\\74",
    "\u{200B}",
    "c'a't",
    "^",
    "$@",
    "%",
    "%2",
    "%25",
    "%27",
    "%u00",
    "%u0027",
    "%00",
    "%c0%ae",
    "&",
    "&lt",
    "&#",
    "&#x3c;",
    "&amp;",
    ";",
    "\\",
    "\\u",
    "\\u0027",
    "\\u{",
    "\\x2f",
    "\\057",
    "/*",
    "*/",
    "/*!50000",
    "/",
    "*",
    "--",
    "..",
    "'",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "=",
    "+",
    "--b",
    "\r\n",
    "\n",
    " ",
    "\t",
    "\0",
    "＜",
    "‥",
    "\u{FDFA}",
    "aaaaaaaa",
    "A",
    "z",
    "0",
    "PHNjcmlwdD5hbGVydCgxKTwv",
    "Content-Disposition: form-data; name=\"a\"; filename=",
];

const TYPES: [&str; 12] = [
    "application/soap+xml",
    "text/xml; charset=utf-16",
    "application/graphql",
    "application/x-www-form-urlencoded; charset=ibm037",
    "text/plain; charset=shift_jis",
    "application/x-www-form-urlencoded",
    "application/json",
    "multipart/form-data; boundary=b",
    "multipart/mixed; boundary=\"",
    "text/plain",
    "application/octet-stream",
    "\u{e9};;=",
];

/// Hostile pieces and arbitrary bytes, mixed.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => select(PIECES.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..4),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn readings(targets: Targets) -> Vec<Reading> {
    read(&targets.into_parts().0, DEFAULT_ROUNDS)
}

fn is_seen(readings: &[Reading], marker: &[u8]) -> bool {
    let holds = |text: &[u8]| text.windows(marker.len()).any(|part| part == marker);
    readings.iter().flat_map(Reading::windows).any(|window| holds(window.bytes()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn folding_is_idempotent(text in hostile()) {
        let folded = fold(&text);
        prop_assert_eq!(fold(&folded), folded);
    }

    #[test]
    fn decoding_is_idempotent_at_the_fixpoint_and_bounded(text in hostile()) {
        let decoded = decode(&text, 32);
        prop_assert!(decoded.text.len() <= 2 * text.len() + 64);
        if decoded.settled {
            let again = decode(&decoded.text, 1);
            prop_assert_eq!((&again.text, again.settled, again.rounds), (&decoded.text, true, 0));
        }
    }

    #[test]
    fn normalised_text_has_no_padding_byte(text in hostile()) {
        let normalised = normalise(&text, DEFAULT_ROUNDS);
        prop_assert!(!normalised.contains(&0));
        prop_assert!(!normalised.iter().any(u8::is_ascii_uppercase));
        prop_assert!(normalised.len() <= 6 * text.len() + 192);
        prop_assert!(!normalised.iter().any(|byte| matches!(byte, 1..=9 | 11..=31 | 127)));
    }

    #[test]
    fn bodies_never_panic(text in hostile(), kind in select(TYPES.to_vec()), truncated: bool) {
        let mut targets = Targets::new(8);
        body::read(Some(kind.as_bytes()), &text, truncated, &mut targets);
        for window in readings(targets).iter().flat_map(Reading::windows) {
            prop_assert!((1..=256).contains(&window.bytes().len()));
        }
    }

    #[test]
    fn packed_bodies_never_panic(text in hostile(), codings in select(vec!["gzip", "deflate", "br", "gzip, br", "x, ,br"]), cut in 0_usize..64) {
        let mut headers = HeaderMap::new();
        headers.insert("content-encoding", HeaderValue::from_static(codings));
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, &text)?;
        let packed = packed.finish()?;
        let limits = Unpacking { limit: 512, ratio: 100 };
        for body in [&text[..], &packed[..packed.len() - cut.min(packed.len())]] {
            let mut targets = Targets::new(8);
            body::take_apart(&BodyHead::of(&headers), body, false, limits, &mut targets);
            let (fields, _) = targets.into_parts();
            prop_assert!(fields.iter().map(|field| field.value.len()).sum::<usize>() <= 16 * (512 + body.len()));
        }
    }

    #[test]
    fn heads_never_panic(path in hostile(), query in hostile(), value in hostile()) {
        let mut headers = HeaderMap::new();
        for name in ["cookie", "authorization", "referer", "host", "x-a"] {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.append(name, value);
            }
        }
        let mut targets = Targets::new(8);
        read_head(&RequestHead { method: "GET", path: &path, query: Some(&query), headers: &headers }, &mut targets);
        readings(targets);
    }

    #[test]
    fn the_cut_of_a_truncated_body_is_no_fault(at in 0_usize..200) {
        let bodies = [
            ("application/json", r#"{"a":["b\u0041\n\"",{"c":-1.5e3,"d":true}],"e":null,"f":"é日"}"#),
            ("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b--\r\n"),
            ("application/x-www-form-urlencoded", "a=%27%20or&b=%u0027&c=d"),
        ];
        for (kind, whole) in bodies {
            let cut = &whole.as_bytes()[..at.min(whole.len())];
            let mut targets = Targets::new(8);
            body::read(Some(kind.as_bytes()), cut, true, &mut targets);
            prop_assert!(targets.into_parts().1.is_empty(), "{kind} cut at {at}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_hides_behind_padding(padding in vec(any::<char>(), 10_000), at in 0_usize..=10_000, kind in select(TYPES.to_vec())) {
        // Letters and signs of scripts only: a quote or a boundary would end the field the marker stands in.
        let padding: Vec<char> = padding.into_iter().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
        let hidden: String = padding[..at].iter().chain(&[';', '<', '!', '>', '|', '$', '(', '~']).chain(&padding[at..]).collect();
        let body = match kind {
            "application/json" => format!("{{\"a\":\"{hidden}\"}}"),
            "multipart/form-data; boundary=b" => format!("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n{hidden}\r\n--b--"),
            "application/x-www-form-urlencoded" | "application/x-www-form-urlencoded; charset=ibm037" => format!("a={hidden}"),
            _ => hidden,
        };
        let mut targets = Targets::new(8);
        body::read(Some(kind.as_bytes()), body.as_bytes(), false, &mut targets);
        prop_assert!(is_seen(&readings(targets), b";<!>|$(~"));
    }

    #[test]
    fn no_value_past_the_limit_is_skipped(fields in 0_usize..40) {
        let query = (0..fields).map(|n| format!("a{n}=b c")).chain(["z=<marker>".to_owned()]).collect::<Vec<_>>().join("&");
        let mut targets = Targets::new(4);
        Place::Query.read(query.as_bytes(), &mut targets);
        prop_assert!(is_seen(&readings(targets), b"<marker>"));
    }
}

/// The normaliser and the encoder, pinned: a change here needs the models trained again.
#[test]
fn golden_vectors() {
    let vectors = include_str!("../fixtures/vectors/windows.jsonl");
    for line in vectors.lines() {
        let vector: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = vector["text"].as_str().unwrap();
        let place = Place::parse(vector["where"].as_str().unwrap()).unwrap();
        let mut targets = Targets::new(2_048);
        place.read(text.as_bytes(), &mut targets);
        let found: Vec<(String, String)> = readings(targets)
            .iter()
            .flat_map(Reading::windows)
            .map(|window| {
                let kind = TargetKind::ALL[usize::from(window.kind())];
                (kind.as_str().to_owned(), window.bytes().iter().map(|byte| char::from(*byte)).collect())
            })
            .collect();
        let expected: Vec<(String, String)> = serde_json::from_value(vector["windows"].clone()).unwrap();
        assert_eq!(found, expected, "of {text:?}");
    }
}
