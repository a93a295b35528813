//! JSON: every key and every text at any depth, repeated keys too (which of them an application takes is its secret).

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

use crate::inspection::TargetKind;
use crate::inspection::extract::Targets;
use crate::inspection::finding::Malformed;

/// Adds keys and texts; those before a fault stay added.
///
/// # Errors
/// When the body is no JSON or nested deeper than serde_json's 128 levels.
pub(super) fn add(targets: &mut Targets, body: &[u8]) -> Result<(), Malformed> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let mut walk = Walk { targets, path: String::new() };
    (&mut walk).deserialize(&mut deserializer).and_then(|()| deserializer.end()).map_err(|_| Malformed::Json)
}

struct Walk<'t> {
    targets: &'t mut Targets,
    /// Keys on the way to here, joined by dots; positions in lists do not count.
    path: String,
}

impl<'de> DeserializeSeed<'de> for &mut Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.targets.add(TargetKind::BodyValue, &self.path, text.as_bytes());
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let length = self.path.len();
        while let Some(key) = map.next_key::<String>()? {
            self.targets.add(TargetKind::BodyName, "", key.as_bytes());
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(&key);
            map.next_value_seed(&mut *self)?;
            self.path.truncate(length);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(&mut *self)?.is_some() {}
        Ok(())
    }

    // Numbers, booleans and null carry no text.

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}
