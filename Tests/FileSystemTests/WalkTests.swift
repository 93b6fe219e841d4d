import FileSystem
import Glibc
import TestSupport
import Testing

@Suite struct WalkTests {
    let scratch: TestFolder
    let folder: OpenFile

    init() throws {
        scratch = try TestFolder(in: "/dev/shm")
        folder = try scratch.open()
        try folder.makeDirectory("a")
        try folder.makeDirectory("b")
        let a = try folder.open("a", [.read, .directory])
        try a.makeDirectory("in")
        try a.makeSymlink("out", target: "/etc")
    }

    private func folders(in folder: OpenFile) throws(SystemError) -> [FileName] {
        try folder.entries().filter { $0.kind == .directory }.map(\.name).sorted { $1 < $0 }
    }

    @Test func `each folder is come to before and left after those in it`() throws {
        var steps: [String] = []
        try folder.walk { (folder) throws(SystemError) in
            steps.append("in")
            return try folders(in: folder)
        } leave: { (_) throws(SystemError) in
            steps.append("out")
        }
        #expect(steps == ["in", "in", "in", "out", "out", "in", "out", "out"])
    }

    @Test func `a folder that is gone ends a walk that is not tolerant`() throws {
        for tolerant in [false, true] {
            var count = 0
            let walk = {
                try folder.walk(tolerant: tolerant) { (folder) throws(SystemError) -> [FileName] in
                    count += 1
                    return count == 1 ? ["b", "gone", "a"] : []
                }
            }
            if tolerant { try walk() } else { #expect(throws: SystemError.self, performing: walk) }
            #expect(count == (tolerant ? 3 : 2))
        }
    }

    @Test func `a folder that is moved elsewhere meanwhile ends the walk`() throws {
        for tolerant in [true, false] {
            var count = 0
            let walk = {
                try folder.walk(tolerant: tolerant) { (place) throws(SystemError) -> [FileName] in
                    count += 1
                    if count == 3 { try folder.open("a", [.read, .directory]).rename("in", to: "moved", in: folder) }
                    return [["a"], ["in"], []][count - 1]
                }
            }
            if tolerant { try walk() } else { #expect(throws: SystemError.self, performing: walk) }
            #expect(count == 3)
            try folder.rename("moved", to: "in", in: folder.open("a", [.read, .directory]))
        }
    }
}
