//! Lines of nginx's and Apache's access logs: common, combined, and Apache's combined with the virtual host in front.

use std::net::IpAddr;

use time::OffsetDateTime;
use time::format_description::FormatItem;
use time::macros::format_description;

use super::entry::Entry;
use crate::client::ClientIp;
use crate::octets;
use crate::storage::exchange;
use crate::time::Timestamp;

/// `17/May/2015:10:05:03 +0000`
const TIME: &[FormatItem<'_>] = format_description!(
    "[day]/[month repr:short]/[year]:[hour]:[minute]:[second] [offset_hour sign:mandatory][offset_minute]"
);

/// Reads a line: `ADDRESS IDENTITY USER [TIME] "REQUEST" STATUS BYTES "REFERER" "AGENT"`, the last two where present.
///
/// # Errors
/// With the first part that is not what it has to be.
pub(super) fn parse(line: &str) -> Result<Entry, String> {
    // Some collections hold each line in quotes.
    let line = line.strip_prefix('"').unwrap_or(line);
    let (before, rest) = line.split_once('[').ok_or("expected `ADDRESS … [TIME] \"REQUEST\" STATUS BYTES`")?;
    let (client, origin) = client(before)?;
    let (stamp, rest) = rest.split_once(']').ok_or("expected a time in brackets")?;
    let time = time(stamp).ok_or("expected a time such as [17/May/2015:10:05:03 +0000]")?;
    let mut entry = Entry { origin, ..Entry::new(client, time) };
    let (request, rest) = quoted(rest).ok_or("expected the request in quotes")?;
    if request != "-" {
        entry.set_request(&request);
    }
    let mut words = rest.trim_start().splitn(3, ' ');
    entry.status = words.next().and_then(|word| word.parse().ok()).ok_or("expected a status after the request")?;
    entry.response_bytes = words.next().and_then(|word| word.trim_end().parse().ok()).unwrap_or(0);
    if let Some((referer, rest)) = words.next().and_then(quoted) {
        entry.referer = present(referer);
        entry.agent = quoted(rest).map(|(agent, _)| present(agent)).unwrap_or_default();
    }
    Ok(entry)
}

/// A time as access logs write it.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    OffsetDateTime::parse(text.trim(), TIME).ok().map(exchange::of_offset)
}

/// The address, first or after a virtual host, and the origin by that host.
fn client(before: &str) -> Result<(ClientIp, String), String> {
    let mut words = before.split_whitespace();
    let first = words.next().unwrap_or_default();
    if let Some(ip) = address(first) {
        return Ok((ip, String::new()));
    }
    let second = words.next().and_then(address);
    second
        .map(|ip| (ip, format!("http://{first}")))
        .ok_or_else(|| format!("expected an address, found {first:?}; host names (HostnameLookups) cannot be imported"))
}

/// An address, with or without a port or brackets.
pub(super) fn address(text: &str) -> Option<ClientIp> {
    let text = text.trim();
    let ip =
        text.parse::<IpAddr>().ok().or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()));
    ip.or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()).map(ClientIp::new)
}

/// A text in quotes, its escapes undone, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.trim_start().strip_prefix('"')?;
    let mut bytes = Vec::new();
    let mut characters = inner.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((octets::text(&bytes).into_owned(), &inner[at + 1..])),
            '\\' => match characters.next()?.1 {
                'x' => {
                    let digits = (characters.next()?.1.to_digit(16), characters.next()?.1.to_digit(16));
                    let (Some(high), Some(low)) = digits else { return None };
                    bytes.push(u8::try_from(high << 4 | low).ok()?);
                }
                'n' => bytes.push(b'\n'),
                'r' => bytes.push(b'\r'),
                't' => bytes.push(b'\t'),
                other => bytes.extend_from_slice(&octets::bytes(other.encode_utf8(&mut [0; 4]))),
            },
            other => bytes.extend_from_slice(&octets::bytes(other.encode_utf8(&mut [0; 4]))),
        }
    }
    None
}

fn present(text: String) -> String {
    if text == "-" { String::new() } else { text }
}
