//! Values of request bodies: the predecessor's `reqBodiesData`, in bounded memory.
//!
//! Of each body that the activity log keeps, and as redacted as there, the values go into its visit under the path of
//! their keys and the number of the request, from 0: `requestBody.email.0`. What is no text becomes one, and its key
//! tells what it was (`requestBody.n$int.0`), as the predecessor had it. A visit keeps so many values at most, each cut
//! to some hundred bytes, and all visits together, wherever they wait, so many bytes. A key or a value with bytes that are
//! not UTF-8 is [escaped](octets::escape), and only such a one.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::metrics::SessionMetrics;
use crate::octets;

/// Bytes of a key that are kept.
const MAX_KEY: usize = 128;
/// Bytes of a value that are kept.
const MAX_VALUE: usize = 256;
/// What a value takes beside its texts.
const OVERHEAD: usize = 64;
/// Levels of a body that are read.
const MAX_DEPTH: usize = 32;
/// Values that are read of a stored visit at most.
const MAX_STORED: usize = 1_000;

/// How values of bodies are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodySettings {
    /// Values a visit keeps at most; 0 keeps none. Default 50.
    pub values: usize,
    /// Keys whose values are left out, at every depth but within lists. Default: the predecessor's `user`,
    /// `initialFetch` and `followings`.
    pub ignored_keys: Vec<String>,
    /// Bytes that the values of all visits take at most. Default 64 MiB.
    pub memory: usize,
}

impl Default for BodySettings {
    fn default() -> Self {
        let ignored_keys = ["user", "initialFetch", "followings"].map(str::to_owned).to_vec();
        Self { values: 50, ignored_keys, memory: 64 << 20 }
    }
}

/// Reads bodies for visits. Copies share the limit of memory.
#[derive(Clone)]
pub struct BodyReader {
    settings: Arc<BodySettings>,
    used: Arc<AtomicUsize>,
    /// Counts bodies past the limit; `None` for the log's visits, which are few at a time.
    metrics: Option<SessionMetrics>,
}

impl BodyReader {
    /// A reader of these settings.
    pub fn new(settings: &BodySettings, metrics: Option<SessionMetrics>) -> Self {
        Self { settings: Arc::new(settings.clone()), used: Arc::default(), metrics }
    }

    /// The values of a body, [as text](octets), for its visit; `None` for none, and for one that finds no room, which is
    /// counted.
    pub fn read(&self, body: Option<&Value>) -> Option<BodyPart> {
        let mut values = Vec::new();
        let walk = Walk { ignored: &self.settings.ignored_keys, most: self.settings.values };
        walk.take(body.filter(|body| !is_unparsed(body))?, "requestBody", MAX_DEPTH, true, &mut values);
        if values.is_empty() {
            return None;
        }
        let bytes = values.iter().map(|(key, value)| key.len() + value.len() + OVERHEAD).sum();
        let room = Room::take(&self.used, bytes, self.settings.memory);
        if let (None, Some(metrics)) = (&room, &self.metrics) {
            metrics.bodies_left_out.inc();
        }
        Some(BodyPart { values: Arc::new(Values { pairs: values, _room: Some(room?) }), most: self.settings.values })
    }
}

/// What the activity log writes in place of a body that it cannot take apart.
fn is_unparsed(body: &Value) -> bool {
    body.as_object().is_some_and(|body| body.len() == 2 && body.get("unparsed") == Some(&Value::Bool(true)))
}

/// The values of one request's body.
#[derive(Clone, Debug)]
pub struct BodyPart {
    values: Arc<Values>,
    /// How many values the visit keeps.
    most: usize,
}

#[derive(Debug)]
struct Values {
    pairs: Vec<(String, String)>,
    /// `None` for what comes out of a store.
    _room: Option<Room>,
}

/// A share of the memory, given back when the last copy is gone.
#[derive(Debug)]
struct Room {
    used: Arc<AtomicUsize>,
    bytes: usize,
}

