internal import Jobs
public import Ledger

/// The history in the formats of `--format`.
public struct HistoryReport {
    private let width: Int?

    /// `width`: columns of the terminal, nil where there is none: then nothing is cut, and CSV is not escaped.
    public init(width: Int?) {
        self.width = width
    }

    /// Builds, one a row, line or element.
    public func list(_ builds: [HistoryEntry], _ format: HistoryFormat) throws -> String {
        switch format {
        case .json: try JSONText.of(builds, pretty: true) + "\n"
        case .ndjson: try builds.map { try JSONText.of($0) + "\n" }.joined()
        case .csv: csv([Self.columns.map(\.name)] + builds.map { build in Self.columns.map { $0.value(build) } })
        case .table: text(table(of: builds).lines(width: width))
        }
    }

    /// One build with its steps, materials and tags; CSV holds the steps.
    public func show(_ detail: HistoryDetail, _ format: HistoryFormat) throws -> String {
        switch format {
        case .json: try JSONText.of(detail, pretty: true) + "\n"
        case .ndjson: try JSONText.of(detail) + "\n"
        case .csv:
            csv([["step", "stage", "instruction", "cached", "ms", "bytes"]] + detail.steps.map(Self.fields))
        case .table: text(lines(of: detail))
        }
    }

    private func text(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

    private func csv(_ rows: [[String]]) -> String {
        CSVText.of(width == nil ? rows : rows.map { $0.map(DisplayText.escaped) })
    }

    private static let columns: [(name: String, value: @Sendable (HistoryEntry) -> String)] = [
        ("build", { $0.build }), ("run", { $0.run }), ("image", { $0.image }), ("platform", { $0.platform }),
        ("attempt", { "\($0.attempt)" }), ("status", { $0.status.rawValue }),
        ("reasons", { $0.reasons.joined(separator: " ") }), ("started", { $0.started.map(DateText.exact) ?? "" }),
        ("ended", { DateText.exact($0.ended) }), ("seconds", { $0.seconds.map { "\($0)" } ?? "" }),
        ("digest", { $0.digest ?? "" }), ("bytes", { "\($0.bytes)" }), ("steps", { "\($0.steps)" }),
        ("cached", { "\($0.cached)" }), ("isolation", { $0.isolation ?? "" }), ("error", { $0.error ?? "" }),
        ("log", { $0.log ?? "" }),
    ]

    private static func fields(_ step: HistoryStep) -> [String] {
        [
            "\(step.step)", step.stage, step.instruction, "\(step.cached)", "\(step.milliseconds)",
            step.bytes.map { "\($0)" } ?? "",
        ]
    }

    private func table(of builds: [HistoryEntry]) -> TextTable {
        var table = TextTable([
            .init(title: "ENDED", dispensability: 1), .init(title: "IMAGE", shrinks: true), .init(title: "STATUS"),
            .init(title: "DIGEST", dispensability: 4), .init(title: "TIME", isNumber: true, dispensability: 2),
            .init(title: "CACHED", isNumber: true, dispensability: 5),
            .init(title: "SIZE", isNumber: true, dispensability: 3), .init(title: "BUILD"),
        ])
        for build in builds {
            table.add([
                DateText.short(build.ended), build.image, build.status.rawValue, Self.short(build.digest),
                build.seconds.map(Quantity.seconds) ?? "-", build.steps > 0 ? "\(build.cached)/\(build.steps)" : "-",
                build.digest == nil ? "-" : Quantity.bytes(build.bytes), build.build,
            ])
        }
        return table
    }

    private static func short(_ digest: String?) -> String { digest.map { String($0.prefix(19)) } ?? "-" }

    private func lines(of detail: HistoryDetail) -> [String] {
        let build = detail.build
        let facts: [(String, String?)] = [
            ("image", build.image), ("platform", build.platform), ("build", build.build), ("run", build.run),
            ("status", build.status.rawValue), ("reasons", build.reasons.joined(separator: ", ")),
            ("attempt", "\(build.attempt)"), ("started", build.started.map(DateText.exact)),
            ("ended", DateText.exact(build.ended)), ("time", build.seconds.map(Quantity.seconds)),
            ("cpu", build.cpuMilliseconds.map { Quantity.seconds($0 / 1000) }),
            ("peak memory", build.peakMemoryInBytes.map(Quantity.bytes)), ("digest", build.digest),
            ("root file system", build.rootfsDigest), ("size", build.digest == nil ? nil : Quantity.bytes(build.bytes)),
            ("steps", "\(build.cached) of \(build.steps) cached"), ("isolation", build.isolation),
            ("network", build.network), ("log", build.log),
        ]
        var lines = facts.compactMap { name, value in
            value.flatMap { $0.isEmpty ? nil : "\(DisplayText.padded(name, to: 18))\(DisplayText.escaped($0))" }
        }
        lines += section("materials", detail.materials.map { "\($0.role) \($0.reference) \($0.digest)" })
        lines += section("tags", detail.tags.map(Self.text))
        if !detail.steps.isEmpty { lines += ["", "steps"] + steps(detail.steps).map { "  " + $0 } }
        if let error = build.error { lines += ["", "error"] + DisplayText.indented(error) }
        return lines
    }

    private static func text(_ tag: HistoryTag) -> String {
        let before = tag.previous.map { ", before that \($0)" } ?? ""
        return "\(tag.reference) at \(DateText.exact(tag.at))\(before)"
    }

    private func section(_ title: String, _ rows: [String]) -> [String] {
        rows.isEmpty ? [] : ["", title] + rows.map { "  " + DisplayText.escaped($0) }
    }

    private func steps(_ steps: [HistoryStep]) -> [String] {
        var table = TextTable([
            .init(title: "STEP", isNumber: true), .init(title: "TIME", isNumber: true),
            .init(title: "SIZE", isNumber: true, dispensability: 1), .init(title: "STAGE", dispensability: 2),
            .init(title: "INSTRUCTION", shrinks: true), .init(title: "NOT CACHED BECAUSE", shrinks: true),
        ])
        for step in steps {
            table.add([
                "\(step.step)", step.cached ? "cached" : Quantity.seconds(step.milliseconds / 1000),
                step.bytes.map(Quantity.bytes) ?? "-", step.stage, step.instruction, step.miss ?? "",
            ])
        }
        return table.lines(width: width.map { $0 - 2 })
    }
}
