import Foundation
import Testing

/// The rungs of the isolation ladder that work here for this user, as `doctor` says; tests go over all of them.
enum Rungs {
    static let usable: [String] = {
        guard let workspace = try? Workspace("rungs"), let outcome = try? workspace.buildAll("doctor") else {
            return []
        }
        let works = outcome.lines.compactMap { line in
            line.wholeMatch(of: /isolation (\w+): works.*/).map { String($0.1) }
        }
        for name in Set(works).intersection(refused.keys) { print("not tried on \(name): \(refused[name] ?? "")") }
        return works.filter { refused[$0] == nil }
    }()

    /// Rungs that are not tried here, and why.
    private static let refused = [
        "inplace": "it replaces the root of the machine: only a container that was made for it is tried"
    ]
}
