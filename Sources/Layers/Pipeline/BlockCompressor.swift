internal import OCI

/// Packs blocks so that each can be unpacked alone, and all after each other are one stream. The bytes depend on nothing
/// but the block and the level.
protocol BlockCompressor {
    /// The most that so many bytes become.
    func bound(_ count: Int) -> Int

    /// Packs a block; `output` must have room for `bound` bytes. Returns how many it takes.
    func compress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int
}

extension LayerCompression {
    /// One for each thread.
    func makeCompressor() -> any BlockCompressor {
        switch method {
        case .gzip: GzipCompressor(level: level)
        case .zstd: ZstdCompressor(level: level)
        }
    }
}
