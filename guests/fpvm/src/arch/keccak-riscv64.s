# Written by tools/keccak/generate.py.
.option push
.option norvc
.macro keccak_round a0, a1, a2, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, c0, c1, c2, c3, c4, t, u, i3, i4, o3, o4, rc
    xor \c0, \a0, \a5
    xor \c0, \c0, \a10
    xor \c0, \c0, \a15
    xor \c0, \c0, \a20
    xor \c1, \a1, \a6
    xor \c1, \c1, \a11
    xor \c1, \c1, \a16
    xor \c1, \c1, \a21
    xor \c2, \a2, \a7
    xor \c2, \c2, \a12
    xor \c2, \c2, \a17
    xor \c2, \c2, \a22
    ld \t, \i3(x2)
    xor \c3, \t, \a8
    xor \c3, \c3, \a13
    xor \c3, \c3, \a18
    xor \c3, \c3, \a23
    ld \t, \i4(x2)
    xor \c4, \t, \a9
    xor \c4, \c4, \a14
    xor \c4, \c4, \a19
    xor \c4, \c4, \a24
    slli \t, \c1, 1
    srli \u, \c1, 63
    or \t, \t, \u
    xor \t, \t, \c4
    slli \u, \c4, 1
    srli \c4, \c4, 63
    or \c4, \c4, \u
    xor \c4, \c4, \c2
    slli \u, \c2, 1
    srli \c2, \c2, 63
    or \c2, \c2, \u
    xor \c2, \c2, \c0
    slli \u, \c0, 1
    srli \c0, \c0, 63
    or \c0, \c0, \u
    xor \c0, \c0, \c3
    slli \u, \c3, 1
    srli \c3, \c3, 63
    or \c3, \c3, \u
    xor \c3, \c3, \c1
    xor \a0, \a0, \t
    xor \a6, \a6, \c2
    slli \c1, \a6, 44
    srli \a6, \a6, 20
    or \a6, \a6, \c1
    xor \a12, \a12, \c3
    slli \c1, \a12, 43
    srli \a12, \a12, 21
    or \a12, \a12, \c1
    xor \a18, \a18, \c4
    slli \c1, \a18, 21
    srli \a18, \a18, 43
    or \a18, \a18, \c1
    xor \a24, \a24, \c0
    slli \c1, \a24, 14
    srli \a24, \a24, 50
    or \a24, \a24, \c1
    not \c1, \a12
    or \c1, \c1, \a18
    xor \c1, \c1, \a6
    and \u, \a18, \a24
    xor \u, \u, \a12
    or \a12, \a6, \a12
    xor \a12, \a12, \a0
    and \a6, \a0, \a6
    xor \a6, \a6, \a24
    or \a0, \a24, \a0
    xor \a0, \a0, \a18
    sd \a0, \o3(x2)
    ld \a0, \i3(x2)
    xor \a0, \a0, \c4
    slli \a18, \a0, 28
    srli \a0, \a0, 36
    or \a0, \a0, \a18
    xor \a9, \a9, \c0
    slli \a18, \a9, 20
    srli \a9, \a9, 44
    or \a9, \a9, \a18
    xor \a10, \a10, \t
    slli \a18, \a10, 3
    srli \a10, \a10, 61
    or \a10, \a10, \a18
    xor \a16, \a16, \c2
    slli \a18, \a16, 45
    srli \a16, \a16, 19
    or \a16, \a16, \a18
    xor \a22, \a22, \c3
    slli \a18, \a22, 61
    srli \a22, \a22, 3
    or \a22, \a22, \a18
    not \a18, \a22
    or \a18, \a16, \a18
    xor \a18, \a18, \a10
    or \a24, \a22, \a0
    xor \a24, \a24, \a16
    and \a16, \a10, \a16
    xor \a16, \a16, \a9
    or \a10, \a9, \a10
    xor \a10, \a10, \a0
    and \a9, \a0, \a9
    xor \a9, \a9, \a22
    xor \a1, \a1, \c2
    slli \a0, \a1, 1
    srli \a1, \a1, 63
    or \a1, \a1, \a0
    xor \a7, \a7, \c3
    slli \a0, \a7, 6
    srli \a7, \a7, 58
    or \a7, \a7, \a0
    xor \a13, \a13, \c4
    slli \a0, \a13, 25
    srli \a13, \a13, 39
    or \a13, \a13, \a0
    xor \a19, \a19, \c0
    slli \a0, \a19, 8
    srli \a19, \a19, 56
    or \a19, \a19, \a0
    xor \a20, \a20, \t
    slli \a0, \a20, 18
    srli \a20, \a20, 46
    or \a20, \a20, \a0
    or \a0, \a7, \a13
    xor \a0, \a0, \a1
    and \a22, \a13, \a19
    xor \a22, \a22, \a7
    not \a19, \a19
    and \a7, \a1, \a7
    xor \a7, \a7, \a20
    or \a1, \a20, \a1
    xor \a1, \a1, \a19
    and \a20, \a19, \a20
    xor \a20, \a20, \a13
    sd \a6, \o4(x2)
    ld \a6, \i4(x2)
    xor \a6, \a6, \c0
    slli \a13, \a6, 27
    srli \a6, \a6, 37
    or \a6, \a6, \a13
    xor \a5, \a5, \t
    slli \a13, \a5, 36
    srli \a5, \a5, 28
    or \a5, \a5, \a13
    xor \a11, \a11, \c2
    slli \a13, \a11, 10
    srli \a11, \a11, 54
    or \a11, \a11, \a13
    xor \a17, \a17, \c3
    slli \a13, \a17, 15
    srli \a17, \a17, 49
    or \a17, \a17, \a13
    xor \a23, \a23, \c4
    slli \a13, \a23, 56
    srli \a23, \a23, 8
    or \a23, \a23, \a13
    and \a13, \a5, \a11
    xor \a13, \a13, \a6
    or \a19, \a11, \a17
    xor \a19, \a19, \a5
    not \a17, \a17
    or \a5, \a6, \a5
    xor \a5, \a5, \a23
    and \a6, \a23, \a6
    xor \a6, \a6, \a17
    or \a23, \a17, \a23
    xor \a23, \a23, \a11
    xor \a2, \a2, \c3
    slli \a11, \a2, 62
    srli \a2, \a2, 2
    or \a2, \a2, \a11
    xor \a8, \a8, \c4
    slli \a11, \a8, 55
    srli \a8, \a8, 9
    or \a8, \a8, \a11
    xor \a14, \a14, \c0
    slli \a11, \a14, 39
    srli \a14, \a14, 25
    or \a14, \a14, \a11
    xor \a15, \a15, \t
    slli \a11, \a15, 41
    srli \a15, \a15, 23
    or \a15, \a15, \a11
    xor \a21, \a21, \c2
    slli \a11, \a21, 2
    srli \a21, \a21, 62
    or \a21, \a21, \a11
    or \a11, \a21, \a2
    xor \a11, \a11, \a15
    and \a17, \a2, \a8
    xor \a17, \a17, \a21
    not \a8, \a8
    and \a21, \a15, \a21
    xor \a21, \a21, \a14
    or \a15, \a14, \a15
    xor \a15, \a15, \a8
    and \a14, \a8, \a14
    xor \a14, \a14, \a2
    lui \a2, %hi(keccak_round_constants+\rc)
    ld \a2, %lo(keccak_round_constants+\rc)(\a2)
    xor \a12, \a12, \a2
