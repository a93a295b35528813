use super::*;

/// Each target as `kind name=value`, then each fault as `!fault`.
fn read_all(content_type: &str, body: &str, truncated: bool) -> Vec<String> {
    let mut targets = Targets::new(100);
    read(Some(content_type.as_bytes()), body.as_bytes(), truncated, &mut targets);
    let (fields, malformed) = targets.into_parts();
    let fields = fields.into_iter().map(|field| format!("{}={}", field.target, String::from_utf8_lossy(&field.value)));
    fields.chain(malformed.iter().map(|(_, fault)| format!("!{}", fault.as_str()))).collect()
}

#[test]
fn forms_give_names_and_values() {
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    assert_eq!(
        read_all(form, "a=1+2&b[$ne]=%27&a=&c", false),
        ["body-value a=1 2", "body-name b[$ne]=b[$ne]", "body-value b[$ne]='", "body-value=c"]
    );
    assert_eq!(
        read_all(form, "1'+or+1=1", false),
        ["body-name 1' or 1=1' or 1", "body-value 1' or 1=1' or 1=1", "body-value 1' or 1=1"]
    );
    assert_eq!(read_all(form, "a=100%&b=%zz", false), ["body-value a=100%", "body-value b=%zz", "!percent-encoding"]);
    assert_eq!(read_all(form, "a=x&b=y%2", true), ["body-value a=x", "body-value b=y%2"]);
    assert_eq!(read_all(form, "{\"q\":\"x\"}", false), ["body-value q=x"]);
}

