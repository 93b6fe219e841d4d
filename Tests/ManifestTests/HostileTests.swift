import Foundation
import Manifest
import SystemPackage
import Testing

/// Manifests made to take time or memory. What they may take is a second and 200 MB of the program as it is shipped;
/// tests run unoptimised code beside each other, so they hold the processor time below some seconds.
@Suite(.serialized) struct HostileTests {
    static let cases: [(name: String, text: @Sendable () -> String, message: String)] = [
        ("alias bomb", bomb, "more than 100000 values, aliases counted in full"),
        ("merge bomb", mergeBomb, "more than 100000 values, aliases counted in full"),
        ("10,000 levels of flow", { "version: 1\nx-a: " + repeated("[", 10_000) }, "nested deeper than 64 levels"),
        ("10,000 levels of maps", { "version: 1\nx-a: " + repeated("{a: ", 10_000) }, "nested deeper than 64 levels"),
        ("10,000 levels of block", { "version: 1\nx-a:\n" + repeated("- ", 10_000) }, "nested deeper than 64 levels"),
        ("a text of 7 MB", { "version: 1\nx-a: " + repeated("a", 7 << 20) }, "a text of 7340032 bytes"),
        ("a key of 2 MB", { "version: 1\n? " + repeated("a", 2 << 20) + "\n: b" }, "a text of 2097152 bytes"),
        (
            "100 MB", { "version: 1\n" + repeated("# nothing here but a comment\n", 3_600_000) },
            "a manifest may have 8 MiB"
        ),
        ("many values", { "version: 1\nx-a: [" + repeated("a,", 1_000_000) + "]" }, "more than 100000 values"),
        ("many unknown keys", { "version: 1\n" + numbered(40_000) { "k\($0): a\n" } }, "unknown key \"k0\""),
        ("many unknown names", unknownNames, "there is no image \"x0\""),
        (
            "images beyond the limit", { "version: 1\nimages:\n" + numbered(20_000) { "  i\($0): .\n" } },
            "at most 2000 images"
        ),
        (
            "matrix of matrices",
            {
                "version: 1\nimages:\n  a:\n    context: .\n    matrix:\n"
                    + numbered(60) { "      k\($0): [1, 2, 3]\n" }
            }, "too many combinations"
        ),
        (
            "defaults times images",
            {
                "version: 1\ndefaults: { labels: {" + numbered(20_000) { "l\($0): a, " } + "} }\nimages:\n"
                    + numbered(1500) { "  i\($0): .\n" }
            }, "inherited ones counted for each"
        ),
        ("texts that grow", grow, "too large together"),
        (
            "needs of everything",
            {
                "version: 1\nimages:\n  a: { context: ., matrix: { x: [" + numbered(900) { "\($0), " }
                    + "] }, tags: [] }\n  b: { context: ., needs: [a], matrix: { x: [" + numbered(900) { "\($0), " }
                    + "] }, tags: [] }\n"
            }, "more than 100000 needs"
        ),
        ("templates of templates", templates, "there is no image"),
        ("open quotes", { "version: 1\nx-a: \"" + repeated("\\n", 3_000_000) }, "no YAML"),
        (
            "anchors", { "version: 1\nx-a: [" + numbered(90_000) { "&a\($0) b, " } + "]\nimages: { a: . , b: *a }" },
            "there is no anchor &a"
        ),
    ]

    @Test(arguments: cases.map(\.name))
    func `a hostile manifest ends in an error`(_ name: String) throws {
        let (_, text, message) = try #require(Self.cases.first { $0.name == name })
        let file = FileManager.default.temporaryDirectory.appending(path: "hostile-\(UUID()).yaml")
        try Data(text().utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }

        let memory = try Self.resetPeakMemory()
        let start = Self.processorSeconds()
        let description = Self.error(of: file)
        let seconds = Self.processorSeconds() - start
        let growth = try Self.kibibytes("VmHWM") - memory
        #expect(description.contains(message), "\(description.prefix(500))")
        #expect(description.utf8.count < 50_000)
        #expect(seconds < 10, "it took \(seconds) s")
        #expect(growth < 200 << 10, "it took \(growth) KiB")
    }

    private static func error(of file: URL) -> String {
        do throws(ManifestErrors) {
            _ = try BatchManifest.load(
                FilePath(file.path), context: ExpansionContext(run: "r", now: 0) { _ in .sample })
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    /// Sets the high-water mark to what is resident now, and returns that.
    private static func resetPeakMemory() throws -> Int {
        try Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"), options: [])
        return try kibibytes("VmRSS")
    }

    private static func kibibytes(_ name: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(name) })
        return try #require(Int(line.filter(\.isNumber)))
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    private static func numbered(_ count: Int, _ line: (Int) -> String) -> String { (0..<count).map(line).joined() }

    @Sendable private static func bomb() -> String {
        "version: 1\nx-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            + numbered(30) { "x-\($0 + 1): &a\($0 + 1) [" + repeated("*a\($0), ", 10) + "]\n" }
    }

    @Sendable private static func mergeBomb() -> String {
        "version: 1\nx-0: &a0 { a: b, c: d, e: f }\n"
            + numbered(30) { "x-\($0 + 1): &a\($0 + 1) { <<: [" + repeated("*a\($0), ", 10) + "] }\n" }
    }

    @Sendable private static func unknownNames() -> String {
        "version: 1\nimages:\n" + numbered(1000) { "  i\($0): .\n" } + "  x: { context: ., needs: ["
            + numbered(40_000) { "x\($0), " } + "] }\n"
    }

    @Sendable private static func grow() -> String {
        "version: 1\nvars:\n  a0: " + repeated("a", 1000) + "\n"
            + numbered(20) { "  a\($0 + 1): \"" + repeated("${a\($0)}", 10) + "\"\n" } + "images: { a: . }\n"
    }

    @Sendable private static func templates() -> String {
        "version: 1\ntemplates:\n"
            + numbered(300) { index in
                "  t\(index): { extends: [" + numbered(index) { "t\($0), " } + "], labels: { l\(index): a } }\n"
            } + "images: { a: { context: ., extends: [" + numbered(300) { "t\($0), " } + "], needs: [zz] } }\n"
    }
}
