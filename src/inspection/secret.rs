//! Names that secrets go by.

/// Parts of names that are secret wherever they stand, compared without separators and letter case.
const PARTS: [&str; 20] = [
    "passw",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "token",
    "authoriz",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "sessid",
    "sessionid",
    "sesid",
    "cookie",
    "csrf",
    "xsrf",
    "creditcard",
    "cardnum",
    "kennwort",
];

/// Whole words of names that are secret; as parts of other words they mean nothing (`compass`, `cardinal`, `opinion`).
const WORDS: [&str; 29] = [
    "pass",
    "pw",
    "psw",
    "auth",
    "jwt",
    "otp",
    "totp",
    "mfa",
    "pin",
    "sid",
    "session",
    "signature",
    "sig",
    "bearer",
    "card",
    "cardno",
    "cc",
    "ccnum",
    "ccn",
    "cvv",
    "cvv2",
    "cvc",
    "csc",
    "pan",
    "iban",
    "ssn",
    "ntc",
    "dni",
    "clave",
];

/// Whether a parameter, field, header or cookie of this name may hold a secret.
///
/// `userPassword`, `pwdA`, `card_no`, `auth[sid]` do; `compass` and `author` do not.
pub fn is_secret_name(name: &str) -> bool {
    let joined: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    PARTS.iter().any(|part| joined.contains(part)) || words(name).iter().any(|word| WORDS.contains(&word.as_str()))
}

/// The words of a name: cut at other characters, at digits' ends and before capitals.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for character in name.chars() {
        let starts = character.is_uppercase() && before.is_lowercase();
        if (starts || !character.is_alphanumeric()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (character.is_alphanumeric(), words.last_mut()) {
            word.extend(character.to_lowercase());
        }
        before = character;
    }
    let bare =
        words.iter().map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned()).collect::<Vec<_>>();
    words.extend(bare);
    words
}

#[cfg(test)]
mod tests {
    use super::is_secret_name;

    #[test]
    fn names_of_secrets() {
        for name in [
            "password",
            "pwd",
            "pwdA",
            "passwd",
            "PASS",
            "pass2",
            "user_pass",
            "userPassword",
            "new[password]",
            "token",
            "access_token",
            "secret",
            "client-secret",
            "Authorization",
            "X-Api-Key",
            "ntc",
            "ntcA",
            "card",
            "cardNumber",
            "card_no",
            "cvv",
            "cvv2",
            "iban",
            "PHPSESSID",
            "JSESSIONID",
            "sesID",
            "auth[sid]",
            "csrfmiddlewaretoken",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "",
            "q",
            "compass",
            "passenger",
            "author",
            "cardinal",
            "discard",
            "opinion",
            "span",
            "side",
            "page",
            "B2",
            "success",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
