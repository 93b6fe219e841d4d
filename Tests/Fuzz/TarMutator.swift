/// Damages tar streams by members, fields and PAX records, mostly so that the checksums hold; packed ones by bytes.
struct TarMutator: Mutator {
    private static let fields: [Range<Int>] = [
        0..<100, 100..<108, 108..<116, 116..<124, 124..<136, 136..<148, 157..<257, 257..<265, 265..<297, 329..<337,
        337..<345, 345..<500, 386..<398, 398..<410, 410..<422, 482..<483, 483..<495, 345..<346, 508..<512,
    ]
    private static let types = Array("0123456777xxgLKSVDMN\0Z".utf8)
    private static let numbers: [[UInt8]] =
        [
            "", " ", "0", "0000000", "7777777", "00000000017", "77777777777", "8", "-1", "0x10", " 12 ", "1\0002",
            "00000001000", "00000000777", "00000100000",
        ].map { Array($0.utf8) } + [
            [0x80, 0, 0, 0, 0, 0, 0, 1], [0xff, 255, 255, 255, 255, 255, 255, 255],
            [0x80, 0, 0, 0, 255, 255, 255, 255],
            [0x80, 0, 0, 0, 127, 255, 255, 255, 255, 255, 255, 255], [0xff, 255, 255, 255, 128, 0, 0, 0, 0, 0, 0, 0],
            [0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0xbf, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
        ]
    private static let keys = [
        "path", "linkpath", "size", "uid", "gid", "mtime", "atime", "comment", "hdrcharset", "GNU.sparse.major",
        "GNU.sparse.minor", "GNU.sparse.size", "GNU.sparse.realsize", "GNU.sparse.name", "GNU.sparse.offset",
        "GNU.sparse.numbytes", "GNU.sparse.numblocks", "GNU.sparse.map", "SCHILY.xattr.user.a",
        "SCHILY.xattr.security.capability", "SCHILY.xattr.user.overlay.opaque", "SCHILY.xattr.trusted.overlay.opaque",
        "SCHILY.xattr.system.posix_acl_access", "SCHILY.xattr.", "",
    ]
    private static let values = [
        "", "0", "1", "-1", "511", "512", "4096", "1000000", "9223372036854775807", "18446744073709551616",
        "-9223372036854775808", "1.5", "-1.000000001", "1.9999999999", ".5", "1e3", "a", "/", ".", "..", "../x",
        "/etc/x",
        "a/../b", "d", "d/f", "d/", "l/x", ".wh.f", ".wh..wh..opq", ".wh.", "d/.wh..wh..opq", "0,1,2,3",
        "0,512,1024,512", "0,9223372036854775807", ",", "1,", "\0", "é", "\u{fffd}", "bin/sh", "lower/f",
    ]

    func mutate(_ bytes: [UInt8], with other: [UInt8], _ dice: inout Dice) -> [UInt8] {
        var bytes = bytes
        if !TarBlocks.isHeader(bytes, 0) {
            for _ in 0...dice.roll(3) { ByteDamage.apply(to: &bytes, other, &dice) }
            return bytes
        }
        for _ in 0...dice.roll(5) {
            switch dice.roll(12) {
            case 0...4: changeField(&bytes, &dice)
            case 5: changeType(&bytes, &dice)
            case 6, 7: insertExtension(&bytes, &dice)
            case 8, 9: moveMembers(&bytes, other, &dice)
            case 10: changeContent(&bytes, &dice)
            default: ByteDamage.apply(to: &bytes, other, &dice)
            }
        }
        return bytes
    }

    private func changeField(_ bytes: inout [UInt8], _ dice: inout Dice) {
        guard let header = TarBlocks.headers(of: bytes).randomElement(using: &dice) else { return }
        let field = dice.pick(Self.fields)
        var value = dice.chance(1, in: 2) ? dice.pick(Self.numbers) : Array(dice.pick(Self.values).utf8)
        if dice.chance(1, in: 10) { value = Array(repeatElement(value, count: 40).joined(separator: [47])) }
        let width = min(value.count, field.count)
        bytes.replaceSubrange(header + field.lowerBound..<header + field.lowerBound + width, with: value.prefix(width))
        if width < field.count, dice.chance(3, in: 4) { bytes[header + field.lowerBound + width] = 0 }
        repair(&bytes, header, &dice)
    }

    private func changeType(_ bytes: inout [UInt8], _ dice: inout Dice) {
        guard let header = TarBlocks.headers(of: bytes).randomElement(using: &dice) else { return }
        bytes[header + 156] = dice.pick(Self.types)
        repair(&bytes, header, &dice)
    }

    private func repair(_ bytes: inout [UInt8], _ header: Int, _ dice: inout Dice) {
        if dice.chance(19, in: 20) { TarBlocks.writeChecksum(&bytes, header) }
    }

    /// A PAX or GNU header before a member.
    private func insertExtension(_ bytes: inout [UInt8], _ dice: inout Dice) {
        let type = dice.pick(Array("xxxxgLK".utf8))
        var content: [UInt8] = []
        for _ in 0...dice.roll(4) {
            content += type == 120 || type == 103 ? record(&dice) : Array(dice.pick(Self.values).utf8) + [0]
        }
        if dice.chance(1, in: 30) { content += [UInt8](repeating: 97, count: dice.roll(20_000)) }
        let place = (TarBlocks.headers(of: bytes).randomElement(using: &dice) ?? 0)
        bytes.insert(contentsOf: TarBlocks.member(type: type, content), at: place)
    }

    private func record(_ dice: inout Dice) -> [UInt8] {
        var value = Array(dice.pick(Self.values).utf8)
        if dice.chance(1, in: 20) { value = Array(repeatElement(value + [47], count: 300).joined()) }
        let text = Array(dice.pick(Self.keys).utf8) + [61] + value + [10]
        var length = text.count + 2
        while "\(length) ".utf8.count + text.count != length { length += 1 }
        if dice.chance(1, in: 10) { length += dice.roll(5) - 2 }
        return Array("\(length) ".utf8) + text
    }

    /// Takes, doubles or moves a member, or takes some from elsewhere.
    private func moveMembers(_ bytes: inout [UInt8], _ other: [UInt8], _ dice: inout Dice) {
        let headers = TarBlocks.headers(of: bytes)
        guard let place = headers.randomElement(using: &dice) else { return }
        let end = headers.first { $0 > place } ?? bytes.count
        switch dice.roll(4) {
        case 0: bytes.removeSubrange(place..<end)
        case 1: bytes.insert(contentsOf: bytes[place..<end], at: dice.pick(headers))
        case 2: bytes.insert(contentsOf: [UInt8](repeating: 0, count: 512 * (1 + dice.roll(2))), at: place)
        default:
            let start = TarBlocks.headers(of: other).randomElement(using: &dice) ?? 0
            bytes.insert(contentsOf: other[start..<min(other.count, start + 512 * (1 + dice.roll(8)))], at: place)
        }
    }

    /// Bytes of content or of a PAX header's records, which no checksum covers.
    private func changeContent(_ bytes: inout [UInt8], _ dice: inout Dice) {
        let block = 512 * dice.roll(bytes.count / 512)
        guard !TarBlocks.isHeader(bytes, block) else { return }
        let text = Array((dice.chance(1, in: 2) ? dice.pick(Self.values) : dice.pick(Self.keys)).utf8)
        let place = block + dice.roll(dice.chance(1, in: 2) ? 40 : 512)
        let end = min(bytes.count, place + text.count)
        if place < end { bytes.replaceSubrange(place..<end, with: text.prefix(end - place)) }
    }
}
