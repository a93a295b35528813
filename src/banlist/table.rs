//! The immutable table behind a check.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use rpds::HashTrieMapSync;

use super::{Ban, BanScope};
use crate::time::Timestamp;

/// Bans by scope. A copy shares its entries with the original, so one change costs no walk over 100,000 bans.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    bans: HashTrieMapSync<IpNet, Arc<Ban>>,
    v4: Lengths,
    v6: Lengths,
}

/// Prefix lengths in use, with the number of bans of each.
#[derive(Clone, Debug, Default)]
struct Lengths(BTreeMap<u8, usize>);

impl Table {
    /// The most specific active ban that covers this address.
    pub(super) fn matching(&self, addr: IpAddr, now: Timestamp) -> Option<&Arc<Ban>> {
        let lengths = if addr.is_ipv4() { &self.v4 } else { &self.v6 };
        lengths
            .most_specific_first()
            .filter_map(|length| self.bans.get(&IpNet::new(addr, length).ok()?.trunc()))
            .find(|ban| ban.is_active(now))
    }

    /// The ban of exactly this scope, expired or not.
    pub(super) fn get(&self, scope: BanScope) -> Option<&Arc<Ban>> {
        self.bans.get(&scope.net())
    }

    /// Puts a ban in, in place of an earlier one of the same scope.
    pub(super) fn insert(&mut self, ban: Arc<Ban>) {
        let net = ban.scope.net();
        if !self.bans.contains_key(&net) {
            self.lengths(net).add(net.prefix_len());
        }
        self.bans.insert_mut(net, ban);
    }

    /// Takes the ban of exactly this scope out; whether there was one.
    pub(super) fn remove(&mut self, scope: BanScope) -> bool {
        let net = scope.net();
        let removed = self.bans.remove_mut(&net);
        if removed {
            self.lengths(net).remove(net.prefix_len());
        }
        removed
    }

    /// Bans held, expired ones included.
    pub(super) fn len(&self) -> usize {
        self.bans.size()
    }

    /// All bans held, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Ban>> {
        self.bans.values()
    }

    fn lengths(&mut self, net: IpNet) -> &mut Lengths {
        match net {
            IpNet::V4(_) => &mut self.v4,
            IpNet::V6(_) => &mut self.v6,
        }
    }
}

impl Lengths {
    fn most_specific_first(&self) -> impl Iterator<Item = u8> {
        self.0.keys().rev().copied()
    }

    fn add(&mut self, length: u8) {
        *self.0.entry(length).or_default() += 1;
    }

    fn remove(&mut self, length: u8) {
        if let Some(count) = self.0.get_mut(&length) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&length);
            }
        }
    }
}
