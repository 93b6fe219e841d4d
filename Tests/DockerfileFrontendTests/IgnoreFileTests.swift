import DockerfileFrontend
import Testing

@Suite struct IgnoreFileTests {
    @Test func `an empty file ignores nothing`() {
        #expect(!IgnoreFile().isExcluded("a"))
        #expect(IgnoreFile().root.entering([0x61]).mustWalk)
    }

    @Test func `a walk sees what single questions see`() throws {
        let file = try IgnoreFile(parsing: "**/build\n*.log\n!keep/*.log\nsrc/**/test_?\nx/y\n!x/y/z/**\n")
        let names = ["build", "a.log", "keep", "src", "test_1", "x", "y", "z", "b.log"]
        for first in names {
            let one = file.root.entering(Array(first.utf8))
            for second in names {
                let two = one.entering(Array(second.utf8))
                let path = "\(first)/\(second)"
                #expect(two.isExcluded == file.isExcluded(path), "\(path)")
                #expect(two.mustWalk == file.mustWalk(path), "\(path)")
                let three = two.entering(Array("z".utf8))
                #expect(three.isExcluded == file.isExcluded(path + "/z"), "\(path)/z")
            }
        }
    }

    @Test func `names that are no UTF-8 match wildcards`() throws {
        let file = try IgnoreFile(parsing: "a?b\n*.o\n")
        #expect(file.root.entering([0x61, 0xFF, 0x62]).isExcluded)
        #expect(file.root.entering([0xC3, 0x28, 0x2E, 0x6F]).isExcluded)
        #expect(!file.root.entering([0x61, 0xFF, 0xFE, 0x62]).isExcluded)
    }

    @Test func `composed and decomposed letters are different names`() throws {
        let file = try IgnoreFile(parsing: "\u{E9}\n")
        #expect(file.isExcluded("\u{E9}"))
        #expect(!file.isExcluded("e\u{301}"))
    }
}
