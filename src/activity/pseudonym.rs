//! Addresses of clients, as they are stored where the operator wants no addresses stored.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use hmac::{Hmac, Mac};
use ipnet::{IpNet, Ipv6Net};
use sha2::Sha256;

use super::ActivityRecord;
use super::redact::REDACTED;
use crate::client::{ClientIp, ClientKey};

/// Shortest key, in bytes: guessing the key has to be harder than trying all addresses.
pub const MIN_KEY_BYTES: usize = 32;
/// Headers that name the client's address.
const ADDRESS_HEADERS: [&str; 12] = [
    "x-forwarded-for",
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "true-client-ip",
    "x-cluster-client-ip",
    "x-forwarded",
    "forwarded-for",
    "cf-connecting-ipv6",
    "x-originating-ip",
];

/// Puts keyed pseudonyms in place of clients' addresses.
///
/// A pseudonym is an address of `fd00::/8` (never routed) made of the first 15 bytes of HMAC-SHA256 under the key: the same
/// address has the same pseudonym for as long as the key stays, in every filter that has it, and without the key nobody
/// can tell which address it was. A network that a client is counted by (an IPv6 /64) has one of its own.
#[derive(Clone)]
pub struct Pseudonyms {
    keyed: Hmac<Sha256>,
}

impl Pseudonyms {
    /// Pseudonyms under this key; `None` where it is shorter than [`MIN_KEY_BYTES`].
    pub fn new(key: &[u8]) -> Option<Self> {
        let keyed = Hmac::new_from_slice(key).ok().filter(|_| key.len() >= MIN_KEY_BYTES)?;
        Some(Self { keyed })
    }

    /// The pseudonym of an address.
    pub fn ip(&self, ip: ClientIp) -> ClientIp {
        ClientIp::new(IpAddr::V6(self.address(&ip.to_string())))
    }

    /// The pseudonym of what a client is counted by: of a single address that address's.
    pub fn key(&self, key: ClientKey) -> ClientKey {
        ClientKey::from(IpNet::V6(Ipv6Net::from(self.address(&key.to_string()))))
    }

    /// A record without its client's address, the headers that proxies write it into included.
    pub fn record(&self, mut record: ActivityRecord) -> ActivityRecord {
        record.client_ip = self.ip(record.client_ip);
        record.client = self.key(record.client);
        for (name, value) in &mut record.headers {
            if ADDRESS_HEADERS.contains(&name.as_str()) {
                REDACTED.clone_into(value);
            }
        }
        record
    }

    fn address(&self, text: &str) -> Ipv6Addr {
        let mut hash = self.keyed.clone();
        hash.update(text.as_bytes());
        let digest = hash.finalize().into_bytes();
        let mut bytes = [0xfd; 16];
        bytes[1..].copy_from_slice(&digest[..15]);
        Ipv6Addr::from(bytes)
    }
}

impl fmt::Debug for Pseudonyms {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> ClientIp {
        ClientIp::new(text.parse().unwrap())
    }

    #[test]
    fn stable_keyed_and_told_apart() {
        let (one, other) = (Pseudonyms::new(&[1; 32]).unwrap(), Pseudonyms::new(&[2; 32]).unwrap());
        assert!(Pseudonyms::new(&[1; 31]).is_none());
        let pseudonym = one.ip(ip("192.0.2.1"));
        assert_eq!(pseudonym, one.ip(ip("::ffff:192.0.2.1")), "the same client");
        assert!(pseudonym.to_string().starts_with("fd"));
        assert_ne!(pseudonym, one.ip(ip("192.0.2.2")));
        assert_ne!(pseudonym, other.ip(ip("192.0.2.1")));
        // Made by Python's hmac.
        assert_eq!(pseudonym.to_string(), "fd67:cef7:2e13:8bfc:1a85:59ec:fc6a:d921");
        let single = ClientKey::from(IpNet::from(ip("192.0.2.1").addr()));
        assert_eq!(one.key(single).to_string(), pseudonym.to_string(), "a single address has one pseudonym");
        assert_eq!(format!("{one:?}"), "Pseudonyms");
    }

    #[test]
    fn no_address_is_left_in_a_record() {
        let names = ["X-Forwarded-For", "forwarded", "x-real-ip", "cf-connecting-ip"];
        let headers = names.map(|name| (name.to_lowercase(), "192.0.2.1".to_owned())).to_vec();
        let record = ActivityRecord { headers, ..ActivityRecord::sample(1) };
        let kept = Pseudonyms::new(&[7; 40]).unwrap().record(record);
        assert!(!format!("{kept:?}").contains("192.0.2."), "{kept:?}");
    }
}
