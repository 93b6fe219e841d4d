/// Which image must be built before which, by position: the pure part of a plan.
public struct DependencyGraph: Hashable, Sendable {
    /// For each node the nodes that come before it, ascending, each once.
    public let parents: [[Int]]
    /// For each node the nodes that wait for it, ascending.
    public let children: [[Int]]
    /// Every node after its parents; nodes of one distance from the roots in ascending order. A node on a cycle, or
    /// behind one, is missing.
    public let order: [Int]

    /// Takes the parents of every node; a node may be its own parent, which is a cycle.
    public init(parents: [[Int]]) {
        self.parents = parents.map { Array(Set($0)).sorted() }
        var children = [[Int]](repeating: [], count: parents.count)
        for (node, befores) in self.parents.enumerated() {
            for parent in befores { children[parent].append(node) }
        }
        self.children = children
        order = Self.order(parents: self.parents, children: children)
    }

    public var isAcyclic: Bool { order.count == parents.count }

    /// Kahn's algorithm, one generation after the other.
    private static func order(parents: [[Int]], children: [[Int]]) -> [Int] {
        var missing = parents.map(\.count)
        var generation = parents.indices.filter { missing[$0] == 0 }
        var order: [Int] = []
        while !generation.isEmpty {
            order += generation
            var next: [Int] = []
            for child in generation.lazy.flatMap({ children[$0] }) {
                missing[child] -= 1
                if missing[child] == 0 { next.append(child) }
            }
            generation = next.sorted()
        }
        return order
    }
}

// MARK: - Reachability

extension DependencyGraph {
    /// The nodes and all that wait for them, directly or not.
    public func descendants(of nodes: some Sequence<Int>) -> Set<Int> { reach(nodes, children) }

    /// The nodes and all that come before them, directly or not.
    public func ancestors(of nodes: some Sequence<Int>) -> Set<Int> { reach(nodes, parents) }

    private func reach(_ nodes: some Sequence<Int>, _ next: [[Int]]) -> Set<Int> {
        var found = Set(nodes)
        var open = Array(found)
        while let node = open.popLast() {
            for other in next[node] where found.insert(other).inserted { open.append(other) }
        }
        return found
    }
}

// MARK: - Lengths

extension DependencyGraph {
    /// For each node how many generations of parents are before it; nodes outside `order` have none.
    public func levels() -> [Int] {
        var levels = [Int](repeating: 0, count: parents.count)
        for node in order {
            levels[node] = parents[node].reduce(0) { max($0, levels[$1] + 1) }
        }
        return levels
    }

    /// For each node the weight of the heaviest way from it, itself included, to the last of its descendants.
    public func longestPaths(weights: [Double]) -> [Double] {
        var lengths = weights
        for node in order.reversed() {
            lengths[node] = weights[node] + children[node].reduce(0) { max($0, lengths[$1]) }
        }
        return lengths
    }

    /// The heaviest way through the graph, from a root to a leaf: no number of processors makes the batch shorter.
    public func criticalPath(weights: [Double]) -> [Int] {
        let lengths = longestPaths(weights: weights)
        var path: [Int] = []
        var next = order.filter { parents[$0].isEmpty }
        while let heaviest = next.max(by: { (lengths[$0], $1) < (lengths[$1], $0) }) {
            path.append(heaviest)
            next = children[heaviest]
        }
        return path
    }
}

// MARK: - Cycles

extension DependencyGraph {
    /// The cycles, each as a path in which every node needs the next and the last needs the first, from its lowest
    /// node on. No node is in two of them: once these are mended, others may show.
    public func cycles() -> [[Int]] {
        let ordered = Set(order)
        var search = CycleSearch(parents: parents, isDone: parents.indices.map(ordered.contains))
        for node in parents.indices { search.visit(node) }
        return search.cycles
    }
}

/// A depth-first search with its own stack: chains can be longer than a thread's.
private struct CycleSearch {
    let parents: [[Int]]
    var isDone: [Bool]
    var cycles: [[Int]] = []
    private var isOnCycle: Set<Int> = []
    private var positionOnPath: [Int: Int] = [:]

    init(parents: [[Int]], isDone: [Bool]) {
        self.parents = parents
        self.isDone = isDone
    }

    mutating func visit(_ root: Int) {
        var path: [(node: Int, next: Int)] = []
        enter(root, &path)
        while let (node, next) = path.last {
            guard next < parents[node].count else {
                leave(&path)
                continue
            }
            path[path.count - 1].next += 1
            let parent = parents[node][next]
            if let start = positionOnPath[parent] {
                report(path[start...].map(\.node))
            } else {
                enter(parent, &path)
            }
        }
    }

    private mutating func enter(_ node: Int, _ path: inout [(node: Int, next: Int)]) {
        guard !isDone[node] else { return }
        positionOnPath[node] = path.count
        path.append((node, 0))
    }

    private mutating func leave(_ path: inout [(node: Int, next: Int)]) {
        let (node, _) = path.removeLast()
        positionOnPath[node] = nil
        isDone[node] = true
    }

    private mutating func report(_ cycle: [Int]) {
        guard isOnCycle.isDisjoint(with: cycle), let lowest = cycle.min(), let start = cycle.firstIndex(of: lowest)
        else { return }
        isOnCycle.formUnion(cycle)
        cycles.append(Array(cycle[start...] + cycle[..<start]))
    }
}