#[test]
fn json_gives_keys_and_strings() {
    let json = "application/vnd.api+json";
    assert_eq!(
        read_all(json, r#"{"user":{"$gt":""},"tags":["a b",1]}"#, false),
        ["body-name user=$gt", "body-value tags=a b"]
    );
    assert_eq!(read_all(json, "{\"a\":\"b c", true), ["body-text=\"b c"]);
    assert_eq!(read_all(json, "{\"a\":\"b c", false), ["body-text={\"a\":\"b c", "!json"]);
    assert_eq!(read_all(json, "a=%27+or", false), ["body-value a=' or", "!json"]);
    for odd in ["null", "[]", "\"x\"", ""] {
        assert!(!read_all(json, odd, false).contains(&"!json".to_owned()), "{odd}");
    }
}

#[test]
fn multipart_gives_names_file_names_and_texts() {
    let multipart = "multipart/form-data; boundary=\"xx\"";
    let body = "--xx\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nhello <b>\r\n--xx\r\n\
        Content-Disposition: form-data; name=\"f\";\r\n filename=\"..\\..\\a\\\"b.php\"\r\nContent-Type: text/plain\r\n\r\n<?php\r\n--xx--\r\n";
    let whole = ["body-value title=hello <b>", "file-name f=..\\..\\a\"b.php", "body-text f=<?php"];
    assert_eq!(read_all(multipart, body, false), whole);
    assert_eq!(read_all(multipart, &body.replace("\r\n", "\n"), false), whole);
    let cut = &body[..body.len() - 8];
    assert_eq!(read_all(multipart, cut, true), whole);
    assert!(read_all(multipart, cut, false).contains(&"!multipart".to_owned()));
    for (content_type, body) in [
        ("multipart/form-data", "x y"),
        (multipart, "no boundary"),
        ("multipart/form-data; boundary=a; boundary=b", "--a"),
    ] {
        assert!(read_all(content_type, body, false).contains(&"!multipart".to_owned()), "{content_type}");
    }
}

#[test]
fn other_types_are_read_as_what_they_look_like() {
    assert_eq!(read_all("text/plain", "{\"a\":\"x y\"}", false), ["body-value a=x y"]);
    assert_eq!(read_all("", "a=%27+b&c=d", false), ["body-value a=' b", "body-value c=d"]);
    assert_eq!(read_all("application/x-www-form-urlencoded", "<?xml version='1.0'?><a>", false).len(), 3);
    let part = "--xx\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\n<b>\r\n--xx--\r\n";
    for claimed in ["", "text/plain", "application/json", "application/x-www-form-urlencoded"] {
        assert!(read_all(claimed, part, false).contains(&"body-value t=<b>".to_owned()), "{claimed}");
    }
}

#[test]
fn of_binary_data_the_printable_runs_are_read() {
    let mut targets = Targets::new(9);
    let body =
        [&[0xFF, 0xD8, 1, 2, 3, 0x90, 0x91][..], b"<?php system($_GET[0]);?>", &[7; 40], b"short", &[0x80; 4_096]]
            .concat();
    read(Some(b"image/jpeg"), &body, false, &mut targets);
    let (fields, _) = targets.into_parts();
    assert_eq!(fields.len(), 1);
    assert_eq!(fields[0].value, b"<?php system($_GET[0]);?>");
}

#[test]
fn xml_gives_names_values_texts_and_declarations() {
    let document = "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\"><!ENTITY s \"<scr\">]>\
        <r a:b='1 or 2' on><i id=\"x>y\">one &amp; &s;ipt</i><!-- a comment --><![CDATA[<data>]]>&x;</r>";
    assert_eq!(
        read_all("application/soap+xml; charset=utf-8", document, false),
        [
            "body-text !doctype=<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\"><!ENTITY s \"<scr\">]>",
            "body-text !entity=<!ENTITY x SYSTEM \"file:///etc/passwd\">",
            "body-text !entity=<!ENTITY s \"<scr\">",
            "body-value a:b=1 or 2",
            "body-text r=<r a:b='1 or 2' on>",
            "body-value id=x>y",
            "body-value i=one &amp; <script",
            "body-text comment=a comment",
            "body-value r=<data>",
            "body-value r=&x;",
        ]
    );
    for broken in ["<a>", "<a></b>", "<a b='>", "no xml", "a < b", "<a><![CDATA[x</a>", "<!DOCTYPE a"] {
        assert!(read_all("text/xml", broken, false).contains(&"!xml".to_owned()), "{broken}");
        assert!(!read_all("text/xml", &format!("<r>{broken}"), true).contains(&"!xml".to_owned()), "{broken} cut");
    }
    assert!(
        read_all("image/svg+xml", "<svg onload=alert(1)/>", false)
            .contains(&"body-text svg=<svg onload=alert(1)/>".to_owned())
    );
}

#[test]
fn graphql_gives_the_query_and_its_literals() {
    let query = r#"query Q { user(id: "1' or \"1", bio: """a "b" c""") { name } } # "no literal""#;
    let found = read_all("application/graphql", query, false);
    assert_eq!(found[1..], ["body-value id=1' or \"1", "body-value bio=a \"b\" c"]);
    let json = format!("{{\"query\":{},\"variables\":{{\"q\":\"x y\"}}}}", serde_json::to_string(query).unwrap());
    let found = read_all("application/json", &json, false);
    assert!(
        found.contains(&"body-value id=1' or \"1".to_owned())
            && found.contains(&"body-value variables.q=x y".to_owned())
    );
}

#[test]
fn parts_are_read_by_their_own_type() {
    let body = "--o\r\nContent-Disposition: form-data; name=j\r\nContent-Type: application/json\r\nX-Odd: <h>\r\n\r\n\
        {\"a\":\"b c\"}\r\n--o\nContent-Disposition: form-data; name=q\nContent-Transfer-Encoding: quoted-printable\n\n\
        =3Cb=3E=\n x\n--o\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\nContent-Disposition: attachment; \
        filename*=utf-8''%2e%2e%2fa\r\n\r\n<?php\r\n--i--\r\n--o\r\nContent-Disposition: form-data; name=u\r\n\
        Content-Type: text/plain; charset=utf-7\r\n\r\n+ADw-s+AD4-\r\n--o--";
    let found = read_all("multipart/form-data; boundary=o", body, false);
    for expected in [
        "header x-odd=<h>",
        "body-value a=b c",
        "body-value q=<b> x",
        "file-name=utf-8''%2e%2e%2fa",
        "body-text=<?php",
        "body-value u=<s>",
        "body-value u=+ADw-s+AD4-",
    ] {
        assert!(found.contains(&expected.to_owned()), "{expected} in {found:?}");
    }
    let mut deep = "x".to_owned();
    for level in 0..6 {
        deep = format!(
            "--b{level}\r\nContent-Type: multipart/mixed; boundary=b{}\r\n\r\n{deep}\r\n--b{level}--",
            level.max(1) - 1
        );
    }
    assert!(read_all("multipart/mixed; boundary=b5", &deep, false).contains(&"!multipart".to_owned()));
}

#[test]
fn charsets_are_read_as_declared_and_as_sent() {
    let mut targets = Targets::new(9);
    // `id=' or` in code page 037, percent-encoded.
    let form = "application/x-www-form-urlencoded; charset=ibm037";
    read(Some(form.as_bytes()), b"%89%84=%7D%40%96%99", false, &mut targets);
    let (fields, _) = targets.into_parts();
    assert!(fields.iter().any(|field| field.value == b"' or" && field.target.name == "id"), "{fields:?}");
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    for (content_type, body) in [
        ("application/json; charset=utf-16", utf16("{\"a\":\"<b> c\"}")),
        ("application/json", [b"\xFF\xFE".to_vec(), utf16("{\"a\":\"<b> c\"}")].concat()),
        ("text/plain", utf16("{\"a\":\"<b> c\"}")),
        ("text/xml", b"<?xml version='1.0' encoding='utf-7'?><a>+ACY-lt;b+ACY-gt; c</a>".to_vec()),
    ] {
        let mut targets = Targets::new(9);
        read(Some(content_type.as_bytes()), &body, false, &mut targets);
        let (fields, malformed) = targets.into_parts();
        assert!(
            fields.iter().any(|field| field.value == b"<b> c" || field.value == b"&lt;b&gt; c"),
            "{content_type}: {fields:?}"
        );
        assert_eq!(malformed, [], "{content_type}");
    }
    assert!(read_all("text/plain; charset=klingon", "a b", false).contains(&"!charset".to_owned()));
}
