import FileSystem
import Layers
import Testing

@Suite(.enabled(if: OverlayStep.isPossible)) struct MetadataTests {
    @Test func `all modes from 0000 to 7777, of files and directories`() throws {
        let stack = try LayerStack()
        try stack.run(
            """
            python3 -c '
            import os
            for mode in range(0o10000):
                os.close(os.open(f"f{mode:04o}", os.O_CREAT)); os.chmod(f"f{mode:04o}", mode)
                if mode % 5 == 0: os.mkdir(f"d{mode:04o}"); os.chmod(f"d{mode:04o}", mode)
            '
            """)
        for line in try Listing.of(stack.top, times: false) {
            let words = line.split(separator: " ")
            #expect(Int(words[0].dropFirst(), radix: 8) == Int(words[2], radix: 8))
        }
        try stack.expectSameFromOthers()
    }

    @Test func `owners above what ustar holds, and chown takes setuid and capabilities away`() throws {
        let stack = try LayerStack()
        try stack.run(
            """
            for id in 0 1 65534 65535 65536 2097151 2097152 3000000 2147483647 2147483648 4294967294; do
                echo $id >u$id; chown $id:$((4294967294 - id)) u$id; ln -s u$id l$id; chown -h $id:$id l$id
            done
            for n in 1 2 3; do echo $n >s$n; chmod 6755 s$n; setcap cap_net_raw=ep s$n; done
            chown 5:6 s1; chown 5:6 s2; chmod 4755 s2; chown 5:6 s3; setcap cap_chown=p s3
            """)
        let lines = try stack.seen(times: false).filter { $0.hasPrefix("s") }
        #expect(lines[0].hasPrefix("s1 regular 755 5:6 2 "))
        #expect(lines[1].hasPrefix("s2 regular 4755 5:6 2 "))
        #expect(lines[2].hasPrefix("s3 regular 755 5:6 security.capability="))
        try stack.expectSameFromOthers()
        try stack.run("chown 9:9 s2 s3; chmod 2711 s3")
        let changed = try stack.seen(times: false).filter { $0.hasPrefix("s") }
        #expect(changed[1].hasPrefix("s2 regular 755 9:9 2 "))
        #expect(changed[2].hasPrefix("s3 regular 2711 9:9 2 "))
        try stack.expectSameFromOthers()
    }

    @Test func `times from before 1970 to after 2038`() throws {
        let stack = try LayerStack()
        try stack.run(
            """
            for t in -2000000000 -86400 -1 0 1 1000000000 2147483647 2147483648 4294967296 8589934591 8589934592 \
                12000000000; do
                echo >f$t; touch -d @$t ./f$t; mkdir d$t; touch -d @$t d$t; ln -s x l$t; touch -h -d @$t l$t
            done
            """)
        // Go's time in nanoseconds ends in 2262.
        try stack.expectSameFromOthers { $0.contains("12000000000") ? nil : $0 }
    }

    @Test func `fractions of a second are cut downwards, also before 1970`() throws {
        let step = try OverlayStep("touch -d @1.75 a; touch -d @-1.75 b; touch -d @-0.25 c")
        #expect(try step.members().map(\.entry.modified) == [1, -2, -1].map { FileTime(seconds: $0) })
    }

    @Test func `fractions in the layers of others are kept in the store`() throws {
        let fixture = try LayerFixture()
        let times = [FileTime(seconds: 5, nanoseconds: 123_456_789), FileTime(seconds: -3, nanoseconds: 250_000_000)]
        try fixture.unpack(
            times.indices.map { index in
                var member = file(FileName("f\(index)"))
                member.entry.modified = times[index]
                return member
            })
        let root = try OpenFile.open(fixture.target, [.read, .directory])
        #expect(try times.indices.map { try root.status(of: FileName("f\($0)")).modified } == times)
    }

    @Test func `attributes, capabilities and access lists`() throws {
        let stack = try LayerStack()
        try stack.run(
            """
            mkdir d; touch f; mkfifo p; ln -s f l
            setfattr -n user.empty -v '' f; setfattr -n user.bytes -v 0x00ff0a3d22 f; setfattr -n user.d -v dir d
            setfattr -n user.long -v "$(printf 'v%.0s' $(seq 1 3000))" f; setfattr -n user.ü -v 1 f
            touch cap; chmod 4711 cap; setcap cap_net_bind_service,cap_sys_admin=eip cap
            touch acl; setfacl -m u:1234:rw,g:77:r,m::rw acl; setfacl -d -m u:9:rwx,o::--- d; setfacl -m u:5:x d
            touch d/inherits
            """)
        // Access lists are text of their own to GNU tar and bsdtar. To Go, PAX values that are empty are none.
        try stack.expectSameFromOthers(extractors: []) { $0.replacing(" user.empty=", with: "") }
        let seen = try stack.seen().joined(separator: "\n")
        for name in [
            "user.empty=", "user.bytes=0ffa3d22", "user.ü=31", "security.capability=", "posix_acl_access=",
            "posix_acl_default=",
        ] { #expect(seen.contains(name)) }
        try stack.run(
            "setfattr -x user.bytes f; setfattr -x user.empty f; setfacl -b acl; setfacl -k d; setcap -r cap; setfattr -n user.new -v 1 d"
        )
        try stack.expectSameFromOthers()
        #expect(try !stack.seen().joined().contains("security.capability"))
    }

    @Test func `sticky and setgid directories give nothing to what is unpacked in them`() throws {
        let stack = try LayerStack()
        try stack.run("mkdir g; chown 0:50 g; chmod 2775 g; touch g/own; mkdir g/sub; mkdir t; chmod 1777 t")
        try stack.run("touch g/second; mkdir g/other; chgrp 0 g/other; chmod g-s g/other; touch g/other/f")
        try stack.expectSameFromOthers()
    }
}
