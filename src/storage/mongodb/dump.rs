//! Documents of a `mongodump` file.

use std::io::{BufRead, Read};

use mongodb::bson::{Bson, Document};
use serde_json::{Map, Value, json};

use super::json::from_bson;

/// Sizes of a document: the empty one, and the server's limit with room for what it adds.
const SIZES: std::ops::RangeInclusive<usize> = 5..=(17 << 20);

/// The next document as extended JSON, as far as its own fields go.
///
/// # Errors
/// When there is none; after that there is no place to go on from.
pub(crate) fn bson_document(input: &mut dyn BufRead) -> Result<Value, String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("no BSON document: {error}");
    let mut length = [0; 4];
    input.read_exact(&mut length).map_err(|error| unreadable(&error))?;
    let size = usize::try_from(i32::from_le_bytes(length)).ok().filter(|size| SIZES.contains(size));
    let size = size.ok_or_else(|| unreadable(&"its length makes no sense"))?;
    let mut bytes = length.to_vec();
    let rest = (size - length.len()) as u64;
    input.take(rest).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    let document = Document::from_reader(bytes.as_slice()).map_err(|error| unreadable(&error))?;
    let fields = document.iter().map(|(name, value)| {
        let value = match value {
            Bson::ObjectId(id) => json!({ "$oid": id.to_hex() }),
            Bson::DateTime(moment) => json!({ "$date": moment.timestamp_millis() }),
            other => from_bson(other),
        };
        (name.clone(), value)
    });
    Ok(Value::Object(fields.collect::<Map<_, _>>()))
}

#[cfg(test)]
mod tests {
    use mongodb::bson::oid::ObjectId;
    use mongodb::bson::{DateTime, doc};

    use super::*;

    #[test]
    fn reads_document_after_document_and_refuses_what_is_none() {
        let one = doc! { "_id": ObjectId::from_bytes([7; 12]), "timestamp": DateTime::from_millis(5), "n": 3, "o": { "a": [1.5] } };
        let bytes = [one.to_vec().unwrap(), doc! {}.to_vec().unwrap()].concat();
        let mut input = bytes.as_slice();
        let expected =
            json!({ "_id": { "$oid": "07".repeat(12) }, "timestamp": { "$date": 5 }, "n": 3, "o": { "a": [1.5] } });
        assert_eq!(bson_document(&mut input), Ok(expected));
        assert_eq!(bson_document(&mut input), Ok(json!({})));
        for broken in [&b""[..], b"\x05", b"\xff\xff\xff\x7f\x07_id", b"\x04\0\0\0", b"\x09\0\0\0ab", &bytes[..30]] {
            assert!(bson_document(&mut &*broken).unwrap_err().starts_with("no BSON document"), "{broken:?}");
        }
    }
}
