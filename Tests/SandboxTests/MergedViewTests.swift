import Foundation
import Sandbox
import SystemPackage
import TestSupport
import Testing

@Suite(.enabled(if: TestRung.isUsable)) struct MergedViewTests {
    let executor: TestExecutor

    init() throws {
        executor = try TestExecutor(TestState())
    }

    @Test func `layers and upper are one tree that can be written`() throws {
        let upper = try executor.state.makeFolder("upper")
        let work = try executor.state.makeFolder("work")
        let answer = try executor.ask([
            ("command", "view"), ("lower", executor.state.base.string), ("upper", upper.string), ("work", work.string),
            ("touch", "new"),
        ])
        #expect(answer["touched"] == "yes")
        #expect(Set(answer.all("name")).isSuperset(of: ["bin", "etc", "new"]))
        #expect(try FileManager.default.contentsOfDirectory(atPath: upper.string) == ["new"])
    }

    @Test func `without an upper nothing can be written`() throws {
        let other = try executor.state.makeFolder("lower")
        let answer = try executor.ask([
            ("command", "view"), ("lower", other.string), ("lower", executor.state.base.string), ("touch", "new"),
        ])
        #expect(answer["touched"] == "Read-only file system")
        #expect(Set(answer.all("name")).isSuperset(of: ["bin", "etc"]))
    }

    @Test func `one layer is seen as it is`() throws {
        let answer = try executor.ask([("command", "view"), ("lower", executor.state.base.string)])
        #expect(Set(answer.all("name")).isSuperset(of: ["bin", "etc"]))
    }

    @Test func `a missing layer is an error that names it`() throws {
        let answer = try executor.ask([
            ("command", "view"), ("lower", "/nowhere"), ("lower", executor.state.base.string),
        ])
        #expect(answer["error"] == "overlay lowerdir /nowhere: No such file or directory")
    }
}
