//! `portcullis prepare`: texts as the model sees them, for training, so that training and serving cannot differ.

use std::io::{BufWriter, stdin, stdout};

use base64::Engine;
use serde_json::{Value, json};

use super::Failure;
use super::json_lines::{Given, answer_lines};
use crate::inspection::{Prepared, prepare};

/// Reads `{"text", "where"}` or `{"raw"}` or `{"raw_b64"}` a line from standard input and writes the same object with
/// `windows` in place of the text: `[{"kind": position of the place's kind, "name", "bytes": base64}]`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args) -> Result<(), Failure> {
    let bad = answer_lines(stdin().lock(), BufWriter::new(stdout().lock()), |given| Ok(prepared(given)))?;
    if bad > 0 {
        return Err(anyhow::anyhow!("{bad} lines could not be read; each is marked with `error` in the output").into());
    }
    Ok(())
}

fn prepared(given: Given) -> Value {
    let Given { mut object, targets } = given;
    let windows: Vec<Value> = prepare(targets)
        .into_iter()
        .flat_map(|Prepared { target, windows }| {
            windows.into_iter().map(move |window| {
                let bytes = base64::engine::general_purpose::STANDARD.encode(window.bytes());
                json!({ "kind": window.kind(), "name": target.name, "bytes": bytes })
            })
        })
        .collect();
    for text in ["text", "raw", "raw_b64"] {
        object.remove(text);
    }
    object.insert("windows".to_owned(), Value::Array(windows));
    Value::Object(object)
}
