use http::HeaderValue;

use super::*;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(*name, HeaderValue::from_str(value).unwrap());
    }
    map
}

fn behind(trusted: &[&str]) -> Config {
    let networks = trusted.iter().map(|net| net.parse().unwrap()).collect();
    Config { trusted_proxies: TrustedProxies::new(networks), ..Config::default() }
}

fn client(config: &Config, peer: &str, pairs: &[(&'static str, &str)]) -> String {
    config.identify(PeerAddr(peer.parse().unwrap()), &headers(pairs)).ip.to_string()
}

#[test]
fn a_stranger_cannot_speak_for_others() {
    let config = behind(&[]);
    let spoofed = [("x-forwarded-for", "8.8.8.8"), ("x-client-ip", "8.8.8.8"), ("undefined", "8.8.8.8")];
    assert_eq!(client(&config, "192.0.2.7:1", &spoofed), "192.0.2.7");
}

#[test]
fn walks_from_the_right_to_the_first_untrusted_hop() {
    let config = behind(&["10.0.0.0/8"]);
    for (chain, expected) in [
        ("8.8.8.8, 7.7.7.7", "7.7.7.7"),
        ("8.8.8.8, 7.7.7.7, 10.1.2.3", "7.7.7.7"),
        ("6.6.6.6, nonsense, 7.7.7.7:443 , 10.1.2.3", "7.7.7.7"),
        ("6.6.6.6, nonsense, 10.1.2.3", "10.1.2.3"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("::ffff:7.7.7.7", "7.7.7.7"),
        ("nonsense", "10.0.0.1"),
        ("", "10.0.0.1"),
    ] {
        assert_eq!(client(&config, "10.0.0.1:1", &[("x-forwarded-for", chain)]), expected, "{chain}");
    }
}

#[test]
fn several_headers_are_one_chain() {
    let config = behind(&["10.0.0.0/8"]);
    let pairs = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "7.7.7.7, 10.9.9.9")];
    assert_eq!(client(&config, "10.0.0.1:1", &pairs), "7.7.7.7");
}

#[test]
fn one_configured_header_goes_before_the_chain_in_any_case() {
    let mut config = behind(&["10.0.0.0/8"]);
    config.header = Some("Forwarded-IP".parse().unwrap());
    let pairs = [("forwarded-ip", "5.5.5.5"), ("x-forwarded-for", "6.6.6.6")];
    assert_eq!(client(&config, "10.0.0.1:1", &pairs), "5.5.5.5");
    let twice = [("forwarded-ip", "5.5.5.5"), ("forwarded-ip", "4.4.4.4")];
    assert_eq!(client(&config, "10.0.0.1:1", &twice), "10.0.0.1");
}

#[test]
fn mapped_addresses_fold_and_ipv6_clients_are_grouped() {
    let config = behind(&[]);
    let key = |peer: &str| config.identify(PeerAddr(peer.parse().unwrap()), &HeaderMap::new()).key.to_string();
    assert_eq!(key("[::ffff:192.168.1.7]:1"), "192.168.1.7");
    assert_eq!(key("[2001:db8:1:2:3:4:5:6]:1"), "2001:db8:1:2::/64");
    assert_eq!(key("[2001:db8:1:2::9]:1"), key("[2001:db8:1:2:3:4:5:6]:1"));
}
