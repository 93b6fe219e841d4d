import Glibc

/// Campaigns of libFuzzer, which knows which parts of the program an input reaches and goes on from there. It is only in
/// the program if that was built with `-sanitize=fuzzer`.
///
/// https://llvm.org/docs/LibFuzzer.html
enum Guided {
    private typealias Callback = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
    private typealias Driver =
        @convention(c) (
            UnsafeMutablePointer<CInt>, UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
            Callback
        ) -> CInt
    fileprivate typealias Damage = @convention(c) (UnsafeMutablePointer<UInt8>, Int, Int) -> Int

    // Safe because it is set once before libFuzzer begins, which has one thread.
    nonisolated(unsafe) fileprivate static var target: (any Target)?
    nonisolated(unsafe) fileprivate static var mutator: (any Mutator)?
    fileprivate static let damage = symbol("LLVMFuzzerMutate", as: Damage.self)

    static func run(_ name: TargetName, _ arguments: [String]) throws {
        guard let driver = symbol("LLVMFuzzerRunDriver", as: Driver.self) else {
            print("this program was built without libFuzzer")
            exit(2)
        }
        target = try name.make()
        mutator = name.mutator
        var pointers = (["Fuzz"] + arguments).map { strdup($0) } + [nil]
        var count = CInt(pointers.count - 1)
        let status = pointers.withUnsafeMutableBufferPointer { buffer in
            var base = buffer.baseAddress
            return driver(&count, &base) { bytes, count in Guided.runOne(bytes, count) }
        }
        target = nil
        exit(status)
    }

    private static func runOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
        do {
            _ = try target?.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
            return 0
        } catch {
            preconditionFailure("neither accepted nor refused: \(error)")
        }
    }

    private static func symbol<Function>(_ name: String, as type: Function.Type) -> Function? {
        dlsym(nil, name).map { unsafeBitCast($0, to: type) }
    }
}

/// What libFuzzer's own entry would call; ours gives the driver a function.
@_cdecl("LLVMFuzzerTestOneInput") public func fuzzTestOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    0
}

/// Called by libFuzzer for each new input: half of them are damaged by it, half by us, who know what the bytes mean.
@_cdecl("LLVMFuzzerCustomMutator") public func fuzzCustomMutator(
    _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int, _ seed: CUnsignedInt
) -> Int {
    if seed.isMultiple(of: 2), let damage = Guided.damage { return damage(bytes, count, limit) }
    var dice = Dice(seed: UInt64(seed), round: count)
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    let output = Guided.mutator?.mutate(input, with: input, &dice) ?? input
    let room = UnsafeMutableBufferPointer(start: bytes, count: limit)
    _ = room.update(fromContentsOf: output.prefix(limit))
    return min(limit, output.count)
}
