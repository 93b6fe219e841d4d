import Foundation
import Testing

@testable import Execution

/// What of a secret is replaced in a step's output, and that nothing else is.
@Suite struct SecretMaskTests {
    private static let secret = "hunter2-hunter2!\n"

    private func masked(_ pieces: [[UInt8]], secrets: [[UInt8]]) -> [UInt8] {
        var stream = MaskedStream(SecretMask(secrets))
        return pieces.flatMap { stream.add($0) } + stream.finish()
    }

    private func masked(_ text: String, secret: String = secret) -> String {
        String(decoding: masked([Array(text.utf8)], secrets: [Array(secret.utf8)]), as: UTF8.self)
    }

    @Test(arguments: [
        ("the password is hunter2-hunter2!.", "the password is ***."), ("hunter2-hunter2!\n", "***\n"),
        ("hunter2-hunter2!hunter2-hunter2!", "******"), ("nothing of it: hunter2-hunter2?", nil), ("", nil),
        ("hunter2-hunter2", nil), ("hhunter2-hunter2!", "h***"),
        ("hunter2-hunterhunter2-hunter2!", "hunter2-hunter***"),
        // base64, base64 -d's input without padding, and the value inside of `user:VALUE` as HTTP has it
        ("aHVudGVyMi1odW50ZXIyIQ==", "***"), ("aHVudGVyMi1odW50ZXIyIQo=", "***"), ("aHVudGVyMi1odW50ZXIyIQ", "***"),
        ("68756e746572322d68756e7465723221", "***"), ("68756E746572322D68756E7465723221 ", "*** "),
        ("68756e746572322d68756e74657232210a", "***"),
    ])
    func `values are replaced, plain and encoded`(text: String, expected: String?) {
        #expect(masked(text) == expected ?? text)
    }

    @Test(arguments: ["u", "us", "use", "user"]) func `a value inside of what is encoded is replaced`(user: String) {
        let text = Data("\(user):hunter2-hunter2! and more".utf8).base64EncodedString()
        let shown = masked(text)
        #expect(shown.contains("***"))
        let longest = shown.split(separator: "***").map(\.count).max() ?? 0
        #expect(longest + 18 < text.count)
    }

    @Test func `a value of several lines is replaced as a whole and line by line`() {
        let key = "-----BEGIN KEY-----\nabcdefghijkl\nmno\n-----END KEY-----\n"
        #expect(masked(key, secret: key) == "***\n")
        #expect(masked("> abcdefghijkl <", secret: key) == "> *** <")
        #expect(masked("mno", secret: key) == "mno")
        #expect(masked("echo -----END KEY-----", secret: key) == "echo ***")
    }

    @Test func `lines that programs break are replaced`() {
        let bytes = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
        let base64 = Data(bytes).base64EncodedString()
        for columns in [64, 76] {
            let broken = Array(base64.utf8).pieces(of: columns)
            let shown = masked([Array(broken.joined(separator: [10]))], secrets: [bytes])
            let rest = shown.split(separator: 10).filter { $0 != ArraySlice("***".utf8) }
            #expect(rest.allSatisfy { $0.count < 8 })
        }
        let hexadecimal = bytes.hexadecimal("0123456789abcdef").pieces(of: 60)
        let shown = masked([Array(hexadecimal.joined(separator: [10]))], secrets: [bytes])
        #expect(shown.split(separator: 10).allSatisfy { $0 == ArraySlice("***".utf8) })
    }

    @Test func `it does not matter how the bytes come in`() {
        let text = Array("a hunter2-hunter2! b aHVudGVyMi1odW50ZXIyIQ== hunter2-hun".utf8)
        let secrets = [Array(Self.secret.utf8)]
        let whole = masked([text], secrets: secrets)
        for size in 1...text.count { #expect(masked(text.pieces(of: size), secrets: secrets) == whole) }
    }

    @Test func `what cannot be one is shown at once`() {
        var stream = MaskedStream(SecretMask([Array(Self.secret.utf8)]))
        #expect(stream.add(Array("progress 10% ".utf8)) == Array("progress 10% ".utf8))
        #expect(stream.add(Array("h".utf8)) == [])
        #expect(stream.add(Array(" ".utf8)) == Array("h ".utf8))
    }

    @Test(arguments: ["", " \n", "abc"]) func `what is too short is no secret`(secret: String) {
        #expect(masked("abc \n abc", secret: secret) == "abc \n abc")
        #expect(SecretMask([Array(secret.utf8)]).isEmpty)
    }

    @Test func `a secret of 500 KiB is replaced`() {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<512_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let shown = masked([Array("<".utf8), bytes, Array(">".utf8)], secrets: [bytes])
        #expect(shown.allSatisfy { [60, 42, 62].contains($0) || !bytes.isEmpty && shown.count < 1000 })
        #expect(shown.count < 1000)
    }

    @Test func `many secrets, each begins as another`() {
        let secrets = (1...100).map { Array("token-".utf8) + Array(repeating: UInt8(ascii: "x"), count: $0) }
        let text = Array("token-".utf8) + Array(repeating: UInt8(ascii: "x"), count: 50) + Array("y".utf8)
        #expect(masked([text], secrets: secrets) == Array("***y".utf8))
    }
}
