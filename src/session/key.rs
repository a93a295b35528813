//! What tells visitors of one client apart.

use http::{HeaderMap, HeaderName};
use sha2::{Digest, Sha256};

use crate::expression::{Evaluation, Expression, NoValue, Value, cookie};

/// What open visits are told apart by, beside the client.
///
/// The client always counts: a cookie, a header or an expression tells apart who shares an address (an office, a mobile
/// network) and never joins two addresses, so that nobody can put requests into another's visit and have him banned.
/// A request without the value belongs to the client's own visit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeyBy {
    /// Nothing: one visit a client.
    #[default]
    Client,
    /// The value of the cookie of this name.
    Cookie(String),
    /// The value of this header.
    Header(HeaderName),
    /// What this expression makes of the request: the predecessor's `custGroupToSess`.
    Expression(Expression),
}

impl KeyBy {
    /// The part of the key that a request's headers say; 0 for none, and where an expression says it.
    pub fn of_headers(&self, headers: &HeaderMap) -> u64 {
        match self {
            Self::Client | Self::Expression(_) => 0,
            Self::Cookie(name) => cookie(headers, name).map_or(0, part),
            Self::Header(name) => headers.get(name).map_or(0, |value| part(value.as_bytes())),
        }
    }

    /// The expression, where there is one.
    pub fn expression(&self) -> Option<&Expression> {
        if let Self::Expression(expression) = self { Some(expression) } else { None }
    }
}

/// The part of the key that an expression says; 0 for an empty text.
///
/// # Errors
/// When it has no value for this request.
pub fn part_of(expression: &Expression, evaluation: &Evaluation<'_>) -> Result<u64, NoValue> {
    Ok(match expression.value(evaluation)? {
        Value::Text(text) => part(text.as_bytes()),
        Value::Number(number) => part(number.to_string().as_bytes()),
        Value::Bool(truth) => part(truth.to_string().as_bytes()),
    })
}

/// 64 bits of SHA-256, the same after a restart; 0 for nothing.
fn part(value: &[u8]) -> u64 {
    if value.is_empty() {
        return 0;
    }
    let digest = Sha256::digest(value);
    digest.iter().take(8).fold(0, |part, byte| part << 8 | u64::from(*byte)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::Scope;

    #[test]
    fn tells_visitors_apart_and_joins_who_has_no_value() {
        let headers = |cookie: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("cookie", cookie.parse().unwrap());
            headers.insert("x-user", "anna".parse().unwrap());
            headers
        };
        let by = KeyBy::Cookie("sid".into());
        assert_ne!(by.of_headers(&headers("sid=1")), by.of_headers(&headers("a=b; sid=2")));
        assert_eq!(by.of_headers(&headers("x=1; sid=1")), by.of_headers(&headers("sid=1")));
        assert_eq!(by.of_headers(&headers("side=1; sid=")), 0);
        assert_ne!(KeyBy::Header("x-user".parse().unwrap()).of_headers(&headers("")), 0);
        assert_eq!(KeyBy::Client.of_headers(&headers("sid=1")), 0);
        let expression = Expression::compile("request.headers['x-user']", Scope::Request).unwrap();
        assert_eq!(KeyBy::Expression(expression).of_headers(&headers("")), 0);
    }
}
