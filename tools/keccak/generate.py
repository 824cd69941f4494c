#!/usr/bin/env python3
"""Writes the Keccak permutations of the guests: guests/fpvm/src/arch/keccak-mips64.s and keccak-riscv64.s.

    python3 tools/keccak/generate.py

One round is a macro over registers; 24 calls of it with the registers renamed are the permutation, so that no lane is ever moved. Neither machine has
a rotate instruction, and both have 30 registers beside zero and the stack pointer, all of which are used: no interrupt or signal enters a program there.

A round works in place. The five columns become theta's five words in the registers of four of them and a temporary. A row of chi takes its five
lanes wherever they are, and leaves its results in the registers of three of them and the two temporaries; the other two are the next temporaries.
25 lanes, 5 words and 2 temporaries are 32, so two lanes (3 and 4) are on the stack between rounds.

Six lanes (1, 2, 8, 12, 17, 20) are kept inverted: chi then takes 5 inversions a round instead of 25. `EXPRESSIONS` follows from that choice.
"""

import pathlib

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "guests/fpvm/src/arch"

INVERTED = [1, 2, 8, 12, 17, 20]
SPILLED = [3, 4]

# chi on each row, with (x, operator, y, z) for x ^ (y operator z), b0 to b4 being the row. A tilde inverts; "~b" alone in the list inverts b for good.
# The first two results go to the temporaries, the other three overwrite z, whose last use it is: this settles the order.
EXPRESSIONS = [
    [("1", "or", "~2", "3"), ("2", "and", "3", "4"), ("0", "or", "1", "2"), ("4", "and", "0", "1"), ("3", "or", "4", "0")],
    [("2", "or", "3", "~4"), ("3", "or", "4", "0"), ("1", "and", "2", "3"), ("0", "or", "1", "2"), ("4", "and", "0", "1")],
    [("0", "or", "1", "2"), ("1", "and", "2", "3"), "~3", ("4", "and", "0", "1"), ("3", "or", "4", "0"), ("2", "and", "3", "4")],
    [("0", "and", "1", "2"), ("1", "or", "2", "3"), "~3", ("4", "or", "0", "1"), ("3", "and", "4", "0"), ("2", "or", "3", "4")],
    [("3", "or", "4", "0"), ("4", "and", "0", "1"), "~1", ("2", "and", "3", "4"), ("1", "or", "2", "3"), ("0", "and", "1", "2")],
]


def constants():
    """The linear feedback shift register of the Keccak reference, section 1.2."""
    state, out = 1, []
    for _ in range(24):
        word = 0
        for j in range(7):
            if state & 1:
                word |= 1 << (2**j - 1)
            state <<= 1
            if state & 0x100:
                state ^= 0x171
        out.append(word)
    return out


