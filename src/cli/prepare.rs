//! `portcullis prepare`: texts as the model sees them, so that training and serving cannot differ.

use std::io::{BufRead, BufReader, BufWriter, Write, stdin, stdout};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Failure;
use crate::dataset::{Sample, object};
use crate::inspection::{Config, Reading, Targets, Window, body, read, read_head};

/// Reads `{"text", "where"}`, `{"raw"}` or `{"raw_b64"}` a line from standard input. Writes the same object with
/// `windows` in place of the text, `[{"kind": id, "name": …, "context": levels, "bytes": base64}]`, and `safe`: whether nothing of it
/// would reach the model.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args) -> Result<(), Failure> {
    let bad = prepare_lines(BufReader::with_capacity(1 << 16, stdin().lock()), BufWriter::new(stdout().lock()))?;
    if bad > 0 {
        return Err(anyhow::anyhow!("{bad} lines could not be read; each has an `error` in the output").into());
    }
    Ok(())
}

/// Answers each line with one line; returns how many could not be read.
fn prepare_lines(mut input: impl BufRead, mut output: impl Write) -> std::io::Result<usize> {
    let config = Config::default();
    let mut bad = 0;
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        if !line.trim_ascii().is_empty() {
            let answer = object(&line).unwrap_or_else(|error| error);
            let answer = prepared(answer, &config);
            bad += usize::from(answer.contains_key("error"));
            serde_json::to_writer(&mut output, &answer)?;
            output.write_all(b"\n")?;
        }
        line.clear();
    }
    output.flush()?;
    Ok(bad)
}

fn prepared(mut object: Map<String, Value>, config: &Config) -> Map<String, Value> {
    if object.contains_key("error") {
        return object;
    }
    match Sample::read(&object) {
        Ok(sample) => {
            for key in ["text", "raw", "raw_b64"] {
                object.remove(key);
            }
            let windows: Vec<Value> = readings(&sample, config).iter().flat_map(described).collect();
            object.insert("safe".to_owned(), windows.is_empty().into());
            object.insert("windows".to_owned(), windows.into());
        }
        Err(error) => _ = object.insert("error".to_owned(), format!("{error:#}").into()),
    }
    object
}

fn readings(sample: &Sample, config: &Config) -> Vec<Reading> {
    let mut targets = Targets::new(config.max_fields);
    let mut of_body = Targets::new(config.max_fields);
    match sample {
        Sample::Text { place, text } => place.read(text.as_bytes(), &mut targets),
        Sample::Request(request) => {
            read_head(&request.head(), &mut targets);
            body::take_apart(&request.body_head(), &request.body, false, config.unpacking, &mut of_body);
        }
    }
    let (mut fields, _) = targets.into_parts();
    fields.extend(of_body.into_parts().0);
    read(&fields, config.rounds)
}

fn described(reading: &Reading) -> Vec<Value> {
    let window = |window: Window<'_>| {
        json!({
            "kind": window.kind(), "name": reading.target.name, "context": window.context().levels(),
            "bytes": STANDARD.encode(window.bytes()),
        })
    };
    reading.windows().map(window).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_what_the_model_sees() {
        let input = concat!(
            "{\"id\":7,\"text\":\"%3CB%3E x\",\"where\":\"value\"}\n\n",
            "{\"text\":\"word\"}\n",
            "{\"raw\":\"POST /a?b=%27+cd HTTP/1.1\\r\\nContent-Type: application/json\\r\\n\\r\\n{\\\"d\\\":\\\"e <f\\\"}\"}\n",
            "{\"text\":1}\nnonsense\n",
        );
        let mut output = Vec::new();
        assert_eq!(prepare_lines(input.as_bytes(), &mut output).unwrap(), 2);
        let lines: Vec<Value> =
            output.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
        assert_eq!(
            lines[0],
            json!({"id": 7, "where": "value", "safe": false, "windows": [{"kind": 2, "name": "", "context": [2, 0, 6, 12, 0, 1, 12, 4], "bytes": STANDARD.encode("<b> x")}]})
        );
        assert_eq!(lines[1], json!({"safe": true, "windows": []}));
        let kinds: Vec<_> =
            lines[2]["windows"].as_array().unwrap().iter().map(|window| window["kind"].clone()).collect();
        assert_eq!(kinds, [2, 3, 6]);
        assert!(lines[3]["error"].as_str().unwrap().starts_with("text:"));
        assert!(lines[4]["error"].is_string());
    }
}
