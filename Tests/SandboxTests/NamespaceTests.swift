import Foundation
import Sandbox
import Testing

@Suite(.enabled(if: TestRung.isUsable)) struct NamespaceTests {
    @Test func `a step says hello`() throws {
        let outcome = try TestExecutor(TestState()).run("echo hello; id -u; pwd; exit 3")
        #expect(outcome.error == nil)
        #expect(outcome.lines == ["hello", "0", "/"])
        #expect(outcome.code == 3)
    }
}