def sources():
    """For each lane after rho and pi: the lane it comes from, and by how much it is rotated left."""
    rotation = [0] * 25
    x, y = 1, 0
    for t in range(24):
        rotation[x + 5 * y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    result = [None] * 25
    for x in range(5):
        for y in range(5):
            result[y + 5 * ((2 * x + 3 * y) % 5)] = (x + 5 * y, rotation[x + 5 * y])
    return result


class Mips:
    name = "mips64"
    comment = "#"
    registers = [f"${n}" for n in [*range(1, 29), 30, 31]]
    saved = [f"${n}" for n in [*range(16, 24), 28, 30, 31]]
    argument, stack = "$4", "$29"
    head = [".set push", ".set noreorder", ".set noat", ".set nomacro", ".set mips64"]
    tail = [".set pop"]
    word = ".8byte"

    def op(self, name, to, a, b):
        return f"{name} {to}, {a}, {b}"

    def invert(self, to, a):
        return f"nor {to}, {a}, $0"

    def shift(self, left, to, a, by):
        name = "dsll" if left else "dsrl"
        return f"{name}32 {to}, {a}, {by - 32}" if by >= 32 else f"{name} {to}, {a}, {by}"

    def load(self, to, offset, base):
        return f"ld {to}, {offset}({base})"

    def store(self, a, offset, base):
        return f"sd {a}, {offset}({base})"

    def constant(self, to, symbol, offset):
        return [f"lui {to}, %hi({symbol}+{offset})", f"ld {to}, %lo({symbol}+{offset})({to})"]

    def enter(self, frame):
        return f"daddiu $29, $29, -{frame}"

    def leave(self, frame):
        return ["jr $31", f"daddiu $29, $29, {frame}"]


class Riscv:
    name = "riscv64"
    comment = "#"
    registers = [f"x{n}" for n in [1, *range(3, 32)]]
    saved = [f"x{n}" for n in [1, 3, 4, 8, 9, *range(18, 28)]]
    argument, stack = "x10", "x2"
    head, tail = [".option push", ".option norvc"], [".option pop"]
    word = ".8byte"

    def op(self, name, to, a, b):
        return f"{name} {to}, {a}, {b}"

    def invert(self, to, a):
        return f"not {to}, {a}"

    def shift(self, left, to, a, by):
        return f"{'slli' if left else 'srli'} {to}, {a}, {by}"

    def load(self, to, offset, base):
        return f"ld {to}, {offset}({base})"

    def store(self, a, offset, base):
        return f"sd {a}, {offset}({base})"

    def constant(self, to, symbol, offset):
        return [f"lui {to}, %hi({symbol}+{offset})", f"ld {to}, %lo({symbol}+{offset})({to})"]

    def enter(self, frame):
        return f"addi x2, x2, -{frame}"

    def leave(self, frame):
        return [f"addi x2, x2, {frame}", "ret"]


class Round:
    """One round: code over names of registers, and which name holds what afterwards."""

    def __init__(self, machine, lanes, c, temps, slots_in, slots_out, wanted=None):
        # `lanes`: lane -> name of its register, for all lanes but SPILLED. `wanted`: the results that are needed, None for all.
        self.machine, self.code = machine, []
        self.lanes, self.c, self.temps = dict(lanes), list(c), list(temps)
        self.slots_in, self.slots_out = slots_in, slots_out
        self.result = {}
        self.theta()
        self.rows(wanted)

    def emit(self, *lines):
        for line in lines:
            self.code.extend(line if isinstance(line, list) else [line])

    def rotate(self, register, by, temp):
        if by:
            m = self.machine
            self.emit(m.shift(True, temp, register, by), m.shift(False, register, register, 64 - by), m.op("or", register, register, temp))

    def theta(self):
        m = self.machine
        t, u = self.temps
        for x in range(5):
            first, second, *rest = range(x, 25, 5)
            if first in SPILLED:
                self.emit(m.load(t, self.slots_in[first], m.stack))
                self.emit(m.op("xor", self.c[x], t, self.lanes[second]))
            else:
                self.emit(m.op("xor", self.c[x], self.lanes[first], self.lanes[second]))
            for lane in rest:
                self.emit(m.op("xor", self.c[x], self.c[x], self.lanes[lane]))
        c = self.c
        # d0 = c4 ^ rot(c1), which c1 outlives
        self.emit(m.shift(True, t, c[1], 1), m.shift(False, u, c[1], 63), m.op("or", t, t, u), m.op("xor", t, t, c[4]))
        for rotated, other in [(4, 2), (2, 0), (0, 3), (3, 1)]:
            self.rotate(c[rotated], 1, u)
            self.emit(m.op("xor", c[rotated], c[rotated], c[other]))
        self.d = [t, c[2], c[3], c[4], c[0]]
        self.temps = [c[1], u]

    def rows(self, wanted):
        m = self.machine
        table = sources()
        for row, chi in enumerate(EXPRESSIONS):
            if wanted is not None and row:
                break
            lanes = [table[5 * row + i] for i in range(5)]
            missing = [lane for lane, _ in lanes if lane in SPILLED]
            for lane in missing:
                # Each takes the register of a new lane that is to be on the stack.
                leaving = next(lane for lane in SPILLED if lane in self.result)
                register = self.result.pop(leaving)
                self.emit(m.store(register, self.slots_out[leaving], m.stack))
                self.emit(m.load(register, self.slots_in[lane], m.stack))
                self.lanes[lane] = register
            b = []
            for i, (lane, by) in enumerate(lanes):
                register = self.lanes.pop(lane)
                self.emit(m.op("xor", register, register, self.d[lane % 5]))
                self.rotate(register, by, self.temps[0])
                b.append(register)
            self.chi(row, b, chi, wanted)

    def chi(self, row, b, chi, wanted):
        m = self.machine
        steps = [step for step in chi if isinstance(step, tuple)]
        done = 0
        free = []
        for step in chi:
            if isinstance(step, str):
                self.emit(m.invert(b[int(step[1])], b[int(step[1])]))
                continue
            x, name, y, z = step
            lane = 5 * row + int(x)
            if wanted is not None and lane not in wanted:
                done += 1
                continue
            xr, yr, zr = (b[int(v[-1])] for v in (x, y, z))
            # The temporaries first; afterwards z's register, which no later step of this row reads.
            to = self.temps[done] if done < 2 else zr
            later = steps[done + 1 :]
            if done >= 2:
                assert all(z[-1] not in (v[-1] for v in (s[0], s[2], s[3])) for s in later), (row, step)
            if "~" in y:
                assert done < 2
                self.emit(m.invert(to, yr))
                yr = to
            elif "~" in z:
                self.emit(m.invert(to, zr))
                zr = to
            self.emit(m.op(name, to, yr, zr), m.op("xor", to, to, xr))
            self.result[lane] = to
            done += 1
        used = {self.result.get(5 * row + i) for i in range(5)}
        self.temps = [register for register in [*b, *self.temps] if register not in used][:2]


def write(machine):
    m = machine
    out = [
        f"{m.comment} Written by tools/keccak/generate.py.",
        *m.head,
    ]
    frame = 8 * (len(m.saved) + 1 + 4)
    frame = (frame + 15) // 16 * 16
    saved_at = {register: 8 * i for i, register in enumerate(m.saved)}
    state_at = 8 * len(m.saved)
    slots = [{lane: state_at + 8 * (1 + 2 * parity + i) for i, lane in enumerate(SPILLED)} for parity in range(2)]

    # One round as a macro: its parameters are the registers by what they hold at its start.
    kept = [lane for lane in range(25) if lane not in SPILLED]
    names = {lane: f"\\a{lane}" for lane in kept}

    def macro(name, wanted):
        round = Round(m, names, [f"\\c{i}" for i in range(5)], ["\\t", "\\u"],
                      {3: "\\i3", 4: "\\i4"}, {3: "\\o3", 4: "\\o4"}, wanted)
        # iota
        zero = round.result[0]
        spare = round.temps[0]
        code = round.code + m.constant(spare, "keccak_round_constants", "\\rc") + [m.op("xor", zero, zero, spare)]
        parameters = [f"a{lane}" for lane in kept] + [f"c{i}" for i in range(5)] + ["t", "u", "i3", "i4", "o3", "o4", "rc"]
        lines = [f".macro {name} " + ", ".join(parameters), *("    " + line for line in code), ".endm"]
        return round, lines

    full, lines = macro("keccak_round", None)
    out += lines
    last, lines = macro("keccak_last_round", [0, 1, 2, 3])
    out += lines

    def function(symbol, squeeze):
        out.extend([f".globl {symbol}", f".type {symbol}, @function", ".p2align 3", f"{symbol}:", "    " + m.enter(frame)])
        code = [m.store(register, saved_at[register], m.stack) for register in m.saved]
        # The argument's register is the last to be loaded.
        pool = [register for register in m.registers if register != m.argument]
        lanes = {}
        for lane in kept[:-1]:
            lanes[lane] = pool.pop(0)
        lanes[kept[-1]] = m.argument
        code.append(m.store(m.argument, state_at, m.stack))
        for lane in SPILLED:
            code.append(m.load(pool[0], 8 * lane, m.argument))
            code.append(m.store(pool[0], slots[0][lane], m.stack))
        for lane in kept:
            code.append(m.load(lanes[lane], 8 * lane, m.argument))
        for lane in INVERTED:
            code.append(m.invert(lanes[lane], lanes[lane]))
        c, temps = pool[:5], pool[5:]
        assert len(temps) == 2
        for i in range(24):
            is_last = squeeze and i == 23
            round = last if is_last else full
            before, after = slots[i % 2], slots[1 - i % 2]
            arguments = [lanes[lane] for lane in kept] + c + temps + [before[3], before[4], after[3], after[4], 8 * i]
            code.append(("keccak_last_round " if is_last else "keccak_round ") + ", ".join(map(str, arguments)))
            actual = {f"\\a{lane}": lanes[lane] for lane in kept}
            actual.update({f"\\c{n}": c[n] for n in range(5)})
            actual.update({"\\t": temps[0], "\\u": temps[1]})
            lanes = {lane: actual[name] for lane, name in round.result.items()}
            rest = [register for register in m.registers if register not in lanes.values()]
            if not is_last:
                assert sorted(lanes) == kept and len(rest) == 7
            c, temps = rest[:5], rest[5:7]
        pointer = rest[0]
        code.append(m.load(pointer, state_at, m.stack))
        for lane in sorted(lanes):
            if lane in INVERTED:
                code.append(m.invert(lanes[lane], lanes[lane]))
            code.append(m.store(lanes[lane], 8 * lane, pointer))
        if not squeeze:
            for lane in SPILLED:
                code.append(m.load(rest[1], slots[0][lane], m.stack))
                code.append(m.store(rest[1], 8 * lane, pointer))
        code += [m.load(register, saved_at[register], m.stack) for register in m.saved]
        code += m.leave(frame)
        out.extend("    " + line for line in code)
        out.append(f".size {symbol}, . - {symbol}")

    out.append(".text")
    function("keccak_permute", False)
    function("keccak_squeeze", True)
    out += [".section .rodata", ".p2align 3", "keccak_round_constants:"]
    out += [f"    {m.word} 0x{word:016x}" for word in constants()]
    out += [".text", *m.tail]
    path = FOLDER / f"keccak-{m.name}.s"
    path.write_text("\n".join(out) + "\n")
    print(path.name, len(full.code) + 3, "instructions a round,", len(last.code) + 3, "in the last of a hash")


for machine in (Mips(), Riscv()):
    write(machine)
