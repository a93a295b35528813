use super::*;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn assert_all(table: &[(&str, &str)]) {
    for (raw, expected) in table {
        assert_eq!(text(&normalise(raw.as_bytes(), DEFAULT_ROUNDS)), *expected, "of {raw:?}");
    }
}

#[test]
fn undoes_percent_encoding() {
    assert_all(&[
        ("%27+or%201", "'+or 1"),
        ("1 %U%N%I%O%N %S%E%L%E%C%T", "1 union select"),
        ("%s is 5% of %d%", "%s is 5% of %d%"),
        ("%2527%252bor", "'+or"),
        ("%u0027%U0022", "'\""),
        ("%ud83d%ude00", "😀"),
        ("%%32%66etc", "/etc"),
        ("100% %zz %2", "100% %zz %2"),
        ("%25252527", "'"),
        ("a%00.jpg", "a%00.jpg"),
    ]);
    assert!(is_malformed(b"100%"));
    assert!(!is_malformed(b"%41%u0041"));
    assert_eq!(form_decoded(b"a+b%2Bc"), b"a b+c");
}

#[test]
fn undoes_entities() {
    assert_all(&[
        ("&lt;script&gt;", "<script>"),
        ("&#60;&#x3c;&lt", "<<<"),
        ("java&Tab;script&colon;", "java script:"),
        ("&amp;amp;lt;", "<"),
        ("a & b &c", "a & b &c"),
    ]);
}

#[test]
fn undoes_other_spellings_of_ascii() {
    assert_all(&[
        ("＜ｓｃｒｉｐｔ＞", "<script>"),
        ("%c0%ae%c0%ae%c0%af", "../"),
        ("%e0%80%af%f0%80%80%af%fc%80%80%80%80%af", "///"),
        ("%c0%2fetc%c1%1cx", "/etc\\x"),
        ("‥∕‥∕", "../../"),
        ("union%a0select", "union select"),
        ("ſelect", "select"),
        ("été 東京 Ελλάδα", "été 東京 Ελλάδα"),
    ]);
}

#[test]
fn undoes_escapes() {
    assert_all(&[
        (r"\u003cscript\u003E", "<script>"),
        (r"\x27 or \47or \47", "' or 'or '"),
        (r"\057etc", "/etc"),
        ("0x2e0x2e0x2f0x2e0x2e%c1%afx", "../../x"),
        ("0x2f4f4f", "0x2f4f4f"),
        (r"\u{27}", "'"),
        (r"C:\Users\x86", r"c:\users\x86"),
        (r"\\u0027", r"\'"),
    ]);
}

#[test]
fn undoes_escapes_of_style_sheets() {
    assert_all(&[
        (r"\000065 xpression", "expression"),
        (r"\0065xpression", "expression"),
        (r"\3c script\3e", "<script>"),
        (r"e\78 pression", "expression"),
        ("java\\\nscript:", "javascript:"),
        (r"C:\2024\0001", r"c:\2024\0001"),
    ]);
}

#[test]
fn undoes_texts_written_as_numbers() {
    assert_all(&[
        ("union select 0x61646d696e", "union select 'admin'"),
        ("X'3C7363726970743E'", "'<script>'"),
        ("3c7363726970743e616c657274", "<script>alert"),
        ("CHAR(97, 100,0x6d)", "char('adm')"),
        ("chr(97)||chr(100)||chr(109) || 1", "chr('adm') || 1"),
        ("String.fromCharCode(60,62)", "string.fromcharcode('<>')"),
        ("varchar(20), char(32)", "varchar(20), char(32)"),
        ("0xdeadbeef #ff00ff 0x41", "0xdeadbeef #ff00ff 0x41"),
        ("1234567812345678", "1234567812345678"),
    ]);
}

#[test]
fn undoes_separators_of_shells() {
    assert_all(&[
        (";cat$IFS/etc/passwd", ";cat /etc/passwd"),
        (";cat%24%7BIFS%7D/etc$IFS$9x", ";cat /etc x"),
        ("$IFSX", "$ifsx"),
    ]);
}

#[test]
fn drops_what_has_no_width() {
    assert_all(&[("<scr\u{200B}ipt\u{FEFF}>", "<script>"), ("scr\u{131}pt", "script"), ("a\u{AD}b", "ab")]);
}

#[test]
fn finds_base64_within_values() {
    let inner =
        |text: &str| inner_texts(text.as_bytes()).iter().map(|found| super::tests::text(found)).collect::<Vec<_>>();
    assert_eq!(inner("echo Y2F0IC9ldGMvcGFzc3dk | base64 -d"), ["cat /etc/passwd"]);
    assert_eq!(inner("/a/PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==/x"), ["<script>alert(1)</script>"]);
    assert_eq!(inner("token=PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="), ["<script>alert(1)</script>"]);
    assert_eq!(inner("getElementsByTagName /proc/self/cwd/proc/self/cwd deadbeefdeadbeefdeadbeef"), [""; 0]);
}

#[test]
fn undoes_base64_of_whole_values() {
    assert_all(&[
        ("PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "<script>alert(1)</script>"),
        ("PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg", "<script>alert(1)</script>"),
        (
            "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
            "data:text/html;base64,<script>alert(1)</script>",
        ),
        ("J29yKDEpIw==", "'or(1)#"),
        ("LTQgb3IgMT0x", "-4 or 1=1"),
        ("aGVsbG8gd29ybGQ", "agvsbg8gd29ybgq"),
        ("Willemstad", "willemstad"),
        ("internationalization", "internationalization"),
        (
            "/proc/self/cwd/proc/self/cwd/proc/self/cwd/proc/self/cwd/etc/passwd",
            "/proc/self/cwd/proc/self/cwd/proc/self/cwd/proc/self/cwd/etc/passwd",
        ),
    ]);
}

#[test]
fn folds_case_white_space_runs_and_comments() {
    assert_all(&[
        ("UNION/**/SELECT", "union select"),
        ("un/*foo*/ion /*!50000Select*/ 1", "un ion select 1"),
        ("<scr<!--x-->ipt> <!--#exec cmd-->", "<scr ipt> <!--#exec cmd-->"),
        ("1 union%23aB3x%0Aselect--%0A2#", "1 union\nselect\n2#"),
        ("union%01select%0b%7f1", "union select 1"),
        ("# A heading\n--option 1\n", "# a heading\n--option 1"),
        ("/*<script>*/", "/*<script>*/"),
        ("  a \t b\u{3000}c  ", "a b c"),
        (";\r\nid\n", ";\nid"),
        ("aaaaaaaaaa....//", "aaaa....//"),
        ("<scr\0ipt>", "<script>"),
        ("../etc/passwd%00", "../etc/passwd%00"),
        ("/*a/*b*/*/", ""),
    ]);
}

#[test]
fn says_when_there_was_more_to_decode_than_rounds() {
    let decoded = decode(b"%2525252525252527", 3);
    assert!(!decoded.settled);
    assert!(decode(b"%2527", DEFAULT_ROUNDS).settled);
}

#[test]
fn no_ascii_form_grows_past_the_cap() {
    for character in '\u{80}'..=char::MAX {
        let raw = character.to_string();
        let grown = Transformation::Unicode.apply(raw.as_bytes());
        assert!(grown.is_none_or(|grown| grown.len() <= raw.len() * 2), "{character:?}");
    }
}
