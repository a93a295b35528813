//! Which requests are login attempts.

/// Method and path of login endpoints, such as `POST /login`.
///
/// The query string, a trailing slash and the case of letters do not matter: with the predecessor's exact comparison
/// `/login/` and `/login?x=1` went uncounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginEndpoints(Vec<(String, String)>);

/// A text is no endpoint.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a method and a path, such as `POST /login`")]
pub struct InvalidEndpoint;

impl LoginEndpoints {
    /// Endpoints written as `METHOD /path`.
    ///
    /// # Errors
    /// When a text is not of that form.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, InvalidEndpoint> {
        let parse = |text: &T| match text.as_ref().split_once(' ') {
            Some((method, path)) if !method.is_empty() && path.starts_with('/') => {
                Ok((method.to_ascii_uppercase(), bare(path).to_ascii_lowercase()))
            }
            _ => Err(InvalidEndpoint),
        };
        texts.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a request with this method and raw path is a login attempt.
    pub fn matches(&self, method: &str, path: &str) -> bool {
        let path = bare(path);
        self.0.iter().any(|(known, at)| known == method && at.eq_ignore_ascii_case(path))
    }
}

impl Default for LoginEndpoints {
    /// The predecessor's: `POST /login`.
    fn default() -> Self {
        Self(vec![("POST".into(), "/login".into())])
    }
}

fn bare(path: &str) -> &str {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_changes_do_not_hide_a_login() {
        let endpoints = LoginEndpoints::parse(&["POST /api/user/login"]).unwrap();
        for path in ["/api/user/login", "/api/user/login/", "/api/user/login?x=1", "/API/user/Login"] {
            assert!(endpoints.matches("POST", path), "{path}");
        }
        assert!(!endpoints.matches("GET", "/api/user/login"));
        assert!(!endpoints.matches("POST", "/api/user/logins"));
    }

    #[test]
    fn refuses_what_is_no_endpoint() {
        for text in ["", "/login", "POST login", " /login"] {
            assert_eq!(LoginEndpoints::parse(&[text]), Err(InvalidEndpoint), "{text}");
        }
    }
}