.endm
.macro keccak_last_round a0, a1, a2, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, c0, c1, c2, c3, c4, t, u, i3, i4, o3, o4, rc
    xor \c0, \a0, \a5
    xor \c0, \c0, \a10
    xor \c0, \c0, \a15
    xor \c0, \c0, \a20
    xor \c1, \a1, \a6
    xor \c1, \c1, \a11
    xor \c1, \c1, \a16
    xor \c1, \c1, \a21
    xor \c2, \a2, \a7
    xor \c2, \c2, \a12
    xor \c2, \c2, \a17
    xor \c2, \c2, \a22
    ld \t, \i3(x2)
    xor \c3, \t, \a8
    xor \c3, \c3, \a13
    xor \c3, \c3, \a18
    xor \c3, \c3, \a23
    ld \t, \i4(x2)
    xor \c4, \t, \a9
    xor \c4, \c4, \a14
    xor \c4, \c4, \a19
    xor \c4, \c4, \a24
    slli \t, \c1, 1
    srli \u, \c1, 63
    or \t, \t, \u
    xor \t, \t, \c4
    slli \u, \c4, 1
    srli \c4, \c4, 63
    or \c4, \c4, \u
    xor \c4, \c4, \c2
    slli \u, \c2, 1
    srli \c2, \c2, 63
    or \c2, \c2, \u
    xor \c2, \c2, \c0
    slli \u, \c0, 1
    srli \c0, \c0, 63
    or \c0, \c0, \u
    xor \c0, \c0, \c3
    slli \u, \c3, 1
    srli \c3, \c3, 63
    or \c3, \c3, \u
    xor \c3, \c3, \c1
    xor \a0, \a0, \t
    xor \a6, \a6, \c2
    slli \c1, \a6, 44
    srli \a6, \a6, 20
    or \a6, \a6, \c1
    xor \a12, \a12, \c3
    slli \c1, \a12, 43
    srli \a12, \a12, 21
    or \a12, \a12, \c1
    xor \a18, \a18, \c4
    slli \c1, \a18, 21
    srli \a18, \a18, 43
    or \a18, \a18, \c1
    xor \a24, \a24, \c0
    slli \c1, \a24, 14
    srli \a24, \a24, 50
    or \a24, \a24, \c1
    not \c1, \a12
    or \c1, \c1, \a18
    xor \c1, \c1, \a6
    and \u, \a18, \a24
    xor \u, \u, \a12
    or \a12, \a6, \a12
    xor \a12, \a12, \a0
    or \a0, \a24, \a0
    xor \a0, \a0, \a18
    lui \a6, %hi(keccak_round_constants+\rc)
    ld \a6, %lo(keccak_round_constants+\rc)(\a6)
    xor \a12, \a12, \a6
