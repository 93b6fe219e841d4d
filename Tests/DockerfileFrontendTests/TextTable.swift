import Foundation
import Testing

/// A file of rows `input | expected`. Lines with `#` are comments; `@ NAME=value` sets what the rows below it see.
///
/// `⇥` in an input is a tab, `␣` a blank that no editor strips. `RECORD_SNAPSHOTS=1` writes the expected column anew.
struct TextTable {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/tables")

    let file: URL
    private let lines: [String]

    init(_ name: String) throws {
        file = Self.folder.appending(path: "\(name).txt")
        lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
    }

    func check(_ evaluate: (_ input: String, _ settings: [String: String]) -> String) throws {
        var settings: [String: String] = [:]
        var recorded: [String] = []
        for (index, line) in lines.enumerated() {
            recorded.append(line)
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("@ ") {
                let parts = line.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                settings[String(parts[0])] = parts.count == 2 ? String(parts[1]) : nil
                continue
            }
            let (written, expected) = Self.split(line)
            let input = written.replacing("⇥", with: "\t").replacing("␣", with: " ")
            let result = Self.visible(evaluate(input, settings))
            recorded[index] = "\(written) | \(result)"
            if !isRecording { #expect(result == expected, "\(file.lastPathComponent):\(index + 1): \(written)") }
        }
        if isRecording { try recorded.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8) }
    }

    private static func split(_ line: String) -> (input: String, expected: String) {
        guard let separator = line.range(of: " | ") else { return (line, "") }
        return (String(line[..<separator.lowerBound]), String(line[separator.upperBound...]))
    }

    private static func visible(_ text: String) -> String {
        text.isEmpty ? "(empty)" : text.replacing("\t", with: "⇥").replacing("\n", with: "⏎")
    }
}

let isRecording = ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1"
