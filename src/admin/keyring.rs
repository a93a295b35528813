//! The tokens that open the API now. They may change while the filter runs.

use std::net::IpAddr;
use std::sync::Arc;

use super::role::{NamedToken, Role, TokenHash};
use crate::live::Live;

/// Who acts, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The token's name.
    pub name: String,
    /// What it allows.
    pub role: Role,
    /// The other end of the connection; `None` for what the filter was told by a signal.
    pub address: Option<IpAddr>,
}

/// The tokens of the config, and the operator's own of the environment or the token file.
#[derive(Clone, Debug)]
pub struct Keyring {
    configured: Live<Vec<NamedToken>>,
    own: Live<Option<NamedToken>>,
}

impl Keyring {
    /// A keyring of the configured tokens and the operator's own.
    pub fn new(configured: Vec<NamedToken>, own: Option<NamedToken>) -> Self {
        Self { configured: Live::new(configured), own: Live::new(own) }
    }

    /// Takes these in place of the configured tokens; those left out open nothing any more.
    pub fn replace_configured(&self, tokens: Vec<NamedToken>) {
        self.configured.store(tokens);
    }

    /// Takes this in place of the operator's own token.
    pub fn replace_own(&self, token: NamedToken) {
        self.own.store(Some(token));
    }

    /// Whose token this is. Takes the same time whatever is offered: hashes are compared, all of them.
    pub(super) fn holder(&self, offered: &TokenHash) -> Option<Arc<NamedToken>> {
        let (configured, own) = (self.configured.load(), self.own.load());
        let known = own.iter().chain(configured.iter());
        known.fold(None, |found, token| if token.hash.matches(offered) { Some(Arc::new(token.clone())) } else { found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(name: &str, secret: &str) -> NamedToken {
        NamedToken { name: name.to_owned(), role: Role::Viewer, hash: TokenHash::of(secret.as_bytes()) }
    }

    fn holder(keyring: &Keyring, secret: &str) -> Option<String> {
        keyring.holder(&TokenHash::of(secret.as_bytes())).map(|token| token.name.clone())
    }

    #[test]
    fn knows_its_tokens_and_forgets_those_replaced() {
        let keyring = Keyring::new(vec![token("a", "one"), token("b", "two")], Some(token("own", "three")));
        assert_eq!(holder(&keyring, "one").as_deref(), Some("a"));
        assert_eq!(holder(&keyring, "two").as_deref(), Some("b"));
        assert_eq!(holder(&keyring, "three").as_deref(), Some("own"));
        assert_eq!(holder(&keyring, "four"), None);
        let shared = keyring.clone();
        shared.replace_configured(vec![token("b", "four")]);
        shared.replace_own(token("own", "five"));
        for gone in ["one", "two", "three"] {
            assert_eq!(holder(&keyring, gone), None);
        }
        assert_eq!(holder(&keyring, "four").as_deref(), Some("b"));
    }
}
