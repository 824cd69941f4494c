# memcpy and memset. They take the place of the compiler's own, which go word by word. ld and sd want aligned addresses; ldl with ldr and sdl with sdr
# do not. Each branch is followed by the instruction in its delay slot, which is indented once more.
.text
.set push
.set noreorder
.set noat
.set nomacro
.set mips64

# $4: to, $5: from, $6: length
.globl memcpy
.type memcpy, @function
.p2align 3
memcpy:
    sltiu $8, $6, 8
    bne $8, $0, 6f
      move $2, $4
    # The first 8 bytes, and later the last 8, are copied wherever they lie; what lies between goes to aligned words.
    daddu $14, $5, $6
    daddu $15, $4, $6
    ldl $9, 0($5)
    ldr $9, 7($5)
    sdl $9, 0($4)
    sdr $9, 7($4)
    dsubu $8, $0, $4
    andi $8, $8, 7
    daddu $4, $4, $8
    daddu $5, $5, $8
    dsubu $6, $6, $8
    andi $8, $5, 7
    bne $8, $0, 10f
      sltiu $8, $6, 64
    bne $8, $0, 2f
      sltiu $8, $6, 8
1:  ld $9, 0($5)
    ld $10, 8($5)
    ld $11, 16($5)
    ld $12, 24($5)
    sd $9, 0($4)
    sd $10, 8($4)
    sd $11, 16($4)
    sd $12, 24($4)
    ld $9, 32($5)
    ld $10, 40($5)
    ld $11, 48($5)
    ld $12, 56($5)
    sd $9, 32($4)
    sd $10, 40($4)
    sd $11, 48($4)
    sd $12, 56($4)
    daddiu $6, $6, -64
    sltiu $8, $6, 64
    daddiu $5, $5, 64
    beq $8, $0, 1b
      daddiu $4, $4, 64
    sltiu $8, $6, 8
2:  bne $8, $0, 4f
      nop
3:  ld $9, 0($5)
    daddiu $6, $6, -8
    sltiu $8, $6, 8
    daddiu $5, $5, 8
    sd $9, 0($4)
    beq $8, $0, 3b
      daddiu $4, $4, 8
4:  ldl $9, -8($14)
    ldr $9, -1($14)
    sdl $9, -8($15)
    jr $31
      sdr $9, -1($15)
6:  beq $6, $0, 8f
      daddu $14, $5, $6
7:  lbu $9, 0($5)
    daddiu $5, $5, 1
    sb $9, 0($4)
    bne $5, $14, 7b
      daddiu $4, $4, 1
8:  jr $31
      nop
# From anywhere to aligned words; $8: whether less than 64 bytes are left.
10: bne $8, $0, 12f
      sltiu $8, $6, 8
11: ldl $9, 0($5)
    ldr $9, 7($5)
    ldl $10, 8($5)
    ldr $10, 15($5)
    ldl $11, 16($5)
    ldr $11, 23($5)
    ldl $12, 24($5)
    ldr $12, 31($5)
    sd $9, 0($4)
    sd $10, 8($4)
    sd $11, 16($4)
    sd $12, 24($4)
    ldl $9, 32($5)
    ldr $9, 39($5)
    ldl $10, 40($5)
    ldr $10, 47($5)
    ldl $11, 48($5)
    ldr $11, 55($5)
    ldl $12, 56($5)
    ldr $12, 63($5)
    sd $9, 32($4)
    sd $10, 40($4)
    sd $11, 48($4)
    sd $12, 56($4)
    daddiu $6, $6, -64
    sltiu $8, $6, 64
    daddiu $5, $5, 64
    beq $8, $0, 11b
      daddiu $4, $4, 64
    sltiu $8, $6, 8
12: bne $8, $0, 4b
      nop
13: ldl $9, 0($5)
    ldr $9, 7($5)
    daddiu $6, $6, -8
    sltiu $8, $6, 8
    daddiu $5, $5, 8
    sd $9, 0($4)
    beq $8, $0, 13b
      daddiu $4, $4, 8
    b 4b
      nop
.size memcpy, . - memcpy

# $4: to, $5: byte, $6: length
.globl memset
.type memset, @function
.p2align 3
memset:
    sltiu $8, $6, 8
    bne $8, $0, 6f
      move $2, $4
    andi $5, $5, 255
    beq $5, $0, 1f
      daddu $15, $4, $6
    dsll $8, $5, 8
    or $5, $5, $8
    dsll $8, $5, 16
    or $5, $5, $8
    dsll32 $8, $5, 0
    or $5, $5, $8
1:  sdl $5, 0($4)
    sdr $5, 7($4)
    dsubu $8, $0, $4
    andi $8, $8, 7
    dsubu $6, $6, $8
    daddu $4, $4, $8
    sltiu $8, $6, 64
    bne $8, $0, 3f
      sltiu $8, $6, 8
2:  sd $5, 0($4)
    sd $5, 8($4)
    sd $5, 16($4)
    sd $5, 24($4)
    sd $5, 32($4)
    sd $5, 40($4)
    sd $5, 48($4)
    daddiu $6, $6, -64
    sltiu $8, $6, 64
    sd $5, 56($4)
    beq $8, $0, 2b
      daddiu $4, $4, 64
    sltiu $8, $6, 8
3:  bne $8, $0, 5f
      nop
4:  daddiu $6, $6, -8
    sltiu $8, $6, 8
    sd $5, 0($4)
    beq $8, $0, 4b
      daddiu $4, $4, 8
5:  sdl $5, -8($15)
    jr $31
      sdr $5, -1($15)
6:  beq $6, $0, 8f
      daddu $15, $4, $6
7:  daddiu $4, $4, 1
    bne $4, $15, 7b
      sb $5, -1($4)
8:  jr $31
      nop
.size memset, . - memset
.set pop
