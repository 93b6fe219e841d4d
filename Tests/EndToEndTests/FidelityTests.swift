import Foundation
import Testing

/// Files that layers get wrong easily: made by steps, seen by the next ones, unpacked by others, and seen again by a step
/// on layers that had to be unpacked from the store.
@Suite(.serialized, .enabled(if: getuid() == 0, "owners and devices are unpacked as root"))
struct FidelityTests {
    /// Steps that make files below `/f`, each in a layer of its own.
    private static let images: KeyValuePairs<String, [String]> = [
        "links": [
            "mkdir d && echo 1 > a && ln a b && ln a c && ln a d/a && ln -s a s && ln s t", "rm a", "ln b e && ln b f",
            "echo 2 >> c", "chmod 600 d/a", "mv b d/b",
        ],
        "sparse": [
            "truncate -s 64M end && echo end >> end && truncate -s 32M all && echo start > start && truncate -s 32M start",
            "echo more >> end", "ln all linked",
        ],
        "privileges": [
            "for n in 1 2 3; do echo $n > s$n && chmod 6755 s$n && files attribute s$n security.capability "
                + "0100000200200000000000000000000000000000; done",
            "chown 5:6 s1 && chown 5:6 s2 && chmod 4711 s2",
            "mkdir sticky group && chmod 1777 sticky && chown 0:50 group && chmod 2770 group && touch group/in",
            "files attribute s2 user.note 00ff3d0a && files attribute group user.folder 31",
        ],
        "owners": [
            "for id in 0 1 65534 65535 65536 2097151 2097152 3000000 2147483648; do "
                + "echo > u$id && chown $id:$id u$id && ln -s x l$id && chown -h $id:$id l$id; done",
            "chown 3000001 u0 && mkdir d && chown 2097152:3000000 d",
        ],
        "times": [
            "for t in 1901-12-14 1969-12-31 1970-01-01 2001-09-09 2038-01-20 2106-02-08 2242-03-17; do "
                + "echo > f$t && touch -d $t f$t && mkdir d$t && touch -d $t d$t; done",
            "mkdir later && touch -d 1960-01-01 later",
        ],
        "modes": [
            "m=0; while [ $m -lt 4096 ]; do o=$(printf %04o $m); echo > f$o; echo chmod $o f$o; m=$((m + 5)); done | sh",
            "for m in 0000 0111 1000 2755 4000 7777; do mkdir d$m && chmod $m d$m; done",
        ],
        "names": [
            each("echo 1 > \"./$n\" && mkdir -p \"d/$n\" && ln -s -- \"$n\" \"d/$n/l\""),
            each("echo 2 >> \"./$n\" && ln \"./$n\" \"d/$n/hard\""), each("rm \"d/$n/l\""),
        ],
        "types": [
            types { from, to in "make \(from) \(from)-\(to)" },
            types { from, to in "rm -rf \(from)-\(to); make \(to) \(from)-\(to)" },
        ],
        "wide": ["files many . 100000", "rm f1*", "echo changed > f2"],
        "deep": [
            "mkdir in && cd in && for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do "
                + "d=$(printf %0200d $n) && mkdir $d && cd $d; done && echo 4000 > end && ln end link"
        ],
        // Deeper than other programs can unpack.
        "deeper": ["mkdir /out && files deep /out 60", "touch seen"],
    ]

    private static func each(_ command: String) -> String {
        let names = [
            "new\\nline", "quote\\047s", "double\\042s", "back\\\\slash", " blank ", "\\052", "-rf", ".hidden", "...",
            "..a", "\\377\\376", "caf\\303\\251", "cafe\\314\\201", "\\001", "a=b", "x\\r", "[a]", "{b,c}",
        ]
        return names.map { "n=$(printf -- '\($0)x') && n=\"${n%x}\" && \(command)" }.joined(separator: " && ")
    }

    private static func types(_ command: (String, String) -> String) -> String {
        let kinds = ["none", "file", "directory", "full", "symlink", "fifo"]
        return "make() { case $1 in none) ;; file) echo $2 > $2;; directory) mkdir $2;; fifo) mkfifo $2;; "
            + "full) mkdir -p $2/sub && echo in > $2/sub/f;; symlink) ln -s /etc $2;; esac; }; "
            + kinds.flatMap { from in kinds.map { command(from, $0) } }.joined(separator: "; ")
    }

    private let workspace: Workspace

    init() throws {
        workspace = try Workspace("fidelity")
        try workspace.writeBusybox("base")
        let fixtures = BuildahComparisonTests.fixtures.appending(path: "fidelity").path
        try workspace.run("cp", "\(fixtures)/list.sh", workspace.path("base/list.sh"))
        try workspace.run("gcc", "-static", "-O1", "-o", workspace.path("base/files"), "\(fixtures)/files.c")
        try workspace.write(
            "base/Dockerfile", Workspace.busyboxDockerfile + "COPY files list.sh /bin/\nRUN mkdir /f\n")
        let images = Self.images.map { "  \($0.key): {context: \($0.key), outputs: [{oci: out/\($0.key)}]}\n" }
        try workspace.write("batch.yaml", "version: 1\nimages:\n  base: base\n" + images.joined())
    }