impl Room {
    fn take(used: &Arc<AtomicUsize>, bytes: usize, most: usize) -> Option<Self> {
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= most);
        used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok()?;
        Some(Self { used: Arc::clone(used), bytes })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The values that a visit keeps; copies share them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(String, String)>", into = "Vec<(String, String)>")]
pub struct Bodies(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    values: Arc<Values>,
    /// Of these values, how many the visit keeps.
    kept: usize,
    /// Number of the request in its visit; `None` where the keys have it already.
    request: Option<u32>,
}

impl Bodies {
    /// Adds what is new of a request, as far as there is room in the visit.
    pub(super) fn add(&mut self, request: u32, part: &BodyPart) {
        let kept = part.most.saturating_sub(self.len()).min(part.values.pairs.len());
        if kept > 0 {
            self.0.push(Entry { values: Arc::clone(&part.values), kept, request: Some(request) });
        }
    }

    /// The values by their keys, in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
        self.0.iter().flat_map(|entry| {
            entry.values.pairs.iter().take(entry.kept).map(|(key, value)| {
                let key = entry.request.map_or(Cow::from(key), |request| format!("{key}.{request}").into());
                (key, value.as_str())
            })
        })
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.0.iter().map(|entry| entry.kept).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, String)> for Bodies {
    /// Of a store: whole keys with their values, 1,000 at most.
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        let cut = |(key, value): (String, String)| (shortened(&key, 2 * MAX_KEY), shortened(&value, MAX_VALUE));
        let pairs: Vec<_> = pairs.into_iter().take(MAX_STORED).map(cut).collect();
        let kept = pairs.len();
        let entry = Entry { values: Arc::new(Values { pairs, _room: None }), kept, request: None };
        Self(if kept > 0 { vec![entry] } else { Vec::new() })
    }
}

impl From<Vec<(String, String)>> for Bodies {
    fn from(pairs: Vec<(String, String)>) -> Self {
        pairs.into_iter().collect()
    }
}

impl From<Bodies> for Vec<(String, String)> {
    fn from(bodies: Bodies) -> Self {
        bodies.iter().map(|(key, value)| (key.into_owned(), value.to_owned())).collect()
    }
}

impl PartialEq for Bodies {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

/// Takes a body apart.
struct Walk<'a> {
    ignored: &'a [String],
    most: usize,
}

impl Walk<'_> {
    fn take(&self, value: &Value, key: &str, depth: usize, drops: bool, values: &mut Vec<(String, String)>) {
        let Some(depth) = depth.checked_sub(1).filter(|_| values.len() < self.most) else { return };
        let (kind, text) = match value {
            Value::Object(fields) => {
                let taken = fields.iter().filter(|(name, _)| !(drops && self.ignored.contains(name)));
                taken.for_each(|(name, inner)| self.take(inner, &below(key, name), depth, drops, values));
                return;
            }
            Value::Array(items) => {
                let numbered = (0_usize..).zip(items);
                numbered.for_each(|(at, inner)| self.take(inner, &below(key, &at.to_string()), depth, false, values));
                return;
            }
            Value::String(text) => ("", Cow::from(text)),
            Value::Number(number) => (if number.is_f64() { "$float" } else { "$int" }, number.to_string().into()),
            Value::Bool(truth) => ("$bool", if *truth { "True" } else { "False" }.into()),
            Value::Null => ("$none", "None".into()),
        };
        values.push((format!("{key}{kind}"), shortened(&text, MAX_VALUE)));
    }
}

/// The key of what stands in a field.
fn below(key: &str, name: &str) -> String {
    shortened(&format!("{key}.{}", shortened(name, MAX_KEY)), MAX_KEY)
}

