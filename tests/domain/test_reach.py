"""Class S15: what may be called is judged on the address, in every spelling of it."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from comity.domain.reach import may_call, networks

PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:82a::200e"]

INSIDE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "192.88.99.1",
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:1.1.1.1", "::127.0.0.1", "::ffff:0:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:53aa:64c::1", "100::1",
]  # fmt: skip


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_called_over_tls_only(text: str) -> None:
    assert may_call(ip_address(text), (), tls=True)
    assert not may_call(ip_address(text), (), tls=False)
    assert not may_call(ip_address(text), networks("0.0.0.0/0, ::/0"), tls=False)


@pytest.mark.parametrize("text", INSIDE)
def test_what_is_not_public_is_refused_with_and_without_tls(text: str) -> None:
    assert not may_call(ip_address(text), (), tls=True)
    assert not may_call(ip_address(text), networks("198.19.0.0/16"), tls=False)


def test_the_operator_allows_a_network_and_nothing_beside_it() -> None:
    allowed = networks("10.20.0.0/16 127.0.0.0/8,fd12::/32")
    assert may_call(ip_address("10.20.255.1"), allowed, tls=False)
    assert may_call(ip_address("127.0.0.1"), allowed, tls=True)
    assert may_call(ip_address("fd12::7"), allowed, tls=False)
    assert not may_call(ip_address("10.21.0.1"), allowed, tls=True)
    assert not may_call(ip_address("::ffff:127.0.0.1"), allowed, tls=True)
    assert not may_call(ip_address("fd13::7"), allowed, tls=True)


def test_multicast_and_the_unspecified_address_cannot_be_allowed() -> None:
    everything = networks("0.0.0.0/0 ::/0")
    for text in ("224.0.0.1", "0.0.0.0", "::", "ff02::1"):
        assert not may_call(ip_address(text), everything, tls=True)


@pytest.mark.parametrize("text", ["10.0.0.1/8", "ten", "10.0.0.0/33", "::1/200"])
def test_a_setting_that_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        networks(text)
