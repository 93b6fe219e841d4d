import FileSystem
import Layers
import OCI
import Storage
import Testing

@Suite(.enabled(if: OverlayStep.isPossible)) struct NameTests {
    /// As printf(1) takes them.
    static let names = [
        "new\\nline", "tab\\there", "quote\\047s", "double\\042s", "back\\\\slash", " blank ", "\\052", "-rf",
        ".hidden",
        "...", "..a", "\\377\\376", "\\300\\257", "caf\\303\\251", "cafe\\314\\201", "\\001\\177", "wh.", "a=b", "%%41",
        "x\\r", "#c", "~", "$HO", "[a]", "{b,c}", "é\\342\\200\\256x",
        String(repeating: "n", count: 255), String(repeating: "\\303\\251", count: 127),
    ]

    private static func each(_ script: String) -> String {
        names.map { "n=$(printf -- '\($0)x'); n=\"${n%x}\"; \(script)" }.joined(separator: "\n")
    }

    @Test func `any name is added, changed, linked and deleted`() throws {
        let stack = try LayerStack()
        try stack.run(Self.each("echo 1 >\"./$n\"; mkdir -p \"d/$n/$n\"; ln -s -- \"$n\" \"d/$n/l\""))
        #expect(try stack.seen().count == 1 + 4 * Self.names.count)
        // bsdtar refuses names that are no UTF-8.
        try stack.expectSameFromOthers(extractors: Array(LayerStack.extractors.prefix(1)))
        try stack.run(Self.each("echo 2 >>\"./$n\"; ln \"./$n\" \"d/$n/hard\"; rmdir \"d/$n/$n\""))
        try stack.expectSameFromOthers()
        try stack.run(Self.each("rm \"./$n\"") + "\nrm -r d")
        #expect(try stack.seen() == [])
        try stack.expectSameFromOthers()
    }

    @Test func `composed and decomposed letters are two names`() throws {
        let stack = try LayerStack()
        try stack.run("echo 1 >\"$(printf 'caf\\303\\251')\"; echo 2 >\"$(printf 'cafe\\314\\201')\"")
        try stack.run("rm \"$(printf 'caf\\303\\251')\"")
        let root = try OpenFile.open("\(stack.scratch.path)/seen1", [.read, .directory])
        #expect(try root.entries().map(\.name.bytes) == [Array("cafe\u{301}".utf8)])
    }

    @Test(arguments: [4_000, 4_095, 4_200, 9_000])
    func `paths of any length go both ways`(length: Int) throws {
        // A shell cannot name the end at once either.
        let part = String(repeating: "p", count: 199)
        let step = """
            i=0; while [ $i -lt \(length / 200) ]; do mkdir \(part); cd -P \(part); i=$((i + 1)); done
            n=$(printf 'f%.0s' $(seq 1 \(max(1, length % 200)))); echo deep >$n; ln $n l; chmod 700 .; touch -d @7 $n
            """
        let step1 = try OverlayStep(step)
        let layer = try step1.commit()
        let unpacked = try step1.unpacked()
        #expect(layer.entryCount == length / 200 + 2)
        // The times of the directories are whole seconds in the layer.
        let list = "find . -type f -printf '%d %m %n %s %Ts %f\\n' | sort; find . -type d -printf '%d %m\\n'"
        let expected = Shell("cd \(step1.upper) && \(list)")
        #expect(expected.lines.count == length / 200 + 3)
        #expect(Shell("cd \(unpacked) && \(list)").lines == expected.lines)
        let tar = Shell(
            "cd \(step1.scratch.path) && mkdir t && gunzip -c <\(step1.blobs.path(of: layer.descriptor.digest)) | tar -xpf - -C t "
                + "&& cd t && \(list)")
        if length < 4_096 { #expect(tar.lines == expected.lines) }
    }

    @Test func `a tree deeper than any path is refused when the layer is made`() throws {
        let step = try OverlayStep(
            "python3 -c 'import os\nfor i in range(200): os.mkdir(\"d\" * 250); os.chdir(\"d\" * 250)'")
        #expect(throws: LayersError.self) { try step.commit() }
    }
}
