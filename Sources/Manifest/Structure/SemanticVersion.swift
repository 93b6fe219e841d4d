/// A version as in https://semver.org/spec/v2.0.0.html, without build metadata, which no tag can hold.
struct SemanticVersion {
    private let prefix: String
    private let numbers: [Substring]
    private let prerelease: Substring?

    /// A leading `v` stays in the tags.
    init?(_ text: String) {
        prefix = text.hasPrefix("v") ? "v" : ""
        let rest = text.dropFirst(prefix.count)
        let dash = rest.firstIndex(of: "-")
        numbers = rest[..<(dash ?? rest.endIndex)].split(separator: ".", omittingEmptySubsequences: false)
        prerelease = dash.map { rest[rest.index(after: $0)...] }
        guard numbers.count == 3, numbers.allSatisfy({ Quantity.integer(String($0)) != nil }) else { return nil }
        guard let prerelease else { return }
        let isPart = { (byte: UInt8) in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45
                || byte == 46
        }
        guard !prerelease.isEmpty, prerelease.utf8.allSatisfy(isPart) else { return nil }
    }

    /// From the most exact to the least: `22.9.1`, `22.9`, `22`; a pre-release only stands for itself.
    var tags: [String] {
        let full = prefix + numbers.joined(separator: ".")
        if let prerelease { return ["\(full)-\(prerelease)"] }
        return [full, prefix + numbers.prefix(2).joined(separator: "."), prefix + String(numbers[0])]
    }
}
