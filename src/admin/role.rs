//! Tokens with a name and a role, as configured: the secret itself is not kept, only its hash.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;

use super::AdminToken;

/// Characters of a token's name at most.
const MAX_NAME_CHARS: usize = 32;

/// What the holder of a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// See everything, change nothing.
    Viewer,
    /// See and change everything.
    Operator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 2] = [Self::Viewer, Self::Operator];

    /// The role's name, as in the config.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
        }
    }

    /// The role of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// The SHA-256 of a token, written `sha256:` and 64 hex digits.
///
/// A fast hash is right here: tokens are 256 random bits, which nobody guesses however fast the hash; a slow one is for
/// passwords people choose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of what was offered as a token.
    pub(super) fn of(offered: &[u8]) -> Self {
        Self(Sha256::digest(offered).into())
    }

    /// Whether both are the same, in a time that does not depend on where they differ.
    pub(super) fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl From<&AdminToken> for TokenHash {
    fn from(token: &AdminToken) -> Self {
        Self::of(token.reveal().as_bytes())
    }
}

/// A text is no hash of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected \"sha256:\" and 64 hex digits, as `portcullis token new` prints it")]
pub struct InvalidHash;

impl FromStr for TokenHash {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, InvalidHash> {
        let digits = text.strip_prefix("sha256:").filter(|digits| digits.len() == 64).ok_or(InvalidHash)?;
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            let nibble = |digit: u8| char::from(digit).to_digit(16).ok_or(InvalidHash);
            *byte = u8::try_from(nibble(pair[0])? << 4 | nibble(pair[1])?).map_err(|_| InvalidHash)?;
        }
        Ok(Self(hash))
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// A token the API knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedToken {
    /// Who holds it, for the audit log.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What they have to show.
    pub hash: TokenHash,
}

impl NamedToken {
    /// Whether this can be a token's name: 1 to 32 letters, digits, `.`, `_`, `-`.
    pub fn is_name(text: &str) -> bool {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        !text.is_empty() && text.len() <= MAX_NAME_CHARS && text.chars().all(allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back_and_admits_its_token_only() {
        let token = AdminToken::generate().unwrap();
        let hash = TokenHash::from(&token);
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert!(hash.matches(&TokenHash::of(token.reveal().as_bytes())));
        assert!(!hash.matches(&TokenHash::of(b"")));
        assert!(!format!("{hash:?}").contains(&hash.to_string()[7..20]));
    }

    #[test]
    fn refuses_what_is_no_hash_and_no_name() {
        let hex = "0".repeat(64);
        for text in ["", "sha256:", &hex, &format!("sha256:{}", &hex[1..]), &format!("sha256:{}g", &hex[1..])] {
            assert_eq!(text.parse::<TokenHash>(), Err(InvalidHash), "{text}");
        }
        assert!(NamedToken::is_name("grafana-1.eu_west"));
        for name in ["", "a b", "ä", "a\n", &"x".repeat(33)] {
            assert!(!NamedToken::is_name(name), "{name}");
        }
    }
}
