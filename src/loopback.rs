//! Whether a URL refers to this machine, so that plain HTTP is safe. Not here: checks of other parts of a URL.

use url::{Host, Url};

/// Whether the host is `localhost` or a loopback address. Other names do not count, because DNS determines their
/// addresses.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
