internal import Glibc

/// Addresses of a machine's own network, as the services have them that tell machines who they are: of `169.254.0.0/16`,
/// also written as IPv6, of `fe80::/10`, and those of clouds.
enum LinkLocal {
    /// `::ffff:0:0/96`
    private static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
    /// `fd00:ec2::/112`
    private static let amazonPrefix = [0xfd, 0x00, 0x0e, 0xc2] + [UInt8](repeating: 0, count: 10)

    /// Of 4 bytes or 16, in network order.
    static func contains(_ address: [UInt8]) -> Bool {
        guard address.count == 16 else { return address.starts(with: [169, 254]) }
        if address[0] == 0xfe, address[1] & 0xc0 == 0x80 { return true }
        if address.starts(with: mappedPrefix) { return address[12...].starts(with: [169, 254]) }
        return address.starts(with: amazonPrefix) && [[2, 0x54], [0, 0x23]].contains(Array(address[14...]))
    }

    /// One that a socket is about to be connected to; those that are neither IPv4 nor IPv6 are none.
    static func contains(socketAddress: UnsafeRawPointer, family: Int32) -> Bool {
        let bytes: Range<Int>
        switch family {
        case AF_INET: bytes = field(\sockaddr_in.sin_addr, 4)
        case AF_INET6: bytes = field(\sockaddr_in6.sin6_addr, 16)
        default: return false
        }
        return contains(bytes.map { socketAddress.load(fromByteOffset: $0, as: UInt8.self) })
    }

    private static func field<Root, Value>(_ path: KeyPath<Root, Value>, _ count: Int) -> Range<Int> {
        // Safe because both are stored fields of C structs.
        let start = MemoryLayout<Root>.offset(of: path).unsafelyUnwrapped
        return start..<(start + count)
    }
}

extension HTTPURL.Origin {
    /// Whether the host is written as an address of the machine's own network, or is its usual name. Other names, and other
    /// ways of writing an address, are found when they are connected to, see `HTTPRequest.allowsLinkLocal`.
    public var isLinkLocal: Bool {
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        if name == "metadata.google.internal" { return true }
        guard host.hasPrefix("[") else {
            let octets = name.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
            return octets.count == 4 && !octets.contains(nil) && LinkLocal.contains(octets.compactMap(\.self))
        }
        var bytes = [UInt8](repeating: 0, count: 16)
        let text = String(host.dropFirst().prefix { $0 != "]" && $0 != "%" })
        return inet_pton(AF_INET6, text, &bytes) == 1 && LinkLocal.contains(bytes)
    }
}
