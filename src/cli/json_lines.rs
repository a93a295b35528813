//! JSON lines in, JSON lines out: what `classify` and `prepare` share.

use std::io::{BufRead, Write};

use anyhow::{Context, bail};
use base64::Engine;
use serde_json::{Map, Value};

use crate::inspection::raw::RawRequest;
use crate::inspection::{Targets, place};

/// Places a text may stand at.
const PLACES: [&str; 5] = ["query", "body", "header", "path", "value"];

/// What a line gives to judge.
pub(super) struct Given {
    /// The line's object.
    pub(super) object: Map<String, Value>,
    /// Its texts.
    pub(super) targets: Targets,
}

/// Reads lines, has each answered, writes the answers. A line that cannot be read is answered by itself with `error`;
/// how many there were.
pub(super) fn answer_lines(
    input: impl BufRead,
    mut output: impl Write,
    mut answer: impl FnMut(Given) -> anyhow::Result<Value>,
) -> anyhow::Result<usize> {
    let mut bad = 0;
    for line in input.split(b'\n') {
        let line = line.context("reading the input")?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answered = read(&line).and_then(&mut answer).unwrap_or_else(|error| {
            bad += 1;
            let mut object = serde_json::from_slice::<Map<String, Value>>(&line).unwrap_or_default();
            object.insert("error".to_owned(), Value::String(format!("{error:#}")));
            Value::Object(object)
        });
        serde_json::to_writer(&mut output, &answered).context("writing the output")?;
        output.write_all(b"\n").context("writing the output")?;
    }
    output.flush().context("writing the output")?;
    Ok(bad)
}

fn read(line: &[u8]) -> anyhow::Result<Given> {
    let object: Map<String, Value> = serde_json::from_slice(line).context("expected a JSON object")?;
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    let targets = if let Some(raw) = text("raw") {
        whole(raw.as_bytes())?
    } else if let Some(raw) = text("raw_b64") {
        whole(&base64::engine::general_purpose::STANDARD.decode(raw).context("raw_b64: expected base64")?)?
    } else {
        let place = match object.get("where") {
            None => "value",
            Some(place) => place
                .as_str()
                .filter(|place| PLACES.contains(place))
                .with_context(|| format!("where: expected one of {}", PLACES.join(", ")))?,
        };
        match text("text") {
            Some(text) => place::targets(place, text.as_bytes()),
            None => bail!("text: expected a string (or raw, or raw_b64: a whole request)"),
        }
    };
    Ok(Given { object, targets })
}

fn whole(raw: &[u8]) -> anyhow::Result<Targets> {
    let (mut targets, body, _) = RawRequest::parse(raw)?.targets();
    targets.append(body);
    Ok(targets)
}
