import Testing

@testable import Ledger

@Suite struct ULIDTests {
    @Test func `identifiers of one process ascend, also within a millisecond and when the clock is set back`() {
        var last = ""
        for number in 0..<20_000 {
            let next = ULID.make(at: number % 3 == 0 ? 1e9 : 1.7e9 + Double(number / 100) / 1000)
            #expect(next > last)
            last = next
        }
    }

    @Test func `the first ten digits are the milliseconds, in Crockford's base 32`() {
        // Later than all other tests' times, but less than 2^48 milliseconds.
        let text = ULID.make(at: 281_474_976_710.0)
        #expect(text.hasPrefix("7ZZZZZZZ"))
        #expect(text.count == 26)
        #expect(text.allSatisfy { "0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains($0) })
    }
}
