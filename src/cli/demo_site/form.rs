//! Query strings and urlencoded bodies, read leniently: a site has an answer for whatever is sent.

use percent_encoding::percent_decode;

/// The first value of `name` in an urlencoded text, decoded; invalid UTF-8 becomes replacement characters.
pub(super) fn value(encoded: &[u8], name: &str) -> Option<String> {
    encoded.split(|byte| *byte == b'&').find_map(|pair| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        (decode(halves.next()?) == name).then(|| decode(halves.next().unwrap_or_default()))
    })
}

fn decode(text: &[u8]) -> String {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn takes_the_first_value_and_decodes_it() {
        assert_eq!(value(b"a=1&q=t%65a+pot&q=2", "q").as_deref(), Some("tea pot"));
        assert_eq!(value(b"q", "q").as_deref(), Some(""));
        assert_eq!(value(b"", "q"), None);
        assert_eq!(value(b"q=%ff%zz", "q").as_deref(), Some("\u{fffd}%zz"));
    }
}
