//! The addresses that count as one caller.

use std::net::{IpAddr, Ipv6Addr};

/// The network part of an IPv6 address that one customer usually gets: the first 56 bits (RIPE-690).
const IPV6_BLOCK_MASK: u128 = u128::MAX << (128 - 56);

/// The addresses that count as one caller: an IPv4 address, or an IPv6 block of 56 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressBlock(IpAddr);

impl From<IpAddr> for AddressBlock {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & IPV6_BLOCK_MASK).into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_block_and_an_ipv4_address_are_one_caller() {
        let block = |address: &str| AddressBlock::from(address.parse::<IpAddr>().unwrap());
        assert_eq!(block("2001:db8:0:1100::1"), block("2001:db8:0:11ff:ffff::2"));
        assert_ne!(block("2001:db8:0:1100::1"), block("2001:db8:0:1200::1"));
        assert_ne!(block("127.0.0.1"), block("127.0.0.2"));
        assert_eq!(block("::ffff:127.0.0.1"), block("127.0.0.1"));
    }
}
