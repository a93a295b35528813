use super::*;

fn normalised(text: &str) -> String {
    String::from_utf8_lossy(&normalise(text.as_bytes())).into_owned()
}

#[test]
fn decodes_what_applications_decode() {
    for (text, expected) in [
        ("%27%20OR%201=1", "' or 1=1"),
        ("%2527%2520or", "' or"),
        ("%25252525252527", "%2527"),
        ("%u003cscript%u003e", "<script>"),
        ("100%", "100%"),
        ("%zz%2", "%zz%2"),
        ("&lt;img src=x&gt;", "<img src=x>"),
        ("&#39;&#x6F;r&#0000039", "'or'"),
        ("&amp;lt;b&amp;gt;", "<b>"),
        ("%26lt%3Bscript%26gt%3B", "<script>"),
        (r"\u003cb\x3E\u{27}", "<b>'"),
        (r"c:\users\xavier", r"c:\users\xavier"),
        ("＜ｓｃｒｉｐｔ＞", "<script>"),
        ("un/**/ion/*x*/sel/*!50000ect*/ 1", "un ion sel ect 1"),
        ("/*<script>alert(1)</script>*/", "<script>alert(1)</script>"),
        ("a\t\r\n  b\u{b}c", "a b c"),
        ("se\0lect", "select"),
        ("aaaaaaaaaaaaaaaaaaaaaaab", "aaaaaaaab"),
        ("Καλημέρα, τι κάνεις;", "Καλημέρα, τι κάνεις;"),
    ] {
        assert_eq!(normalised(text), expected, "{text}");
    }
}

#[test]
fn overlong_utf8_is_what_careless_decoders_read() {
    assert_eq!(normalise(b"..%c0%af..%c0%afetc"), b"../../etc");
    assert_eq!(normalise(b"..%e0%80%afetc"), b"../etc");
    assert_eq!(normalise(b"\xff\xfe x"), b"\xff\xfe x");
}

#[test]
fn finds_base64_that_is_text() {
    for (text, expected) in [
        ("PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", Some("<script>alert(1)</script>")),
        ("PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg", Some("<script>alert(1)</script>")),
        ("Li4vLi4vLi4vLi4vZXRjL3Bhc3N3ZA", Some("../../../../etc/passwd")),
        ("shorttext", None),
        ("this is no base64 at all", None),
        ("iVBORw0KGgoAAAANSUhEUgAAAAUA", None),
    ] {
        assert_eq!(decoded_base64(text.as_bytes()).as_deref(), expected.map(str::as_bytes), "{text}");
    }
}
