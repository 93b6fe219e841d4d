import Planning
import Testing

@Suite struct DependencyGraphTests {
    @Test func `the order has parents first and keeps positions within a generation`() {
        let graph = DependencyGraph(parents: [[3], [], [0, 1], [], [1]])
        #expect(graph.order == [1, 3, 0, 4, 2])
        #expect(graph.isAcyclic)
        #expect(graph.levels() == [1, 0, 2, 0, 1])
    }

    @Test func `repeated parents count once`() {
        let graph = DependencyGraph(parents: [[], [0, 0]])
        #expect(graph.parents == [[], [0]])
        #expect(graph.children == [[1], []])
        #expect(graph.order == [0, 1])
    }

    @Test func `descendants and ancestors include the nodes themselves`() {
        let graph = DependencyGraph(parents: [[], [0], [1], [], [3, 1]])
        #expect(graph.descendants(of: [1]) == [1, 2, 4])
        #expect(graph.ancestors(of: [4]) == [0, 1, 3, 4])
        #expect(graph.ancestors(of: [Int]()).isEmpty)
    }

    @Test func `the critical path is the heaviest, not the one with most nodes`() {
        let graph = DependencyGraph(parents: [[], [0], [1], [], [3]])
        let weights: [Double] = [1, 1, 1, 5, 1]
        #expect(graph.longestPaths(weights: weights) == [3, 2, 1, 6, 1])
        #expect(graph.criticalPath(weights: weights) == [3, 4])
        #expect(DependencyGraph(parents: []).criticalPath(weights: []).isEmpty)
    }

    @Test(arguments: [
        ([[0]], [[0]]),
        ([[1], [0]], [[0, 1]]),
        ([[], [3], [1], [2]], [[1, 3, 2]]),
        ([[1], [0], [3], [2], [0]], [[0, 1], [2, 3]]),
        ([[], [0], [1]], []),
        // Behind a cycle is not on it.
        ([[1], [1], [0]], [[1]]),
    ])
    func `cycles are found as paths`(parents: [[Int]], cycles: [[Int]]) {
        #expect(DependencyGraph(parents: parents).cycles() == cycles)
        #expect(DependencyGraph(parents: parents).isAcyclic == cycles.isEmpty)
    }

    @Test func `a chain of 100,000 is no deeper than the stack`() {
        let chain = DependencyGraph(parents: (0..<100_000).map { $0 == 0 ? [] : [$0 - 1] })
        #expect(chain.order.count == 100_000)
        let ring = DependencyGraph(parents: (0..<100_000).map { [($0 + 99_999) % 100_000] })
        #expect(ring.cycles().map(\.count) == [100_000])
    }
}
