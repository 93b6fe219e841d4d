import Foundation
import Testing

/// A file of rows `input | expected`. Lines with `#` are comments; `@ NAME=value` sets what the rows below it see.
///
/// `⇥` in an input is a tab, `␣` a blank that no editor strips, `⏎` and `␍` end lines. `RECORD_SNAPSHOTS=1` writes the expected column anew.
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
                settings[String(parts[0])] = parts.count == 2 ? Self.readable(String(parts[1])) : nil
                continue
            }
            let (written, expected) = Self.split(line)
            let input = Self.readable(written)
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

    private static func readable(_ text: String) -> String {
        text.replacing("⇥", with: "\t").replacing("␣", with: " ").replacing("⏎", with: "\n")
            .replacing("␍", with: "\r")
    }

    private static func visible(_ text: String) -> String {
        let marks: [Unicode.Scalar: String] = ["\t": "⇥", "\n": "⏎", "\r": "␍"]  // CR and LF are one `Character`
        return text.isEmpty ? "(empty)" : text.unicodeScalars.map { marks[$0] ?? String($0) }.joined()
    }
}

let isRecording = ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1"
