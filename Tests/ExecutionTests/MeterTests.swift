import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Execution

@Suite struct DiskMeterTests {
    private let folder: TestFolder
    private let tree: FilePath

    init() throws {
        folder = try TestFolder()
        tree = FilePath(folder.path)
    }

    private func grown(by command: String) throws -> Int64 {
        var meter = try DiskMeter([tree])
        let made = Shell("cd '\(folder.path)' && { \(command); }")
        #expect(made.status == 0, "\(made.output)")
        try meter.walk()
        return meter.bytes
    }

    @Test func `what was there before does not count`() throws {
        Shell("head -c 5000000 /dev/zero >'\(folder.path)/old'")
        #expect(try grown(by: "true") == 0)
        #expect(try grown(by: "rm old") == 0)
    }

    @Test(
        arguments: [
            ("head -c 1000000 /dev/zero >f", 1_000_000...1_100_000),
            ("head -c 1000000 /dev/zero >f; ln f g", 1_000_000...1_100_000),
            ("truncate -s 1G hole", 0...10_000),
            ("mkdir -p a/b/c && head -c 100000 /dev/zero >a/b/c/f", 100_000...140_000),
            ("for i in $(seq 1000); do : >e$i; done", 512_000...700_000), ("ln -s / up; ln -s /etc etc", 0...10_000),
        ] as [(String, ClosedRange<Int64>)])
    func `counts blocks and names, each file once, and follows no link`(command: String, expected: ClosedRange<Int64>)
        throws
    {
        let grown = try grown(by: command)
        #expect(expected.contains(grown), "\(grown)")
    }

    @Test func `a tree deeper than there are descriptors is measured`() throws {
        let command =
            "python3 -c 'import os\nfor i in range(3000): os.mkdir(\"d\"); os.chdir(\"d\")\n"
            + "open(\"f\", \"w\").write(\"x\" * 1000000)'"
        #expect(try grown(by: command) > 1_000_000)
    }

    @Test func `a look costs no walk while there is room`() throws {
        var meter = try DiskMeter([tree])
        Shell("head -c 100000 /dev/zero >'\(folder.path)/f'")
        try meter.update(room: 1 << 50)
        #expect(meter.bytes == 0)
    }
}

@Suite struct MemoryMeterTests {
    @Test func `what children of children have counts, what others have does not`() throws {
        let folder = try TestFolder()
        // Each tail holds 30 MB, as it waits for the end of its line.
        let script = folder.addProgram(
            "hog", "for i in 1 2 3; do { head -c 30000000 /dev/zero; sleep 600; } | tail & done\necho $!\nwait")
        #expect(!MemoryMeter.exceeds(10 << 30))
        let hog = try ChildProcess(["setsid", script], input: 0, output: 1, errorOutput: 2)
        defer {
            kill(-hog.pid, SIGKILL)
            hog.wait()
        }
        while !MemoryMeter.exceeds(80_000_000) { usleep(10000) }
    }
}
