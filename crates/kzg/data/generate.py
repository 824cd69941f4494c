#!/usr/bin/env python3
"""Writes lagrange.bin, tau-g2.bin and the roots of unity from a trusted setup file.

usage: generate.py trusted_setup.txt lagrange.bin tau-g2.bin roots-of-unity.bin

trusted_setup.txt is the mainnet setup of EIP-4844 in the form c-kzg-4844 ships it (src/trusted_setup.txt): the numbers of G1 and G2 points, the
G1 points in Lagrange form, the G2 and then the G1 points in monomial form, compressed, in hex, one per line.

lagrange.bin: the 4,096 Lagrange points in the order of a blob's elements (bit-reversed), 96 bytes each: x and y, in Montgomery form (times 2^384
modulo p), as six little-endian 64-bit limbs each. Both arkworks and blst hold points in this very form, so nothing is computed on loading.

tau-g2.bin: the second G2 point in monomial form, tau times the generator: x and y, each with the coefficient of 1 first, as above.

roots-of-unity.bin: the 4,096th roots of unity in bit-reversed order, 32 bytes big endian each; they name a blob's elements in preimage keys.
"""
import hashlib
import sys

P = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
R = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
N = 4096


def reversed_bits(i):
    return int(format(i, "012b")[::-1], 2)


def decompress(data):
    flags = data[0] >> 5
    assert flags & 0b110 == 0b100, "compressed, not infinity"
    x = int.from_bytes(data, "big") & ((1 << 381) - 1)
    assert x < P
    y = pow(x * x * x + 4, (P + 1) // 4, P)
    assert (y * y - x * x * x - 4) % P == 0, "on the curve"
    if (y > (P - 1) // 2) != bool(flags & 1):
        y = P - y
    return x, y


def root_in_fp2(a, b):
    """A square root of a + b u, where u^2 = -1, by way of the norm."""
    norm = pow(a * a + b * b, (P + 1) // 4, P)
    for n in (norm, P - norm):
        half = (a + n) * pow(2, -1, P) % P
        c = pow(half, (P + 1) // 4, P)
        if c and c * c % P == half:
            return c, b * pow(2 * c, -1, P) % P
    raise ValueError("no square")


def decompress_g2(data):
    flags = data[0] >> 5
    assert flags & 0b110 == 0b100, "compressed, not infinity"
    # The coefficient of u comes first.
    b = int.from_bytes(data[:48], "big") & ((1 << 381) - 1)
    a = int.from_bytes(data[48:], "big")
    # x^3 + 4 (1 + u)
    a2, b2 = (a * a - b * b) % P, 2 * a * b % P
    c, d = root_in_fp2((a2 * a - b2 * b + 4) % P, (a2 * b + b2 * a + 4) % P)
    if ((d or c) > (P - 1) // 2) != bool(flags & 1):
        c, d = -c % P, -d % P
    return a, b, c, d


def montgomery(v):
    return (v * (1 << 384) % P).to_bytes(48, "little")


def main(setup, lagrange, tau, roots):
    text = open(setup).read()
    print("setup", hashlib.sha256(text.encode()).hexdigest())
    lines = text.split()
    assert lines[0] == str(N)
    natural = [decompress(bytes.fromhex(line)) for line in lines[2 : 2 + N]]
    points = b"".join(montgomery(c) for i in range(N) for c in natural[reversed_bits(i)])
    omega = pow(7, (R - 1) // N, R)
    powers = [pow(omega, i, R) for i in range(N)]
    elements = b"".join(powers[reversed_bits(i)].to_bytes(32, "big") for i in range(N))
    g2 = b"".join(map(montgomery, decompress_g2(bytes.fromhex(lines[2 + N + 1]))))
    for path, data in ((lagrange, points), (tau, g2), (roots, elements)):
        open(path, "wb").write(data)
        print(path, hashlib.sha256(data).hexdigest())


main(*sys.argv[1:])
