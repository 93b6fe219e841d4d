/// Damages an input.
protocol Mutator {
    /// `other`: a second input, to take parts of.
    func mutate(_ bytes: [UInt8], with other: [UInt8], _ dice: inout Dice) -> [UInt8]
}

/// Damage that knows nothing of what the bytes mean.
enum ByteDamage {
    private static let odd: [UInt8] = [
        0, 1, 9, 10, 13, 32, 34, 39, 47, 48, 57, 61, 92, 127, 128, 0xc0, 0xed, 0xf4, 255,
    ]

    static func apply(to bytes: inout [UInt8], _ other: [UInt8], _ dice: inout Dice) {
        let place = dice.roll(bytes.count + 1)
        let end = min(bytes.count, place + dice.roll(dice.chance(1, in: 8) ? 600 : 16))
        switch dice.roll(8) {
        case 0: bytes.removeSubrange(place..<end)
        case 1: bytes.insert(contentsOf: bytes[place..<end], at: dice.roll(bytes.count + 1))
        case 2: bytes.insert(dice.pick(odd), at: place)
        case 3 where place < bytes.count: bytes[place] = dice.pick(odd)
        case 4 where place < bytes.count: bytes[place] ^= 1 << UInt8(dice.roll(8))
        case 5:
            let start = dice.roll(other.count + 1)
            bytes.insert(contentsOf: other[start..<min(other.count, start + dice.roll(200))], at: place)
        case 6: bytes.removeLast(dice.roll(bytes.count + 1) / 4)
        default: bytes.replaceSubrange(place..<end, with: repeatElement(UInt8(dice.roll(256)), count: end - place))
        }
    }
}

/// Damages Dockerfiles: by lines, by tokens of the language, by bytes.
struct TextMutator: Mutator {
    private static let tokens: [String] = [
        "$", "${", "}", "${x:-", "${x-", "${x:+", "${x?", "${x#", "${x##*/}", "${x%", "${x//a/b}", "${x/#", "$$", "$1",
        "\"", "'", "\\", "\\\n", "`", "`\n", "\r", "\n", "\t", " ", "\u{a0}", "\u{b}", "\u{c}", "\u{85}", "\0",
        "# escape=`\n", "# syntax=docker/dockerfile:1\n", "# check=skip=all;error=true\n", "#check=", "\u{FEFF}", "#!",
        "--", "--from=", "--chmod=u+x,g=", "--chmod=07777", "--chown=", "--link", "--link=false", "--parents",
        "--exclude=**/*", "--checksum=sha256:", "--keep-git-dir", "--unpack", "--platform=$BUILDPLATFORM",
        "--mount=type=cache,target=/x,sharing=locked,mode=0755", "--mount=type=bind,from=a,source=,readwrite",
        "--mount=type=secret,id=a,env=B,required", "--mount=type=ssh", "--mount=type=tmpfs,size=1g",
        "--mount=\"a=,\"\"",
        "--network=none", "--security=insecure", "--device=a/b=c", "--interval=9999999999h", "--start-period=1.5µs",
        "<<E", "<<-\"E\"", "<<'E F'", "E\n", "<<E <<F", "<<<", "0<<E", "[", "[\"a\",", "[\"a\"]", "\\u", "\\ud800",
        "\\ud83d\\ude00", "]", "=", ":", "/", "*", "**", "?", "[a-", "[^", "!", "#", "-", "..", "65535-", "0-65536/udp",
        "\u{301}", "é", "😀", "\u{202e}", "a=b", "a b", "FROM x AS y\n", "FROM y\n", "FROM scratch\n", "ARG a=1\n",
        "ENV a=$a$a\n", "ONBUILD ", "ONBUILD ONBUILD ", "RUN ", "RUN <<E\n", "COPY --from=y ", "COPY <<E /\n", "ADD ",
        "ADD https://a/b.git#ref:sub ", "ADD git@h:p?ref=x&subdir=y ", "HEALTHCHECK NONE\n", "HEALTHCHECK CMD ",
        "EXPOSE 0-65535\n", "VOLUME [\"/a\"]\n", "USER a:b\n", "WORKDIR ..\n", "SHELL []\n", "STOPSIGNAL SIGRTMIN+3\n",
        "LABEL a=b c\n", "MAINTAINER ", "ENTRYPOINT ", "CMD ", "ENV a", "ARG ", "from", "as", "none",
    ]

    func mutate(_ bytes: [UInt8], with other: [UInt8], _ dice: inout Dice) -> [UInt8] {
        var bytes = bytes
        for _ in 0...dice.roll(5) {
            switch dice.roll(10) {
            case 0...4: bytes.insert(contentsOf: dice.pick(Self.tokens).utf8, at: dice.roll(bytes.count + 1))
            case 5: repeatToken(&bytes, &dice)
            case 6, 7: moveLines(&bytes, other, &dice)
            default: ByteDamage.apply(to: &bytes, other, &dice)
            }
        }
        return bytes
    }

    /// What nests or grows with each repetition.
    private func repeatToken(_ bytes: inout [UInt8], _ dice: inout Dice) {
        let token = Array(dice.pick(Self.tokens).utf8)
        let count = dice.chance(1, in: 20) ? dice.roll(3000) : dice.roll(30)
        bytes.insert(contentsOf: repeatElement(token, count: count).joined(), at: dice.roll(bytes.count + 1))
    }

    /// Takes, doubles or moves a line, or takes one from elsewhere.
    private func moveLines(_ bytes: inout [UInt8], _ other: [UInt8], _ dice: inout Dice) {
        var lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
        let theirs = other.split(separator: 10, omittingEmptySubsequences: false)
        switch dice.roll(4) {
        case 0: lines.remove(at: dice.roll(lines.count))
        case 1: lines.insert(dice.pick(lines), at: dice.roll(lines.count + 1))
        case 2: lines.swapAt(dice.roll(lines.count), dice.roll(lines.count))
        default: if !theirs.isEmpty { lines.insert(dice.pick(theirs), at: dice.roll(lines.count + 1)) }
        }
        bytes = Array(lines.joined(separator: [10]))
    }
}