/// At most so many bytes of a text, without NULs, which no store takes in a key; what is not UTF-8 in it is escaped.
fn shortened(text: &str, most: usize) -> String {
    let cut = |text: &str| text[..text.floor_char_boundary(most.min(text.len()))].replace('\0', "");
    let kept = cut(text);
    if octets::has_stand_ins(&kept) { cut(&octets::escape(&kept)) } else { kept }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::metrics::Metrics;

    fn reader(settings: BodySettings) -> BodyReader {
        BodyReader::new(&settings, Some(Metrics::new().unwrap().session))
    }

    fn pairs(bodies: &Bodies) -> Vec<(String, String)> {
        bodies.clone().into()
    }

    #[test]
    fn keys_and_values_are_the_predecessors() {
        let reader = reader(BodySettings::default());
        let body = json!({
            "email": "a@b.example", "user": { "name": "hidden" }, "n": 5, "f": 1.5, "truth": true, "empty": {},
            "k": ["x", null, { "user": "seen, as in the predecessor" }], "deep": { "followings": 1, "in": "y" },
        });
        let mut bodies = Bodies::default();
        bodies.add(0, &reader.read(Some(&body)).unwrap());
        bodies.add(7, &reader.read(Some(&json!("text"))).unwrap());
        let expected = [
            ("requestBody.email.0", "a@b.example"),
            ("requestBody.n$int.0", "5"),
            ("requestBody.f$float.0", "1.5"),
            ("requestBody.truth$bool.0", "True"),
            ("requestBody.k.0.0", "x"),
            ("requestBody.k.1$none.0", "None"),
            ("requestBody.k.2.user.0", "seen, as in the predecessor"),
            ("requestBody.deep.in.0", "y"),
            ("requestBody.7", "text"),
        ];
        assert_eq!(pairs(&bodies), expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        assert!(reader.read(None).is_none());
        assert!(reader.read(Some(&json!({ "unparsed": true, "bytes": 9 }))).is_none());
        assert!(reader.read(Some(&json!({ "user": 1 }))).is_none());
    }

    #[test]
    fn a_visit_keeps_so_many_and_all_of_them_so_many_bytes() {
        let reader = reader(BodySettings { values: 3, memory: 4_096, ..BodySettings::default() });
        let body = json!({ "a": "x".repeat(10_000), "ä".repeat(10_000): "y", "c": vec!["z"; 100] });
        let mut bodies = Bodies::default();
        for request in 0..100 {
            bodies.add(request, &reader.read(Some(&body)).unwrap());
        }
        assert_eq!((bodies.len(), bodies.0.len()), (3, 1));
        let longest = pairs(&bodies).iter().map(|(key, value)| key.len().max(value.len())).max().unwrap();
        assert!(longest <= MAX_VALUE, "{longest}");

        let others: Vec<_> = std::iter::from_fn(|| reader.read(Some(&body))).take(100).collect();
        assert!((1..10).contains(&others.len()), "{} fit", others.len());
        assert_eq!(reader.metrics.as_ref().unwrap().bodies_left_out.get(), 1);
        let copy = bodies.clone();
        drop((bodies, others));
        assert!(reader.used.load(Ordering::Relaxed) > 0, "a copy waits somewhere");
        drop(copy);
        assert_eq!(reader.used.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_escaped_and_nothing_else() {
        let odd = |raw: &[u8]| octets::text(raw).into_owned();
        let long = odd(&[0xff; 1_000]);
        let body = json!({ "a": odd(b"caf\xe9\\"), "b": "c\\", odd(b"n\xe9"): { "d\\": "e" }, "f": long });
        let mut bodies = Bodies::default();
        bodies.add(0, &reader(BodySettings::default()).read(Some(&body)).unwrap());
        let cut = r"\xff".repeat(MAX_VALUE / 4);
        let expected = [
            ("requestBody.a.0", r"caf\xe9\\"),
            ("requestBody.b.0", r"c\"),
            (r"requestBody.n\xe9.d\.0", "e"),
            ("requestBody.f.0", cut.as_str()),
        ];
        let mut expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let mut kept = pairs(&bodies);
        expected.sort();
        kept.sort();
        assert_eq!(kept, expected);
    }

    #[test]
    fn survives_being_written_and_goes_on() {
        let reader = reader(BodySettings::default());
        let mut bodies = Bodies::default();
        bodies.add(0, &reader.read(Some(&json!({ "a\0": "b" }))).unwrap());
        let mut read: Bodies = serde_json::from_str(&serde_json::to_string(&bodies).unwrap()).unwrap();
        assert_eq!(read, bodies);
        read.add(1, &reader.read(Some(&json!(["c"]))).unwrap());
        let keys: Vec<_> = read.iter().map(|(key, _)| key.into_owned()).collect();
        assert_eq!(keys, ["requestBody.a.0", "requestBody.0.1"]);
        let deep = (0..1_000).fold(json!("end"), |inner, _| json!([inner]));
        assert!(reader.read(Some(&deep)).is_none());
    }
}
