//! Who is signed in to the console: a random cookie stands for a token, so that the browser does not keep the token.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;

use super::keyring::{Actor, Keyring};
use super::role::TokenHash;
use crate::time::Timestamp;

/// A login ends after so long, used or not.
const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);
/// A login ends after so long without use.
const IDLE: Duration = Duration::from_secs(60 * 60);
/// Logins at most; past it the one used longest ago ends.
const MAX_LOGINS: usize = 1_000;

/// One person signed in.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub(super) actor: Actor,
    /// What every change has to bring along, so that no other site can make it.
    pub(super) csrf: Arc<str>,
    key: [u8; 32],
    token: TokenHash,
    /// Whether the last change went well and what came of it, until a page has told so.
    notice: Option<(bool, String)>,
    began: Timestamp,
    used: Timestamp,
}

/// Everyone signed in, by the hash of their cookie.
#[derive(Debug, Default)]
pub(super) struct Logins(Mutex<HashMap<[u8; 32], Login>>);

impl Logins {
    /// Signs in; the cookie's value.
    pub(super) fn begin(&self, actor: Actor, token: TokenHash, now: Timestamp) -> Result<String, getrandom::Error> {
        let (cookie, csrf) = (random()?, random()?);
        let mut logins = self.0.lock();
        logins.retain(|_, login| login.lasts(now));
        if logins.len() >= MAX_LOGINS
            && let Some(oldest) = logins.iter().min_by_key(|(_, login)| login.used).map(|(key, _)| *key)
        {
            logins.remove(&oldest);
        }
        let key = key(&cookie);
        logins.insert(key, Login { actor, csrf: csrf.into(), key, token, notice: None, began: now, used: now });
        Ok(cookie)
    }

    /// Who this cookie stands for: as long as their token is known, in the role it has now.
    pub(super) fn of(&self, cookie: &str, keyring: &Keyring, now: Timestamp) -> Option<Login> {
        let mut logins = self.0.lock();
        let login = logins.get_mut(&key(cookie))?;
        let holder = keyring.holder(&login.token);
        let Some(holder) = holder.filter(|_| login.lasts(now)) else {
            logins.remove(&key(cookie));
            return None;
        };
        login.used = now;
        login.actor.role = holder.role;
        Some(login.clone())
    }

    /// Keeps what came of a change for the next page.
    pub(super) fn tell(&self, login: &Login, notice: (bool, String)) {
        if let Some(login) = self.0.lock().get_mut(&login.key) {
            login.notice = Some(notice);
        }
    }

    /// What came of the last change, once.
    pub(super) fn take_notice(&self, login: &Login) -> Option<(bool, String)> {
        self.0.lock().get_mut(&login.key)?.notice.take()
    }

    /// Signs out.
    pub(super) fn end(&self, cookie: &str) {
        self.0.lock().remove(&key(cookie));
    }
}

impl Login {
    fn lasts(&self, now: Timestamp) -> bool {
        now.distance(self.began) < LIFETIME && now.distance(self.used) < IDLE
    }
}

fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The cookie itself is not kept, and looking it up tells nothing by its time.
fn key(cookie: &str) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(cookie.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::role::{NamedToken, Role};

    fn keyring() -> Keyring {
        Keyring::new(vec![NamedToken { name: "ada".into(), role: Role::Viewer, hash: TokenHash::of(b"x") }], None)
    }

    fn begin(logins: &Logins, now: Timestamp) -> String {
        let actor = Actor { name: "ada".into(), role: Role::Operator, address: None };
        logins.begin(actor, TokenHash::of(b"x"), now).unwrap()
    }

    fn hours(hours: i64) -> Timestamp {
        Timestamp::from_millis(hours * 3_600_000)
    }

    #[test]
    fn a_login_lasts_while_used_and_while_its_token_is_known() {
        let (logins, keyring) = (Logins::default(), keyring());
        let cookie = begin(&logins, hours(0));
        assert!(logins.of("other", &keyring, hours(0)).is_none());
        let login = logins.of(&cookie, &keyring, Timestamp::from_millis(3_599_999)).unwrap();
        assert_eq!(login.actor.role, Role::Viewer, "the role the token has now");
        assert!(logins.of(&cookie, &keyring, hours(2)).is_none(), "idle for too long");

        let cookie = begin(&logins, hours(0));
        let last = (1..=40).map(|step| Timestamp::from_millis(step * 1_800_000));
        assert_eq!(last.take_while(|now| logins.of(&cookie, &keyring, *now).is_some()).count(), 23, "twelve hours");

        let cookie = begin(&logins, hours(0));
        keyring.replace_configured(Vec::new());
        assert!(logins.of(&cookie, &keyring, hours(0)).is_none(), "the token was taken away");
    }

    #[test]
    fn signing_out_ends_it_and_the_number_is_bounded() {
        let (logins, keyring) = (Logins::default(), keyring());
        let cookie = begin(&logins, hours(0));
        logins.end(&cookie);
        assert!(logins.of(&cookie, &keyring, hours(0)).is_none());
        for _ in 0..MAX_LOGINS + 5 {
            begin(&logins, hours(0));
        }
        assert_eq!(logins.0.lock().len(), MAX_LOGINS);
    }
}
