import FileSystem
import Layers
import OCI
import Storage
import SystemPackage
import Testing

@Suite(.enabled(if: OverlayStep.isPossible)) struct LayerDiffTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let lower: String
        let step: String
        let expected: [String]

        var testDescription: String { step }

        init(_ lower: String, _ step: String, _ expected: [String]) {
            self.lower = lower
            self.step = step
            self.expected = expected
        }
    }

    @Test(arguments: [
        Case("", "true", []),
        Case("touch a", "true", []),
        Case("", "mkdir -p a/b; touch a/b/c d", ["a/", "a/b/", "a/b/c", "d"]),
        Case("mkdir a; touch a/x a/y", "rm a/x", ["a/", "a/.wh.x"]),
        Case("mkdir a; touch a/x", "rm -r a", [".wh.a"]),
        Case("mkdir a; touch a/x", "rm -r a; mkdir a; touch a/y", ["a/", "a/.wh..wh..opq", "a/y"]),
        Case("mkdir a; touch a/x", "rm -r a; touch a", ["a"]),
        Case("touch a", "rm a; mkdir a; touch a/b", ["a/", "a/b"]),
        Case("mkdir real; ln -s real a", "rm a; mkdir a; touch a/b", ["a/", "a/b"]),
        Case("mkdir a; touch a/x", "rm -r a; ln -s /b a", ["a -> /b"]),
        Case("mkdir a", "mkdir a/new; touch a/new/f", ["a/", "a/new/", "a/new/f"]),
        Case("touch a", "mv a b", [".wh.a", "b"]),
        Case("mkdir a; touch a/x", "mv a b", [".wh.a", "b/", "b/x"]),
        Case("touch a", "chmod 600 a", ["a"]),
        Case("mkdir -p a/b", "chmod 700 a/b", ["a/", "a/b/"]),
        Case("", "echo 1 >z; ln z a; ln a m", ["a", "m = a", "z = a"]),
        Case("echo 1 >l", "ln l n", ["l", "n = l"]),
        Case("", "ln -s t s; ln s r", ["r -> t", "s = r"]),
        Case("", "mknod p p; mknod n c 1 3; mknod b b 7 0", ["b", "n", "p"]),
        Case("", "mkdir a a-b; touch a/x", ["a/", "a/x", "a-b/"]),
        Case("", "touch a; rm a", []),
        Case("touch a", "rm a; touch a; rm a; touch a", ["a"]),
        Case("chmod 755 .", "chmod 711 .", ["./"]),
    ]) func `changes become entries`(_ test: Case) throws {
        #expect(try OverlayStep(lowers: [test.lower], test.step).names() == test.expected)
    }

    @Test func `an opaque directory is only marked if a lower layer shows it`() throws {
        let hidden = try OverlayStep(
            lowers: ["mkdir x; mknod a c 0 0", "mkdir -p a/b; touch a/b/c"], "mkdir a; touch a/new")
        #expect(try hidden.names() == ["a/", "a/new"])
        let shown = try OverlayStep(lowers: ["mkdir x", "mkdir -p a/b; touch a/b/c"], "rm -r a; mkdir a")
        #expect(try shown.names() == ["a/", "a/.wh..wh..opq"])
    }

    @Test func `metadata is exact`() throws {
        let step = try OverlayStep(
            """
            echo x >f; chown 3000000:3000001 f; chmod 6755 f; touch -d @0 f
            touch -d '1969-07-20 20:17:40 UTC' old; touch -d '2100-01-01 UTC' new; touch -d '2600-01-01 UTC' later
            mkdir sticky; chmod 1777 sticky; touch none; chmod 0 none; mknod null c 1 3; chmod 666 null
            touch cap; setcap cap_net_bind_service=ep cap; setfattr -n user.note -v hello cap
            touch acl; setfacl -m u:1234:rw acl; mkdir acld; setfacl -d -m g:99:rx acld
            touch "$(printf 'new\\nline')" "$(printf '\\377\\376')" ' blank ' "./-dash" '...' '\\' "$(printf 'e\\314\\201')"
            truncate -s 1M sparse; printf end >>sparse
            """)
        let unpacked = try step.unpacked()
        #expect(try Listing.of(unpacked) == Listing.of(step.upper.string))
        let members = try step.members()
        let capability = members.first { $0.entry.path == "cap" }?.entry.attributes
        #expect(capability?.map(\.name) == ["security.capability", "user.note"])
        #expect(capability?.first?.value.count == 20)
        let sparse = members.first { $0.entry.path == "sparse" }
        #expect(sparse?.content == [UInt8](repeating: 0, count: 1 << 20) + Array("end".utf8))
    }

    @Test func `whiteouts and opaque directories survive packing and unpacking`() throws {
        let step = try OverlayStep(
            lowers: ["mkdir -p a/x b c/d; touch a/f b/g c/d/e"], "rm a/f; rm -r b; mkdir b; touch b/new; rm -r c/d")
        let unpacked = try step.unpacked()
        #expect(try Listing.of(unpacked) == Listing.of(step.upper.string))
        let folder = try OpenFile.open("\(unpacked)/b", [.read, .directory])
        #expect(try folder.extendedAttribute("user.overlay.opaque") == [121])
    }

    @Test func `overlay attributes are dropped, those that a step set come back`() throws {
        let step = try OverlayStep("mkdir d; setfattr -n user.overlay.mine -v 1 d; setfattr -n user.other -v 2 d")
        let attributes = try #require(step.members().first).entry.attributes
        #expect(attributes.map(\.name) == ["user.other", "user.overlay.mine"])
    }

    @Test func `capabilities of a user namespace lose its root`() throws {
        let step = try OverlayStep("touch f")
        let file = try OpenFile.open(step.upper.appending("f").string, .readWrite)
        let third: [UInt8] = [1, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xe0, 0x93, 4, 0]
        try file.setExtendedAttribute("security.capability", third)
        let value = try #require(step.members().first?.entry.attributes.first).value
        #expect(value == [1, 0, 0, 2, 0, 4] + [UInt8](repeating: 0, count: 14))
    }

    @Test func `excluded mount points leave no trace`() throws {
        let step = try OverlayStep(
            lowers: ["mkdir etc; touch etc/hosts"],
            "mkdir -p proc dev/pts etc; echo 1 >etc/resolv.conf; mkdir -p run/secrets; touch run/secrets/a run/kept")
        let all: [FileName] = [
            "proc", "dev", "dev/pts", "etc", "etc/resolv.conf", "run", "run/secrets", "run/secrets/a",
        ]
        #expect(try step.names(excluded: all) == ["run/", "run/kept"])
        #expect(
            try step.names(excluded: ["proc", "dev/pts", "etc/resolv.conf", "run/secrets/a", "run/secrets"])
                == ["dev/", "etc/", "run/", "run/kept"])
    }

    @Test(arguments: [
        Case("mkdir d; echo 1 >d/f; touch -d @5 d/f", "exec 3<>d/f; chmod 644 d/f; chown 0 d/f", []),
        Case("mkdir d; echo 1 >d/f", "exec 3<>d/f; touch d/new", ["d/", "d/new"]),
        Case("mkdir d; echo 1 >d/f; touch -d @5 d/f", "echo 2 >d/f; touch -d @5 d/f", ["d/", "d/f"]),
        Case("mkdir -p d/e; chmod 755 d/e", "chmod 755 d/e; chmod 700 d", ["d/"]),
        Case("echo 1 >f", "ln f g", ["f", "g = f"]),
        Case("ln -s t l; echo 1 >f", "chown -h 0 l; cp -p f h; mv h f", []),
        Case("mkdir d; echo 1 >d/f", "cp -a d e; rm -r d; mv e d", ["d/", "d/.wh..wh..opq", "d/f"]),
        Case(
            "mkdir -p d/e; echo 1 >d/e/f", "cp -a d x; rm -r d; cp -a x d; rm -r x",
            ["d/", "d/.wh..wh..opq", "d/e/", "d/e/f"]),
    ]) func `what was copied up and left as it is is no change`(_ test: Case) throws {
        let step = try OverlayStep(lowers: [test.lower], test.step)
        #expect(try step.names(omitsCopies: true) == test.expected)
    }

    @Test func `times are cut to the epoch and to whole seconds`() throws {
        let step = try OverlayStep("touch -d @100.5 early; touch -d @2000000000.25 late")
        let layer = try step.commit(epoch: 1_000_000)
        let folder = try step.scratch.makeFolder("out")
        try unpackLayer(layer.descriptor, diffID: layer.diffID, from: step.blobs, into: .init(folder))
        let root = try OpenFile.open(folder, [.read, .directory])
        #expect(try root.status(of: "early").modified == FileTime(seconds: 100))
        #expect(try root.status(of: "late").modified == FileTime(seconds: 1_000_000))
    }

    @Test func `a socket is left out with a warning`() throws {
        let step = try OverlayStep("python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"s\")'; touch t")
        var warnings: [String] = []
        #expect(try step.commit { warnings.append($0) }.entryCount == 1)
        #expect(warnings == ["\"s\" is a socket, which a layer cannot hold: it is left out"])
    }

    @Test(arguments: ["touch .wh.x", "mkdir .wh.x", "mkdir d; touch d/.wh..wh..opq"])
    func `a name that means a deletion is an error`(step: String) throws {
        let step = try OverlayStep(step)
        #expect(throws: LayersError.self) { try step.commit() }
    }

    @Test func `deep trees and long paths work`() throws {
        let step = try OverlayStep(
            """
            name=$(printf 'n%.0s' $(seq 1 250)); dir=.
            for i in $(seq 1 15); do dir=$dir/$name; mkdir $dir; done; echo deep >$dir/f
            mkdir down; cd down; for i in $(seq 1 1200); do mkdir d; cd d; done
            """)
        let unpacked = try step.unpacked()
        let listing = Shell("cd \(unpacked) && find . | wc -l; find . -name f -exec cat {} +")
        #expect(listing.lines == ["1218", "deep"])
    }

    @Test func `a step that changed nothing gives a valid empty layer`() throws {
        let step = try OverlayStep("true")
        let layer = try step.commit()
        #expect(try layer == commitEmptyLayer(into: step.blobs))
        #expect(layer.entryCount == 0)
        #expect(layer.diffID.hex == "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef")
    }

    @Test func `twenty thousand files make one layer`() throws {
        let step = try OverlayStep(
            "python3 -c 'import os\nfor i in range(20000):\n d=f\"d{i%100}\"\n os.makedirs(d,exist_ok=True)\n "
                + "open(f\"{d}/f{i}\",\"w\").write(str(i))'")
        #expect(try step.commit().entryCount == 20_100)
        #expect(try Listing.of(step.unpacked()) == Listing.of(step.upper.string))
    }
}
