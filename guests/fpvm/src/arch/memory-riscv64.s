# memcpy and memset. They take the place of the compiler's own, which go word by word. No address need be aligned on asterisc.
.text
.option push
.option norvc

# a0: to, a1: from, a2: length
.globl memcpy
.type memcpy, @function
.p2align 3
memcpy:
    mv t0, a0
    li t1, 8
    bltu a2, t1, 4f
    # The last 8 bytes are copied at the end, whatever has been copied of them before.
    add t2, a1, a2
    add t3, a0, a2
    li t1, 64
    bltu a2, t1, 2f
1:  ld a3, 0(a1)
    ld a4, 8(a1)
    ld a5, 16(a1)
    ld a6, 24(a1)
    sd a3, 0(t0)
    sd a4, 8(t0)
    sd a5, 16(t0)
    sd a6, 24(t0)
    ld a3, 32(a1)
    ld a4, 40(a1)
    ld a5, 48(a1)
    ld a6, 56(a1)
    sd a3, 32(t0)
    sd a4, 40(t0)
    sd a5, 48(t0)
    sd a6, 56(t0)
    addi a1, a1, 64
    addi t0, t0, 64
    addi a2, a2, -64
    bgeu a2, t1, 1b
2:  li t1, 8
    bltu a2, t1, 6f
3:  ld a3, 0(a1)
    sd a3, 0(t0)
    addi a1, a1, 8
    addi t0, t0, 8
    addi a2, a2, -8
    bgeu a2, t1, 3b
6:  ld a3, -8(t2)
    sd a3, -8(t3)
    ret
4:  beqz a2, 5f
7:  lbu a3, 0(a1)
    addi a1, a1, 1
    sb a3, 0(t0)
    addi t0, t0, 1
    addi a2, a2, -1
    bnez a2, 7b
5:  ret
.size memcpy, . - memcpy

# a0: to, a1: byte, a2: length
.globl memset
.type memset, @function
.p2align 3
memset:
    mv t0, a0
    li t1, 8
    bltu a2, t1, 4f
    andi a1, a1, 255
    beqz a1, 1f
    slli t1, a1, 8
    or a1, a1, t1
    slli t1, a1, 16
    or a1, a1, t1
    slli t1, a1, 32
    or a1, a1, t1
1:  add t3, a0, a2
    li t1, 64
    bltu a2, t1, 3f
2:  sd a1, 0(t0)
    sd a1, 8(t0)
    sd a1, 16(t0)
    sd a1, 24(t0)
    sd a1, 32(t0)
    sd a1, 40(t0)
    sd a1, 48(t0)
    sd a1, 56(t0)
    addi t0, t0, 64
    addi a2, a2, -64
    bgeu a2, t1, 2b
3:  li t1, 8
    bltu a2, t1, 6f
5:  sd a1, 0(t0)
    addi t0, t0, 8
    addi a2, a2, -8
    bgeu a2, t1, 5b
6:  sd a1, -8(t3)
    ret
4:  beqz a2, 8f
7:  sb a1, 0(t0)
    addi t0, t0, 1
    addi a2, a2, -1
    bnez a2, 7b
8:  ret
.size memset, . - memset
.option pop
