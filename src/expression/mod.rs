//! Expressions an operator writes, in the Common Expression Language (CEL): over a request, or over an answered one.
//!
//! | name | what |
//! | --- | --- |
//! | `request.method`, `.path`, `.query`, `.host` | texts; path and query as sent, undecoded |
//! | `request.headers["name"]`, `request.cookies["name"]` | texts; names of headers in small letters, the first of each |
//! | `request.client` | the client's address |
//! | `request.bytes` | bytes of its body (0 before it was read) |
//! | `response.status`, `.bytes`, `.type`, `.millis` | of the answer, where there is one |
//! | `findings`, `score` | 1 where the request was taken for an attack, else 0; its highest probability of attack |
//!
//! An expression is compiled once and tried on a sample at the start; what does not parse, names what is not there or
//! fails on the sample is refused then. What fails later, on a request, has no value. Texts are cut at 4 KiB and 64
//! headers are taken, so that an evaluation is some microseconds whatever a client sends.

mod facts;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use cel::{Context, ExecutionError, Program};

pub use facts::{Answer, Facts, cookie};

/// Characters of an expression at most.
const MAX_CHARS: usize = 2_000;

/// What an expression may speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A request that has just come.
    Request,
    /// One that was answered.
    Answered,
}

impl Scope {
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Request => &["request"],
            Self::Answered => &["request", "response", "findings", "score"],
        }
    }
}

/// A compiled expression; cheap to clone. Two are equal where their texts are.
#[derive(Clone)]
pub struct Expression {
    text: Arc<str>,
    program: Arc<Program>,
}

/// Why a text is no expression the filter takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidExpression(String);

/// What an expression made of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

/// An expression without a value for this request: a key that is missing, a division by zero, a value of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoValue(String);

impl Expression {
    /// Compiles a text and tries it on a sample.
    ///
    /// # Errors
    /// When it does not parse, names something that is not there, or fails on the sample for any reason but a header
    /// or cookie that is missing there.
    pub fn compile(text: &str, scope: Scope) -> Result<Self, InvalidExpression> {
        if text.chars().count() > MAX_CHARS {
            return Err(InvalidExpression(format!("has more than {MAX_CHARS} characters")));
        }
        // The parser is generated code; a text that makes it panic is one more text it does not take.
        let parsed = catch_unwind(AssertUnwindSafe(|| Program::compile(text)))
            .map_err(|_| InvalidExpression("does not parse".to_owned()))?;
        let program = parsed.map_err(|error| {
            let first = error.to_string().lines().next().unwrap_or_default().to_owned();
            InvalidExpression(format!("does not parse: {first}"))
        })?;
        let allowed = scope.names();
        let unknown: Vec<_> = unbound(&program, allowed);
        if !unknown.is_empty() {
            let problem = format!("speaks of {}; allowed here: {}", unknown.join(", "), allowed.join(", "));
            return Err(InvalidExpression(problem));
        }
        let expression = Self { text: text.into(), program: Arc::new(program) };
        expression.tried()
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it makes of a request.
    ///
    /// # Errors
    /// When it has no value for this one.
    pub fn value(&self, evaluation: &Evaluation<'_>) -> Result<Value, NoValue> {
        value(self.program.execute(&evaluation.0).map_err(|error| NoValue(error.to_string()))?)
    }

    fn tried(self) -> Result<Self, InvalidExpression> {
        let root = Root::default();
        match self.program.execute(&root.on(&Facts::sample()).0) {
            Ok(found) => value(found).map(|_| ()).map_err(|NoValue(problem)| InvalidExpression(problem))?,
            Err(ExecutionError::NoSuchKey(name)) if !facts::NAMES.contains(&name.as_str()) && self.reads_a_map() => {}
            Err(error) => return Err(InvalidExpression(format!("fails on a plain request: {error}"))),
        }
        Ok(self)
    }

    /// Whether a missing key may be a header or a cookie that the sample lacks.
    fn reads_a_map(&self) -> bool {
        self.text.contains("headers") || self.text.contains("cookies")
    }
}

/// The names an expression leaves to its surroundings: variables of macros are its own.
fn unbound(program: &Program, allowed: &[&str]) -> Vec<String> {
    let references = program.references();
    let bound_by_macros = ["map", "filter", "all", "exists", "exists_one"];
    let has_macros = references.functions().iter().any(|name| *name == "_+_" || *name == "@not_strictly_false")
        || bound_by_macros.iter().any(|name| program.source_info().source.contains(name));
    let mut unknown: Vec<String> =
        references.variables().iter().filter(|name| !allowed.contains(name)).map(|name| (*name).to_owned()).collect();
    // A variable of a macro cannot be told from an unknown one here; the trial on the sample does.
    if has_macros {
        unknown.retain(|name| name == "response" || name == "findings" || name == "score");
    }
    unknown.sort();
    unknown
}

fn value(found: cel::Value) -> Result<Value, NoValue> {
    #[allow(clippy::cast_precision_loss)]
    Ok(match found {
        cel::Value::Bool(truth) => Value::Bool(truth),
        cel::Value::Int(number) => Value::Number(number as f64),
        cel::Value::UInt(number) => Value::Number(number as f64),
        cel::Value::Float(number) if number.is_finite() => Value::Number(number),
        cel::Value::String(text) => Value::Text(text.as_str().to_owned()),
        _ => return Err(NoValue("gives neither true or false, a finite number nor a text".to_owned())),
    })
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.text)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Expression {}

/// What every expression knows: CEL's own functions. Made once; it takes some fifty microseconds.
#[derive(Default)]
pub struct Root(Context<'static, 'static>);

/// One request, ready for every expression.
pub struct Evaluation<'r>(Context<'r, 'static>);

impl Root {
    /// Makes ready for expressions over these facts.
    pub fn on(&self, facts: &Facts<'_>) -> Evaluation<'_> {
        let mut scope = self.0.new_inner_scope();
        facts.bind(&mut scope);
        Evaluation(scope)
    }
}

#[cfg(test)]
mod tests;
