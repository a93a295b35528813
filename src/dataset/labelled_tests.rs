use std::io::{Cursor, Write};

use proptest::prelude::*;

use super::*;

fn defaults(label: Option<&str>) -> Defaults {
    Defaults {
        label: label.map(ToOwned::to_owned),
        place: Place::Value,
        place_name: "value".to_owned(),
        source: "file".to_owned(),
        source_key: "source".to_owned(),
    }
}

/// Label, source and text (or path) of each row, or its fault.
fn read(input: impl Into<Vec<u8>>, label: Option<&str>) -> Vec<Result<(String, String, String), String>> {
    let text = |row: LabelledRow| {
        let text = match row.sample {
            Sample::Text { text, .. } => text,
            Sample::Request(request) => String::from_utf8_lossy(request.head().path).into_owned(),
        };
        (row.label, row.source, text)
    };
    let rows = rows(Cursor::new(input.into()), defaults(label)).unwrap();
    rows.map(|row| row.map(text).map_err(|bad| bad.to_string())).collect()
}

fn row(label: &str, source: &str, text: &str) -> Result<(String, String, String), String> {
    Ok((label.to_owned(), source.to_owned(), text.to_owned()))
}

const LINES: &str = concat!(
    "{\"text\":\"a' or 1\",\"label\":\"sqli\",\"source\":\"ours\"}\n\n",
    "{\"text\":\"hello\",\"label\":\"norm\",\"where\":\"body\"}\n",
    "{\"raw\":\"GET /p?q=1 HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n\",\"label\":\"norm\",\"where\":\"request\",\"source\":3}",
);

#[test]
fn reads_json_lines_plain_and_in_gzip() {
    let expected = [row("sqli", "ours", "a' or 1"), row("norm", "file", "hello"), row("norm", "3", "/p")];
    assert_eq!(read(LINES, None), expected);
    assert_eq!(read(format!("\u{feff}\n {LINES}"), None), expected);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(LINES.as_bytes()).unwrap();
    assert_eq!(read(gzip.finish().unwrap(), None), expected);
}

#[test]
fn names_the_line_of_a_bad_row_and_goes_on() {
    let rows = read(
        "{\"text\":\"a\",\"label\":\"norm\"}\n{\"text\":\"b\"}\nnonsense\n{\"label\":\"norm\"}\n{\"text\":\"c\",\"label\":\"\"}\n\
         {\"text\":\"d\",\"label\":\"norm\",\"where\":\"moon\"}\n{\"text\":\"e\",\"label\":\"norm\"}",
        None,
    );
    let faults: Vec<String> = rows[1..6].iter().map(|row| row.clone().unwrap_err()).collect();
    for (fault, (line, part)) in faults.iter().zip([(2, "label"), (3, "JSON"), (4, "text"), (5, "label"), (6, "moon")])
    {
        assert!(fault.starts_with(&format!("line {line}: ")) && fault.contains(part), "{fault}");
    }
    assert_eq!(rows[6], row("norm", "file", "e"));
}

#[test]
fn reads_http_params() {
    let csv = "\"payload\",\"length\",\"attack_type\",\"label\"\r\n\"a, \"\"b\"\"\",\"6\",\"norm\",\"norm\"\r\n\
               \"1 or\n1\",\"6\",\"sqli\",\"anom\"\r\n\"x\",\"1\",\"js-syntax\",\"anom\"\r\n\"y\",\"1\"\r\n\"z\",\"1\",\"norm\",\"odd\"\r\n";
    let rows = read(csv, None);
    let expected = [row("norm", "file", "a, \"b\""), row("sqli", "file", "1 or\n1"), row("js-syntax", "file", "x")];
    assert_eq!(rows[..3], expected);
    for (fault, line) in rows[3..].iter().zip([6, 7]) {
        let fault = fault.clone().unwrap_err();
        assert!(fault.starts_with(&format!("line {line}: expected norm or anom")), "{fault}");
    }
}

#[test]
fn reads_requests_one_after_the_other_with_a_label_given() {
    let requests = "GET http://h:1/a?b=c HTTP/1.1\r\nHost: h\r\n\r\n\r\nPOST /d HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nx=y\r\n\r\n\
                    broken\r\nx: y\r\n\r\nGET /e HTTP/1.1\r\nHost: h\r\n\r\n";
    let rows = read(requests, Some("attack-other"));
    assert_eq!(rows[0], row("attack-other", "file", "/a"));
    assert_eq!(rows[1], row("attack-other", "file", "/d"));
    assert_eq!(rows[2], Err("request 3: not a request".to_owned()));
    assert!(read(requests, None)[0].clone().unwrap_err().contains("norm=FILE"));
}

#[test]
fn says_what_is_expected_of_any_other_file() {
    for input in ["", "a,b,c\n1,2,3\n", "\u{0}\u{1}"] {
        let rows = read(input, None);
        assert_eq!(rows.len(), 1, "{input:?}");
        assert!(rows[0].clone().unwrap_err().contains("expected JSON lines"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_file_makes_it_panic_or_go_on_for_ever(bytes in proptest::collection::vec(any::<u8>(), 0..400), form in 0..5_usize) {
        let starts = [&b""[..], b"{\"text\":", b"payload,attack_type,label\n", b"GET /a HTTP/1.1\n", b"\x1f\x8b\x08\0"];
        let mut input = starts[form].to_vec();
        input.extend(bytes);
        prop_assert!(rows(Cursor::new(input), defaults(None)).map_or(0, Iterator::count) < 1_000);
    }
}
