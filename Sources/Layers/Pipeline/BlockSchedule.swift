/// Who does what next with the blocks of a layer: a pure state machine that the threads share.
///
/// Blocks are numbered as they come. Each is hashed (in order), compressed (in any order) and written (in order); hashing
/// and writing are one thread's at a time. A slot is free again when its block is hashed and written.
struct BlockSchedule {
    enum Work: Equatable {
        case write(Int)
        case hash(Int)
        case compress(Int)
    }

    let capacity: Int
    private var submitted = 0
    private var isClosed = false
    private var hashed = 0
    private var isHashing = false
    private var compressing = 0
    private var compressed: Set<Int> = []
    private var written = 0
    private var isWriting = false
    private(set) var failure: (any Error)?

    init(capacity: Int) { self.capacity = capacity }

    /// Whether the next block has a slot.
    var hasRoom: Bool { submitted - min(hashed, written) < capacity }

    /// Whether there is nothing to do any more.
    var isFinished: Bool { failure != nil || (isClosed && hashed == submitted && written == submitted) }

    mutating func submit() { submitted += 1 }

    mutating func close() { isClosed = true }

    mutating func fail(_ error: any Error) { failure = failure ?? error }

    /// The most urgent work; nil if there is none at present. What is nearest to free a slot comes first.
    mutating func takeWork() -> Work? {
        if !isWriting, compressed.contains(written) {
            isWriting = true
            return .write(written)
        }
        if !isHashing, hashed < submitted {
            isHashing = true
            return .hash(hashed)
        }
        guard compressing < submitted else { return nil }
        compressing += 1
        return .compress(compressing - 1)
    }

    mutating func complete(_ work: Work) {
        switch work {
        case .write(let number):
            compressed.remove(number)
            written += 1
            isWriting = false
        case .hash:
            hashed += 1
            isHashing = false
        case .compress(let number): compressed.insert(number)
        }
    }
}
