//! How long it takes to take requests apart and to inspect them with the shipped text model, the model on one thread; of
//! 1 MiB the filter normalises and screens parts on as many threads as there are cores, four at most.
//!
//! `make bench`: prints mean, median and 99th percentile of each. No value occurs twice, so the cache of scores has
//! nothing to give. A name as argument measures that part only.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::HeaderMap;
use portcullis::inspection::{BodyHead, Config, Inspector, PayloadClassifier, Place, RequestHead, Targets, body, read};
use portcullis::metrics::Metrics;
use portcullis::model::{self, ModelSet};

const MIB: usize = 1 << 20;

/// The shipped text model, on one thread.
fn shipped() -> Arc<dyn PayloadClassifier> {
    let config = model::Config {
        dir: concat!(env!("CARGO_MANIFEST_DIR"), "/models").into(),
        runtime_library: std::env::var_os("ORT_DYLIB_PATH").map(Into::into),
        threads: 1,
        deadline: Duration::from_secs(60),
        ..model::Config::default()
    };
    ModelSet::load(&config, Metrics::new().unwrap().model).unwrap_or_else(|faults| panic!("{faults:?}")).text
}

fn main() {
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for (name, part) in PARTS {
        if only.as_deref().is_none_or(|only| name.contains(only)) {
            let mut times = part(&runtime);
            times.sort();
            let mean = times.iter().sum::<Duration>() / u32::try_from(times.len()).unwrap();
            let (median, late) = (times[times.len() / 2], times[times.len() * 99 / 100]);
            println!("{name:32} mean {mean:>10.2?}  p50 {median:>10.2?}  p99 {late:>10.2?}");
        }
    }
}

type Part = fn(&tokio::runtime::Runtime) -> Vec<Duration>;

const PARTS: [(&str, Part); 8] = [
    ("value of 64 bytes, taken apart", value_taken_apart),
    ("value of 64 bytes, whole", value_whole),
    ("request with 1 KiB of JSON", small_request),
    ("1 MiB of JSON", |runtime| large(runtime, "application/json", &json(MIB))),
    ("1 MiB of a form", |runtime| large(runtime, "application/x-www-form-urlencoded", &form())),
    ("1 MiB of text", |runtime| large(runtime, "text/plain", &words(5, MIB))),
    ("1 MiB of parts", |runtime| large(runtime, "multipart/form-data; boundary=b", &parts())),
    ("1 MiB of XML", |runtime| large(runtime, "text/xml", &xml())),
];

fn inspector() -> Inspector {
    Inspector::new(shipped(), Config::default(), Metrics::new().unwrap().inspection)
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

fn value_taken_apart(_: &tokio::runtime::Runtime) -> Vec<Duration> {
    let take_apart = |value: &String| {
        let mut targets = Targets::new(2_048);
        Place::Value.read(value.as_bytes(), &mut targets);
        read(&targets.into_parts().0, Config::default().rounds)
            .iter()
            .map(|reading| reading.windows().count())
            .sum::<usize>()
    };
    values().iter().map(|value| timed(|| take_apart(value))).collect()
}

fn value_whole(runtime: &tokio::runtime::Runtime) -> Vec<Duration> {
    let inspector = inspector();
    let inspect = |value: &String| runtime.block_on(inspector.inspect_place(Place::Value, value.as_bytes())).unwrap();
    values().iter().map(|value| timed(|| inspect(value))).collect()
}

fn values() -> Vec<String> {
    (0..100_000).map(|seed| words(seed, 64)).collect()
}

fn small_request(runtime: &tokio::runtime::Runtime) -> Vec<Duration> {
    let inspector = inspector();
    let headers: HeaderMap = [
        ("host", "shop.example"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
        ("accept-language", "en-US,en;q=0.5"),
        ("content-type", "application/json"),
        ("referer", "https://shop.example/cart?step=2"),
        ("cookie", "sid=0b1e6c4f9a; theme=dark; consent=yes"),
    ]
    .into_iter()
    .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
    .collect();
    let inspect = |body: &str| {
        runtime.block_on(async {
            let head = RequestHead { method: "POST", path: b"/api/orders", query: Some(b"page=2"), headers: &headers };
            inspector.inspect(&head).await.unwrap();
            inspector.inspect_body_of(BodyHead::of(&headers), body.as_bytes(), false).await.unwrap()
        })
    };
    let bodies: Vec<String> = (0..20_000).map(|seed| json_from(seed, 1_024)).collect();
    bodies.iter().map(|body| timed(|| inspect(body))).collect()
}

fn large(runtime: &tokio::runtime::Runtime, content_type: &str, text: &str) -> Vec<Duration> {
    let take_apart = || {
        let mut targets = Targets::new(2_048);
        body::read(Some(content_type.as_bytes()), text.as_bytes(), false, &mut targets);
        read(&targets.into_parts().0, Config::default().rounds)
            .iter()
            .map(|reading| reading.windows().count())
            .sum::<usize>()
    };
    let apart = (0..20).map(|_| timed(take_apart)).min().unwrap();
    println!("  of it taken apart, at best {apart:.2?}");
    let inspect = |inspector: &Inspector| {
        runtime.block_on(inspector.inspect_body(Some(content_type.as_bytes()), text.as_bytes(), false)).unwrap()
    };
    (0..20).map(|_| inspector()).map(|inspector| timed(|| inspect(&inspector))).collect()
}

/// So many bytes of words and numbers, different for each seed.
fn words(seed: u64, length: usize) -> String {
    const WORDS: [&str; 16] = [
        "holiday", "green", "shoes", "the", "quick", "walk", "it's", "please", "order", "2024", "nice,", "and", "Anna",
        "\"big\"", "river.", "size",
    ];
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut text = String::new();
    while text.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push_str(WORDS[usize::try_from(state % 16).unwrap()]);
        text.push_str(&format!(" {} ", state % 1_000));
    }
    text.truncate(length);
    text
}

fn json(length: usize) -> String {
    json_from(1, length)
}

fn json_from(seed: u64, length: usize) -> String {
    let mut items = Vec::new();
    let mut size = 0;
    while size < length {
        let number = seed * 10_000 + u64::try_from(items.len()).unwrap();
        let item =
            serde_json::json!({ "id": number, "name": words(number, 20), "note": words(number + 7, 200), "ok": true });
        size += 260;
        items.push(item);
    }
    serde_json::Value::from(items).to_string()
}

fn form() -> String {
    let escaped = |text: String| text.replace(' ', "+").replace('"', "%22").replace('\'', "%27");
    (0..4_500).map(|n| format!("f{n}={}&", escaped(words(n, 200)))).collect()
}

fn parts() -> String {
    let part = |n| format!("--b\r\nContent-Disposition: form-data; name=\"f{n}\"\r\n\r\n{}\r\n", words(n, 4_000));
    (0..260).map(part).chain(["--b--\r\n".to_owned()]).collect()
}

fn xml() -> String {
    let item = |n| format!("<i id='{n}'>{}</i>", words(n, 200));
    format!("<r>{}</r>", (0..4_600).map(item).collect::<String>())
}
