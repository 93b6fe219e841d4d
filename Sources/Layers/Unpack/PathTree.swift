internal import FileSystem

/// Values by path. Costs for each path its last name, not its length: a deep tree may not fill the memory.
struct PathTree<Value> {
    private struct Node {
        var value: Value?
        var children: [FileName: Int] = [:]
    }

    /// The first one is the root. What is removed stays here unreachable, as little as it is.
    private var nodes = [Node()]

    /// Gives a path a value.
    mutating func set(_ path: [FileName], _ value: Value) {
        var place = 0
        for name in path {
            if let child = nodes[place].children[name] {
                place = child
            } else {
                nodes.append(Node())
                nodes[place].children[name] = nodes.count - 1
                place = nodes.count - 1
            }
        }
        nodes[place].value = value
    }

    /// Forgets a path and all that are below it.
    mutating func remove(_ path: [FileName]) {
        guard let last = path.last, let parent = find(path.dropLast()) else { return }
        nodes[parent].children[last] = nil
    }

    /// Whether a path or one above it has a value.
    func hasValue(onWayTo path: some Sequence<FileName>) -> Bool {
        var place = 0
        for name in path {
            if nodes[place].value != nil { return true }
            guard let child = nodes[place].children[name] else { return false }
            place = child
        }
        return nodes[place].value != nil
    }

    private func find(_ path: ArraySlice<FileName>) -> Int? {
        var place = 0
        for name in path {
            guard let child = nodes[place].children[name] else { return nil }
            place = child
        }
        return place
    }

    /// A node for a walk from the root down; it is the tree's until that changes.
    struct Place {
        fileprivate let node: Int
    }

    var root: Place { Place(node: 0) }

    func value(at place: Place) -> Value? { nodes[place.node].value }

    func isLeaf(_ place: Place) -> Bool { nodes[place.node].children.isEmpty }

    /// In no order.
    func children(of place: Place) -> [(name: FileName, place: Place)] {
        nodes[place.node].children.map { ($0.key, Place(node: $0.value)) }
    }
}
