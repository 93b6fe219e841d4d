import FileSystem
import Layers
import Testing

/// Names that are something else in each layer.
@Suite(.enabled(if: OverlayStep.isPossible)) struct TypeChangeTests {
    /// `none` is that there is no such name.
    private static let kinds = ["none", "file", "directory", "full", "symlink", "fifo", "character", "block"]

    private static let functions = """
        make() {
            case $1 in
            none) ;;
            file) echo "$2" >"$2" ;;
            directory) mkdir "$2" ;;
            full) mkdir -p "$2/sub" && echo in >"$2/f" && echo in >"$2/sub/g" && ln -s f "$2/l" ;;
            symlink) ln -s /etc "$2" ;;
            fifo) mkfifo "$2" ;;
            character) mknod "$2" c 1 3 ;;
            block) mknod "$2" b 7 5 ;;
            esac
        }

        """

    /// Each name says what it is in each layer: `file-full-none`.
    private static func names(_ depth: Int) -> [[String]] {
        (0..<depth).reduce([[]]) { names, _ in names.flatMap { name in kinds.map { name + [$0] } } }
    }

    private static func script(_ layer: Int, _ names: [[String]]) -> String {
        let lines = names.map { name in
            let path = name.joined(separator: "-")
            return (layer > 0 ? "rm -rf \(path); " : "") + "make \(name[layer]) \(path)"
        }
        return functions + lines.joined(separator: "\n")
    }

    @Test func `every kind becomes every other, over three layers`() throws {
        let names = Self.names(3)
        let stack = try LayerStack()
        for layer in 0..<3 { try stack.run(Self.script(layer, names)) }
        let seen = try stack.seen(times: false)
        #expect(seen.count == 7 * 64 + 4 * 64)
        try stack.expectSameFromOthers()
    }

    @Test func `every kind becomes every other within one layer`() throws {
        let names = Self.names(2)
        let stack = try LayerStack()
        try stack.run(
            Self.script(0, names) + "\n" + names.map { "rm -rf \($0.joined(separator: "-"))" }.joined(separator: "\n"))
        #expect(try stack.seen() == [])
        try stack.run(Self.script(0, names) + "\n" + Self.script(1, names))
        try stack.expectSameFromOthers()
    }

    @Test func `what becomes a directory has nothing of what was below it`() throws {
        let stack = try LayerStack()
        try stack.run("mkdir -p d/sub real; echo 1 >d/f; echo 2 >d/sub/g; echo 3 >real/h; ln -s real s")
        try stack.run("rm -r d; ln -s real d; rm s; mkdir s; echo 4 >s/new")
        try stack.run("rm d; mkdir d; rmdir real 2>/dev/null || rm -r real")
        #expect(try stack.seen(times: false).map { $0.split(separator: " ")[0] } == ["d", "s", "s/new"])
        try stack.expectSameFromOthers()
    }
}
