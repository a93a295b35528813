use std::collections::HashMap;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// What a server of ours says to a question.
#[derive(Clone)]
pub(crate) enum Say {
    /// Records of the question's type, as they stand on the wire.
    Records(Vec<Vec<u8>>),
    /// A bare code: 3 for a name that is not there, 5 for a refusal.
    Code(u8),
    Nothing,
}

/// A DNS server of the loopback interface; counts what it is asked.
pub(crate) struct Server {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Server {
    /// Questions so far.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

fn wire(name: &str) -> Vec<u8> {
    let labels = name.trim_end_matches('.').split('.');
    let mut bytes: Vec<u8> =
        labels.flat_map(|label| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat()).collect();
    bytes.push(0);
    bytes
}

pub(crate) fn pointer(name: &str) -> Say {
    Say::Records(vec![wire(name)])
}

pub(crate) fn addresses(texts: &[&str]) -> Say {
    let octets = |text: &&str| match text.parse::<IpAddr>().unwrap() {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    };
    Say::Records(texts.iter().map(octets).collect())
}

/// The question's name in lower case, and where the question ends.
fn question(packet: &[u8]) -> (String, usize) {
    let (mut at, mut name) = (12, String::new());
    while packet[at] > 0 {
        let length = usize::from(packet[at]);
        name.push_str(std::str::from_utf8(&packet[at + 1..=at + length]).unwrap());
        name.push('.');
        at += length + 1;
    }
    (name.to_ascii_lowercase(), at + 5)
}

fn reply(packet: &[u8], end: usize, say: &Say) -> Option<Vec<u8>> {
    let (records, code): (&[Vec<u8>], u8) = match say {
        Say::Records(records) => (records, 0),
        Say::Code(code) => (&[], *code),
        Say::Nothing => return None,
    };
    let count = u8::try_from(records.len()).unwrap();
    let mut reply = packet[..2].to_vec();
    reply.extend_from_slice(&[0x81, 0x80 | code, 0, 1, 0, count, 0, 0, 0, 0]);
    reply.extend_from_slice(&packet[12..end]);
    for record in records {
        // The question's name, type and class; a minute to live; the data.
        reply.extend_from_slice(&[0xc0, 12]);
        reply.extend_from_slice(&packet[end - 4..end]);
        reply.extend_from_slice(&[0, 0, 0, 60, 0, u8::try_from(record.len()).unwrap()]);
        reply.extend_from_slice(record);
    }
    Some(reply)
}

pub(crate) fn serve(zone: &[(&str, Say)]) -> Server {
    let zone: HashMap<String, Say> = zone.iter().map(|(name, say)| ((*name).to_owned(), say.clone())).collect();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = Server { address: socket.local_addr().unwrap(), asked: Arc::default() };
    let asked = Arc::clone(&server.asked);
    // Ends with the test's process.
    std::thread::spawn(move || {
        let mut packet = [0; 1_500];
        while let Ok((length, from)) = socket.recv_from(&mut packet) {
            asked.fetch_add(1, Ordering::Relaxed);
            let (name, end) = question(&packet[..length]);
            if let Some(reply) = reply(&packet[..length], end, zone.get(&name).unwrap_or(&Say::Code(3))) {
                socket.send_to(&reply, from).unwrap();
            }
        }
    });
    server
}

pub(crate) fn crawlers(server: &Server) -> Arc<Crawlers> {
    let domains = [".googlebot.com", ".search.msn.com"].map(|text| CrawlerDomain::parse(text).unwrap()).to_vec();
    let config = Config { domains, resolver: Some(server.address), timeout: Duration::from_millis(600) };
    Crawlers::new(&config).unwrap().unwrap()
}

fn ip(text: &str) -> ClientIp {
    ClientIp::new(text.parse().unwrap())
}

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const OF_V6: &str = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.";

#[tokio::test]
async fn a_name_that_leads_back_is_a_crawlers_and_a_spoofed_one_is_not() {
    let server = serve(&[
        ("1.2.0.192.in-addr.arpa.", pointer("crawl-1.GoogleBot.com")),
        ("crawl-1.googlebot.com.", addresses(&["192.0.2.9", "192.0.2.1"])),
        // An attacker names his address as he likes.
        ("2.2.0.192.in-addr.arpa.", pointer("crawl-1.googlebot.com")),
        ("3.2.0.192.in-addr.arpa.", pointer("crawl-9.googlebot.com")),
        ("4.2.0.192.in-addr.arpa.", pointer("crawl-1.googlebot.com.evil.example")),
        ("5.2.0.192.in-addr.arpa.", pointer("evilgooglebot.com")),
        ("evilgooglebot.com.", addresses(&["192.0.2.5"])),
        (OF_V6, pointer("msnbot.search.msn.com")),
        ("msnbot.search.msn.com.", addresses(&["2001:db8::1"])),
    ]);
    let crawlers = crawlers(&server);
    for (address, expected) in [
        ("192.0.2.1", Known::Crawler),
        ("::ffff:192.0.2.1", Known::Crawler),
        ("2001:db8::1", Known::Crawler),
        ("192.0.2.2", Known::Other),
        ("192.0.2.3", Known::Other),
        ("192.0.2.4", Known::Other),
        ("192.0.2.5", Known::Other),
        ("192.0.2.200", Known::Other),
    ] {
        assert_eq!(crawlers.ask(ip(address), NOW).await, expected, "{address}");
    }
}

#[tokio::test]
async fn what_gives_no_answer_proves_nothing_and_is_not_waited_for() {
    let server = serve(&[
        ("1.2.0.192.in-addr.arpa.", Say::Nothing),
        ("2.2.0.192.in-addr.arpa.", Say::Code(5)),
        ("3.2.0.192.in-addr.arpa.", Say::Code(2)),
        ("4.2.0.192.in-addr.arpa.", pointer("crawl-1.googlebot.com")),
        ("crawl-1.googlebot.com.", Say::Nothing),
    ]);
    let crawlers = crawlers(&server);
    let begun = std::time::Instant::now();
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"] {
        assert_eq!(crawlers.ask(ip(address), NOW).await, Known::Unknown, "{address}");
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn answers_are_kept_for_a_while() {
    let server = serve(&[
        ("1.2.0.192.in-addr.arpa.", pointer("crawl-1.googlebot.com")),
        ("crawl-1.googlebot.com.", addresses(&["192.0.2.1"])),
        ("3.2.0.192.in-addr.arpa.", Say::Code(5)),
    ]);
    let crawlers = crawlers(&server);
    for (address, expected, keep) in [
        ("192.0.2.1", Known::Crawler, KEEP_CRAWLER),
        ("192.0.2.2", Known::Other, KEEP_OTHER),
        ("192.0.2.3", Known::Unknown, KEEP_UNKNOWN),
    ] {
        assert_eq!(crawlers.known(ip(address), NOW), None);
        crawlers.ask(ip(address), NOW).await;
        let asked = server.asked();
        let last = Timestamp::from_millis(NOW.plus(keep).as_millis() - 1);
        assert_eq!(crawlers.known(ip(address), last), Some(expected));
        assert_eq!(crawlers.known(ip(address), NOW.plus(keep)), None, "{address}");
        let stepped_back = Timestamp::from_millis(2 * NOW.as_millis() - NOW.plus(keep).as_millis());
        assert_eq!(crawlers.known(ip(address), stepped_back), None, "{address}");
        assert_eq!(server.asked(), asked);
    }
    for number in 0..3 * u32::try_from(MAX_ADDRESSES).unwrap() {
        crawlers.known.insert(IpAddr::from(number.to_be_bytes()), (Known::Other, NOW));
    }
    assert!(crawlers.known.len() <= MAX_ADDRESSES);
}

#[test]
fn domains_have_a_dot_in_front_and_two_labels() {
    for text in ["googlebot.com", ".com", "..com", ".a b.com", "", ".", ".a.", ".ä.com"] {
        assert_eq!(CrawlerDomain::parse(text), None, "{text}");
    }
    assert_eq!(CrawlerDomain::parse(".Search.MSN.com"), CrawlerDomain::parse(".search.msn.com"));
    assert!(Crawlers::new(&Config::default()).unwrap().is_none(), "off by default");
}
