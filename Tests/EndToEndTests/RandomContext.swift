/// The files of a random build's context. What has the same name has the same type everywhere, so that trees can be copied
/// over each other.
struct RandomContext {
    private(set) var files: [String] = []
    private(set) var folders: [String] = []
    private(set) var archives: [String] = []

    private static let times = [
        "2001-02-03 04:05:06Z", "1970-01-01 00:00:00Z", "2039-09-09 09:09:09Z", "1995-05-05 05:05:05Z",
    ]

    /// Chooses the files; the shell commands that make them.
    mutating func commands(_ random: inout SeededGenerator) -> String {
        var lines: [String] = []
        for name in ["d1", "d2", "d1/d3", "d4 blank", "d2/d5/d6"] where Bool.random(using: &random) || name == "d1" {
            folders.append(name)
            lines.append("mkdir -p '\(name)'")
        }
        for name in ["f1", "f2", "f 3", "-f4", "f5.txt", "ünï6", "f*7"].shuffled(using: &random) {
            let folder = Bool.random(using: &random) || name == "f1" ? "" : pick(folders, &random) + "/"
            let file = folder + name
            // A source with a glob character would be a pattern.
            if !name.contains("*") { files.append(file) }
            let size = pick(["3", "0", "4000"], &random)
            lines.append("yes \(name.count) | head -c \(size) >./'\(file)'")
            if Bool.random(using: &random) {
                lines.append("chmod \(pick(["600", "755", "444", "711"], &random)) ./'\(file)'")
            }
        }
        lines += links(&random) + dates(&random)
        archives = ["a.tar", "b.tar.gz"]
        lines += [
            "tar -cf a.tar \(quoted(pick(folders, &random)))",
            "tar -czf b.tar.gz d1",
        ]
        if Bool.random(using: &random) {
            lines.append(
                "printf '%s\\n' '\(pick(["*.txt", "**/f2", "d2/d5", "*/f1"], &random))' '#x' 'b?' >.dockerignore")
            archives = ["a.tar"]
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func links(_ random: inout SeededGenerator) -> [String] {
        [
            "ln -s -- '\(pick(files, &random))' l1", "ln -s -- '/\(pick(folders, &random))' l2", "ln -s nowhere d1/l3",
            "ln -s ../.. d1/l4", "ln ./'\(pick(files, &random))' d1/h1", "mkfifo -m 640 d1/p1",
        ].filter { _ in Int.random(in: 0...2, using: &random) > 0 }
    }

    /// Modes and times of folders last, as what is made inside changes these.
    private func dates(_ random: inout SeededGenerator) -> [String] {
        let dated = files.filter { _ in Bool.random(using: &random) }
        var lines = dated.map { "touch -d '\(pick(Self.times, &random))' ./'\($0)'" }
        for folder in folders.reversed() where Bool.random(using: &random) {
            lines.append("chmod \(pick(["700", "711", "1777", "750"], &random)) '\(folder)'")
            lines.append("touch -d '\(pick(Self.times, &random))' '\(folder)'")
        }
        return lines
    }

    private func pick(_ texts: [String], _ random: inout SeededGenerator) -> String {
        texts[Int.random(in: 0..<texts.count, using: &random)]
    }

    private func quoted(_ text: String) -> String { "'\(text)'" }
}