.endm
.text
.globl keccak_permute
.type keccak_permute, @function
.p2align 3
keccak_permute:
    addi x2, x2, -160
    sd x1, 0(x2)
    sd x3, 8(x2)
    sd x4, 16(x2)
    sd x8, 24(x2)
    sd x9, 32(x2)
    sd x18, 40(x2)
    sd x19, 48(x2)
    sd x20, 56(x2)
    sd x21, 64(x2)
    sd x22, 72(x2)
    sd x23, 80(x2)
    sd x24, 88(x2)
    sd x25, 96(x2)
    sd x26, 104(x2)
    sd x27, 112(x2)
    sd x10, 120(x2)
    ld x25, 24(x10)
    sd x25, 128(x2)
    ld x25, 32(x10)
    sd x25, 136(x2)
    ld x1, 0(x10)
    ld x3, 8(x10)
    ld x4, 16(x10)
    ld x5, 40(x10)
    ld x6, 48(x10)
    ld x7, 56(x10)
    ld x8, 64(x10)
    ld x9, 72(x10)
    ld x11, 80(x10)
    ld x12, 88(x10)
    ld x13, 96(x10)
    ld x14, 104(x10)
    ld x15, 112(x10)
    ld x16, 120(x10)
    ld x17, 128(x10)
    ld x18, 136(x10)
    ld x19, 144(x10)
    ld x20, 152(x10)
    ld x21, 160(x10)
    ld x22, 168(x10)
    ld x23, 176(x10)
    ld x24, 184(x10)
    ld x10, 192(x10)
    not x3, x3
    not x4, x4
    not x8, x8
    not x13, x13
    not x18, x18
    not x21, x21
    keccak_round x1, x3, x4, x5, x6, x7, x8, x9, x11, x12, x13, x14, x15, x16, x17, x18, x19, x20, x21, x22, x23, x24, x10, x25, x26, x27, x28, x29, x30, x31, 128, 136, 144, 152, 0
    keccak_round x13, x26, x31, x11, x17, x19, x10, x9, x1, x23, x21, x3, x7, x14, x20, x24, x6, x5, x15, x16, x22, x12, x18, x4, x8, x25, x27, x28, x29, x30, 144, 152, 128, 136, 8
    keccak_round x21, x8, x30, x1, x20, x6, x18, x9, x13, x22, x15, x26, x19, x3, x5, x12, x17, x11, x7, x14, x16, x23, x24, x4, x10, x25, x27, x28, x29, x31, 128, 136, 144, 152, 16
    keccak_round x15, x10, x31, x13, x5, x17, x24, x9, x21, x16, x7, x8, x6, x26, x11, x23, x20, x1, x19, x3, x14, x22, x12, x4, x18, x25, x27, x28, x29, x30, 144, 152, 128, 136, 24
    keccak_round x7, x18, x30, x21, x11, x20, x12, x9, x15, x14, x19, x10, x17, x8, x1, x22, x5, x13, x6, x26, x3, x16, x23, x4, x24, x25, x27, x28, x29, x31, 128, 136, 144, 152, 32
    keccak_round x19, x24, x31, x15, x1, x5, x23, x9, x7, x3, x6, x18, x20, x10, x13, x16, x11, x21, x17, x8, x26, x14, x22, x4, x12, x25, x27, x28, x29, x30, 144, 152, 128, 136, 40
    keccak_round x6, x12, x30, x7, x13, x11, x22, x9, x19, x26, x17, x24, x5, x18, x21, x14, x1, x15, x20, x10, x8, x3, x16, x4, x23, x25, x27, x28, x29, x31, 128, 136, 144, 152, 48
    keccak_round x17, x23, x31, x19, x21, x1, x16, x9, x6, x8, x20, x12, x11, x24, x15, x3, x13, x7, x5, x18, x10, x26, x14, x4, x22, x25, x27, x28, x29, x30, 144, 152, 128, 136, 56
    keccak_round x20, x22, x30, x6, x15, x13, x14, x9, x17, x10, x5, x23, x1, x12, x7, x26, x21, x19, x11, x24, x18, x8, x3, x4, x16, x25, x27, x28, x29, x31, 128, 136, 144, 152, 64
    keccak_round x5, x16, x31, x17, x7, x21, x3, x9, x20, x18, x11, x22, x13, x23, x19, x8, x15, x6, x1, x12, x24, x10, x26, x4, x14, x25, x27, x28, x29, x30, 144, 152, 128, 136, 72
    keccak_round x11, x14, x30, x20, x19, x15, x26, x9, x5, x24, x1, x16, x21, x22, x6, x10, x7, x17, x13, x23, x12, x18, x8, x3, x4, x25, x27, x28, x29, x31, 128, 136, 144, 152, 80
    keccak_round x1, x4, x31, x5, x6, x7, x8, x9, x11, x12, x13, x14, x15, x16, x17, x18, x19, x20, x21, x22, x23, x24, x10, x3, x25, x26, x27, x28, x29, x30, 144, 152, 128, 136, 88
    keccak_round x13, x25, x30, x11, x17, x19, x10, x9, x1, x23, x21, x4, x7, x14, x20, x24, x6, x5, x15, x16, x22, x12, x18, x3, x8, x26, x27, x28, x29, x31, 128, 136, 144, 152, 96
    keccak_round x21, x8, x31, x1, x20, x6, x18, x9, x13, x22, x15, x25, x19, x4, x5, x12, x17, x11, x7, x14, x16, x23, x24, x3, x10, x26, x27, x28, x29, x30, 144, 152, 128, 136, 104
    keccak_round x15, x10, x30, x13, x5, x17, x24, x9, x21, x16, x7, x8, x6, x25, x11, x23, x20, x1, x19, x4, x14, x22, x12, x3, x18, x26, x27, x28, x29, x31, 128, 136, 144, 152, 112
    keccak_round x7, x18, x31, x21, x11, x20, x12, x9, x15, x14, x19, x10, x17, x8, x1, x22, x5, x13, x6, x25, x4, x16, x23, x3, x24, x26, x27, x28, x29, x30, 144, 152, 128, 136, 120
    keccak_round x19, x24, x30, x15, x1, x5, x23, x9, x7, x4, x6, x18, x20, x10, x13, x16, x11, x21, x17, x8, x25, x14, x22, x3, x12, x26, x27, x28, x29, x31, 128, 136, 144, 152, 128
    keccak_round x6, x12, x31, x7, x13, x11, x22, x9, x19, x25, x17, x24, x5, x18, x21, x14, x1, x15, x20, x10, x8, x4, x16, x3, x23, x26, x27, x28, x29, x30, 144, 152, 128, 136, 136
    keccak_round x17, x23, x30, x19, x21, x1, x16, x9, x6, x8, x20, x12, x11, x24, x15, x4, x13, x7, x5, x18, x10, x25, x14, x3, x22, x26, x27, x28, x29, x31, 128, 136, 144, 152, 144
    keccak_round x20, x22, x31, x6, x15, x13, x14, x9, x17, x10, x5, x23, x1, x12, x7, x25, x21, x19, x11, x24, x18, x8, x4, x3, x16, x26, x27, x28, x29, x30, 144, 152, 128, 136, 152
    keccak_round x5, x16, x30, x17, x7, x21, x4, x9, x20, x18, x11, x22, x13, x23, x19, x8, x15, x6, x1, x12, x24, x10, x25, x3, x14, x26, x27, x28, x29, x31, 128, 136, 144, 152, 160
    keccak_round x11, x14, x31, x20, x19, x15, x25, x9, x5, x24, x1, x16, x21, x22, x6, x10, x7, x17, x13, x23, x12, x18, x8, x3, x4, x26, x27, x28, x29, x30, 144, 152, 128, 136, 168
    keccak_round x1, x4, x30, x5, x6, x7, x8, x9, x11, x12, x13, x14, x15, x16, x17, x18, x19, x20, x21, x22, x23, x24, x10, x3, x25, x26, x27, x28, x29, x31, 128, 136, 144, 152, 176
    keccak_round x13, x25, x31, x11, x17, x19, x10, x9, x1, x23, x21, x4, x7, x14, x20, x24, x6, x5, x15, x16, x22, x12, x18, x3, x8, x26, x27, x28, x29, x30, 144, 152, 128, 136, 184
    ld x3, 120(x2)
    sd x21, 0(x3)
    not x8, x8
    sd x8, 8(x3)
    not x30, x30
    sd x30, 16(x3)
    sd x1, 40(x3)
    sd x20, 48(x3)
    sd x6, 56(x3)
    not x18, x18
    sd x18, 64(x3)
    sd x9, 72(x3)
    sd x13, 80(x3)
    sd x22, 88(x3)
    not x15, x15
    sd x15, 96(x3)
    sd x25, 104(x3)
    sd x19, 112(x3)
    sd x4, 120(x3)
    sd x5, 128(x3)
    not x12, x12
    sd x12, 136(x3)
    sd x17, 144(x3)
    sd x11, 152(x3)
    not x7, x7
    sd x7, 160(x3)
    sd x14, 168(x3)
    sd x16, 176(x3)
    sd x23, 184(x3)
    sd x24, 192(x3)
    ld x10, 128(x2)
    sd x10, 24(x3)
    ld x10, 136(x2)
    sd x10, 32(x3)
    ld x1, 0(x2)
    ld x3, 8(x2)
    ld x4, 16(x2)
    ld x8, 24(x2)
    ld x9, 32(x2)
    ld x18, 40(x2)
    ld x19, 48(x2)
    ld x20, 56(x2)
    ld x21, 64(x2)
    ld x22, 72(x2)
    ld x23, 80(x2)
    ld x24, 88(x2)
    ld x25, 96(x2)
    ld x26, 104(x2)
    ld x27, 112(x2)
    addi x2, x2, 160
    ret