    /// Builds all images; each ends with a list of `/f` as its last step sees it.
    private func build(lists: [String]) throws {
        for (name, steps) in Self.images {
            let list = "sh /bin/list.sh /f; [ ! -e /out ] || files dive /out 60"
            let lines = steps.map { "RUN cd /f && { \($0); }" } + lists.map { "RUN { \(list); } > /\($0)" }
            try workspace.write("\(name)/Dockerfile", "FROM base\n" + lines.joined(separator: "\n") + "\n")
        }
        let outcome = try workspace.buildAll("batch.yaml")
        try #require(outcome.exitCode == 0, "\(outcome.output)\(outcome.errors)")
    }

    private func unpack(_ name: String) throws -> String {
        try workspace.run("rm", "-rf", "unpacked")
        try workspace.run("umoci", "unpack", "--image", "out/\(name):latest", "unpacked")
        return workspace.path("unpacked/rootfs")
    }

    /// A file that one of the image's steps wrote.
    private func lines(_ file: String, of name: String) throws -> [String] {
        let script = """
            import json, sys, tarfile
            blob = lambda digest: f"out/{sys.argv[1]}/blobs/" + digest.replace(":", "/")
            manifest = json.load(open(blob(json.load(open(f"out/{sys.argv[1]}/index.json"))["manifests"][0]["digest"])))
            for layer in manifest["layers"]:
                archive = tarfile.open(blob(layer["digest"]))
                if sys.argv[2] in archive.getnames():
                    sys.stdout.buffer.write(archive.extractfile(sys.argv[2]).read())
            """
        return try workspace.run("python3", "-c", script, name, file).lines
    }

    private func difference(_ left: [String], _ right: [String]) -> [String] {
        let lines = Set(left).subtracting(right).map { "- \($0)" } + Set(right).subtracting(left).map { "+ \($0)" }
        return lines.prefix(20).map { String($0.prefix(300)) }
    }

    @Test func `others unpack what the steps saw, and so do steps on layers from the store`() throws {
        try build(lists: ["seen"])
        let list = workspace.path("base/list.sh")
        for (name, _) in Self.images where name != "deeper" {
            let root = try unpack(name)
            let seen = try lines("seen", of: name)
            #expect(seen.count > 3, "\(name)")
            let unpacked = try workspace.run("busybox", "sh", list, "\(root)/f").lines
            #expect(difference(seen, unpacked) == [], "\(name)")
            try look(at: name, root)
        }
        // The blobs stay, and what they were unpacked to goes.
        try workspace.run("sh", "-c", "rm -rf \(workspace.state)/layers/*")
        try build(lists: ["seen", "again"])
        for (name, _) in Self.images {
            #expect(try difference(lines("seen", of: name), lines("again", of: name)) == [], "\(name)")
        }
        #expect(try lines("again", of: "deeper").last == "deep")
        try lookAtStore()
    }

    /// What a step with busybox cannot see.
    private func look(at name: String, _ root: String) throws {
        switch name {
        case "links":
            let groups = try TreeListing.of("\(root)/f", in: workspace).filter { $0.hasPrefix("linked") }
            // What a later step moves leaves its group, as everywhere on overlay.
            #expect(groups == ["linked 'e' 'f'", "linked 's' 't'"])
        case "privileges":
            let attributes = try TreeListing.of("\(root)/f", in: workspace).filter { $0.contains("=") }
            #expect(attributes.count == 3)
            let capability = "security.capability=0100000200200000000000000000000000000000"
            #expect(attributes.contains { $0.hasPrefix("'s3' -rwsr-sr-x 0:0") && $0.hasSuffix(capability) })
            #expect(attributes.contains { $0.hasPrefix("'s2' -rws--x--x 5:6") && $0.hasSuffix(" user.note=00ff3d0a") })
            #expect(attributes.contains { $0.hasPrefix("'group' drwxrws--- 0:50") && $0.hasSuffix("user.folder=31") })
        case "wide":
            let count = try FileManager.default.contentsOfDirectory(atPath: "\(root)/f").count
            #expect(count == 100_000 - 11_111)
        default: break
        }
    }

    /// Sparse files are sparse in the store, and what was made of many files took no memory for each.
    private func lookAtStore() throws {
        let sizes = try workspace.run(
            "sh", "-c", "find \(workspace.state)/layers/*/f -name end -size +60M -exec du -k {} +")
        #expect(sizes.lines.count == 2)
        for line in sizes.lines { #expect(Int(line.split(separator: "\t")[0]) ?? .max < 64) }
        let peaks = try workspace.run(
            "sqlite3", "\(workspace.state)/ledger.sqlite",
            "SELECT max(peak_rss) >> 20 FROM builds WHERE image IN ('wide', 'sparse')")
        #expect(Int(peaks.lines[0]) ?? .max < 100)
    }
}