.size keccak_permute, . - keccak_permute
.globl keccak_squeeze
.type keccak_squeeze, @function
.p2align 3
keccak_squeeze:
    addi x2, x2, -160
    sd x1, 0(x2)
    sd x3, 8(x2)
    sd x4, 16(x2)
    sd x8, 24(x2)
    sd x9, 32(x2)
    sd x18, 40(x2)
    sd x19, 48(x2)
    sd x20, 56(x2)
    sd x21, 64(x2)
    sd x22, 72(x2)
    sd x23, 80(x2)
    sd x24, 88(x2)
    sd x25, 96(x2)
    sd x26, 104(x2)
    sd x27, 112(x2)
    sd x10, 120(x2)
    ld x25, 24(x10)
    sd x25, 128(x2)
    ld x25, 32(x10)
    sd x25, 136(x2)
    ld x1, 0(x10)
    ld x3, 8(x10)
    ld x4, 16(x10)
    ld x5, 40(x10)
    ld x6, 48(x10)
    ld x7, 56(x10)
    ld x8, 64(x10)
    ld x9, 72(x10)
    ld x11, 80(x10)
    ld x12, 88(x10)
    ld x13, 96(x10)
    ld x14, 104(x10)
    ld x15, 112(x10)
    ld x16, 120(x10)
    ld x17, 128(x10)
    ld x18, 136(x10)
    ld x19, 144(x10)
    ld x20, 152(x10)
    ld x21, 160(x10)
    ld x22, 168(x10)
    ld x23, 176(x10)
    ld x24, 184(x10)
    ld x10, 192(x10)
    not x3, x3
    not x4, x4
    not x8, x8
    not x13, x13
    not x18, x18
    not x21, x21
    keccak_round x1, x3, x4, x5, x6, x7, x8, x9, x11, x12, x13, x14, x15, x16, x17, x18, x19, x20, x21, x22, x23, x24, x10, x25, x26, x27, x28, x29, x30, x31, 128, 136, 144, 152, 0
    keccak_round x13, x26, x31, x11, x17, x19, x10, x9, x1, x23, x21, x3, x7, x14, x20, x24, x6, x5, x15, x16, x22, x12, x18, x4, x8, x25, x27, x28, x29, x30, 144, 152, 128, 136, 8
    keccak_round x21, x8, x30, x1, x20, x6, x18, x9, x13, x22, x15, x26, x19, x3, x5, x12, x17, x11, x7, x14, x16, x23, x24, x4, x10, x25, x27, x28, x29, x31, 128, 136, 144, 152, 16
    keccak_round x15, x10, x31, x13, x5, x17, x24, x9, x21, x16, x7, x8, x6, x26, x11, x23, x20, x1, x19, x3, x14, x22, x12, x4, x18, x25, x27, x28, x29, x30, 144, 152, 128, 136, 24
    keccak_round x7, x18, x30, x21, x11, x20, x12, x9, x15, x14, x19, x10, x17, x8, x1, x22, x5, x13, x6, x26, x3, x16, x23, x4, x24, x25, x27, x28, x29, x31, 128, 136, 144, 152, 32
    keccak_round x19, x24, x31, x15, x1, x5, x23, x9, x7, x3, x6, x18, x20, x10, x13, x16, x11, x21, x17, x8, x26, x14, x22, x4, x12, x25, x27, x28, x29, x30, 144, 152, 128, 136, 40
    keccak_round x6, x12, x30, x7, x13, x11, x22, x9, x19, x26, x17, x24, x5, x18, x21, x14, x1, x15, x20, x10, x8, x3, x16, x4, x23, x25, x27, x28, x29, x31, 128, 136, 144, 152, 48
    keccak_round x17, x23, x31, x19, x21, x1, x16, x9, x6, x8, x20, x12, x11, x24, x15, x3, x13, x7, x5, x18, x10, x26, x14, x4, x22, x25, x27, x28, x29, x30, 144, 152, 128, 136, 56
    keccak_round x20, x22, x30, x6, x15, x13, x14, x9, x17, x10, x5, x23, x1, x12, x7, x26, x21, x19, x11, x24, x18, x8, x3, x4, x16, x25, x27, x28, x29, x31, 128, 136, 144, 152, 64
    keccak_round x5, x16, x31, x17, x7, x21, x3, x9, x20, x18, x11, x22, x13, x23, x19, x8, x15, x6, x1, x12, x24, x10, x26, x4, x14, x25, x27, x28, x29, x30, 144, 152, 128, 136, 72
    keccak_round x11, x14, x30, x20, x19, x15, x26, x9, x5, x24, x1, x16, x21, x22, x6, x10, x7, x17, x13, x23, x12, x18, x8, x3, x4, x25, x27, x28, x29, x31, 128, 136, 144, 152, 80
    keccak_round x1, x4, x31, x5, x6, x7, x8, x9, x11, x12, x13, x14, x15, x16, x17, x18, x19, x20, x21, x22, x23, x24, x10, x3, x25, x26, x27, x28, x29, x30, 144, 152, 128, 136, 88
    keccak_round x13, x25, x30, x11, x17, x19, x10, x9, x1, x23, x21, x4, x7, x14, x20, x24, x6, x5, x15, x16, x22, x12, x18, x3, x8, x26, x27, x28, x29, x31, 128, 136, 144, 152, 96
    keccak_round x21, x8, x31, x1, x20, x6, x18, x9, x13, x22, x15, x25, x19, x4, x5, x12, x17, x11, x7, x14, x16, x23, x24, x3, x10, x26, x27, x28, x29, x30, 144, 152, 128, 136, 104
    keccak_round x15, x10, x30, x13, x5, x17, x24, x9, x21, x16, x7, x8, x6, x25, x11, x23, x20, x1, x19, x4, x14, x22, x12, x3, x18, x26, x27, x28, x29, x31, 128, 136, 144, 152, 112
    keccak_round x7, x18, x31, x21, x11, x20, x12, x9, x15, x14, x19, x10, x17, x8, x1, x22, x5, x13, x6, x25, x4, x16, x23, x3, x24, x26, x27, x28, x29, x30, 144, 152, 128, 136, 120
    keccak_round x19, x24, x30, x15, x1, x5, x23, x9, x7, x4, x6, x18, x20, x10, x13, x16, x11, x21, x17, x8, x25, x14, x22, x3, x12, x26, x27, x28, x29, x31, 128, 136, 144, 152, 128
    keccak_round x6, x12, x31, x7, x13, x11, x22, x9, x19, x25, x17, x24, x5, x18, x21, x14, x1, x15, x20, x10, x8, x4, x16, x3, x23, x26, x27, x28, x29, x30, 144, 152, 128, 136, 136
    keccak_round x17, x23, x30, x19, x21, x1, x16, x9, x6, x8, x20, x12, x11, x24, x15, x4, x13, x7, x5, x18, x10, x25, x14, x3, x22, x26, x27, x28, x29, x31, 128, 136, 144, 152, 144
    keccak_round x20, x22, x31, x6, x15, x13, x14, x9, x17, x10, x5, x23, x1, x12, x7, x25, x21, x19, x11, x24, x18, x8, x4, x3, x16, x26, x27, x28, x29, x30, 144, 152, 128, 136, 152
    keccak_round x5, x16, x30, x17, x7, x21, x4, x9, x20, x18, x11, x22, x13, x23, x19, x8, x15, x6, x1, x12, x24, x10, x25, x3, x14, x26, x27, x28, x29, x31, 128, 136, 144, 152, 160
    keccak_round x11, x14, x31, x20, x19, x15, x25, x9, x5, x24, x1, x16, x21, x22, x6, x10, x7, x17, x13, x23, x12, x18, x8, x3, x4, x26, x27, x28, x29, x30, 144, 152, 128, 136, 168
    keccak_round x1, x4, x30, x5, x6, x7, x8, x9, x11, x12, x13, x14, x15, x16, x17, x18, x19, x20, x21, x22, x23, x24, x10, x3, x25, x26, x27, x28, x29, x31, 128, 136, 144, 152, 176
    keccak_last_round x13, x25, x31, x11, x17, x19, x10, x9, x1, x23, x21, x4, x7, x14, x20, x24, x6, x5, x15, x16, x22, x12, x18, x3, x8, x26, x27, x28, x29, x30, 144, 152, 128, 136, 184
    ld x1, 120(x2)
    sd x21, 0(x1)
    not x8, x8
    sd x8, 8(x1)
    not x30, x30
    sd x30, 16(x1)
    sd x13, 24(x1)
    ld x1, 0(x2)
    ld x3, 8(x2)
    ld x4, 16(x2)
    ld x8, 24(x2)
    ld x9, 32(x2)
    ld x18, 40(x2)
    ld x19, 48(x2)
    ld x20, 56(x2)
    ld x21, 64(x2)
    ld x22, 72(x2)
    ld x23, 80(x2)
    ld x24, 88(x2)
    ld x25, 96(x2)
    ld x26, 104(x2)
    ld x27, 112(x2)
    addi x2, x2, 160
    ret
.size keccak_squeeze, . - keccak_squeeze
.section .rodata
.p2align 3
keccak_round_constants:
    .8byte 0x0000000000000001
    .8byte 0x0000000000008082
    .8byte 0x800000000000808a
    .8byte 0x8000000080008000
    .8byte 0x000000000000808b
    .8byte 0x0000000080000001
    .8byte 0x8000000080008081
    .8byte 0x8000000000008009
    .8byte 0x000000000000008a
    .8byte 0x0000000000000088
    .8byte 0x0000000080008009
    .8byte 0x000000008000000a
    .8byte 0x000000008000808b
    .8byte 0x800000000000008b
    .8byte 0x8000000000008089
    .8byte 0x8000000000008003
    .8byte 0x8000000000008002
    .8byte 0x8000000000000080
    .8byte 0x000000000000800a
    .8byte 0x800000008000000a
    .8byte 0x8000000080008081
    .8byte 0x8000000000008080
    .8byte 0x0000000080000001
    .8byte 0x8000000080008008
.text
.option pop
