import Foundation
import TestSupport
import Testing

/// A secret reaches the step that mounts it, and nothing else on the disk or in the output.
@Suite struct SecretTests {
    private static let value = "s3cr3t-\(UUID().uuidString)-\(UUID().uuidString)"

    /// The value, and what base64 and hexadecimal make of it; of base64 the part that does not depend on what follows.
    private static let forms: [String] = {
        let bytes = Data(value.utf8)
        let hexadecimal = bytes.map { String(format: "%02x", $0) }.joined()
        return [value, String(bytes.base64EncodedString().prefix(72)), hexadecimal, hexadecimal.uppercased()]
    }()

    @Test func `a secret is a file or a variable, as asked for`() throws {
        let folder = try MountWorkspace("secret")
        try folder.workspace.run("sh", "-c", "printf 'a\\377b\\0c\\n' > binary; printf 'text\\n' > text")
        try folder.write(
            [
                "app": """
                RUN --mount=type=secret,id=binary --mount=type=secret,id=text,env=TEXT,target=/etc/x,mode=0444,uid=7,gid=8 \\
                    stat -c '%a %u:%g %s' /run/secrets/binary /etc/x > /o; od -An -tx1 /run/secrets/binary >> /o; \\
                    echo "[$TEXT]" >> /o; echo x > /etc/x || echo ro >> /o; grep -c ' /run/secrets/binary ramfs\\| ramfs ' /proc/self/mountinfo >> /o
                RUN --mount=type=secret,id=text,env=ONLY ls /run/secrets >> /o 2>&1; env | grep -c ^TEXT= >> /o; echo "$ONLY" >> /o
                """
            ], options: "secrets: [{id: binary, file: binary}, {id: text, file: text}]")
        try folder.keepBase()
        #expect(try folder.build([]).errors == "")
        #expect(
            try folder.lines("o").map { $0.trimmingCharacters(in: .whitespaces) } == [
                "400 0:0 6", "444 7:8 5", "61 ff 62 00 63 0a", "[text", "]", "ro", "2",
                "ls: /run/secrets: No such file or directory", "0", "text",
            ])
        #expect(try folder.added() == ["o"])
    }

    /// Files below a folder, packed ones unpacked, that hold one of the forms.
    private func leaks(in path: String, of workspace: Workspace) throws -> [String] {
        try workspace.write("forms", Self.forms.joined(separator: "\n") + "\n")
        let script = """
            find "$1" -type f | while read -r file; do
                if grep -qaFf forms "$file" || { gzip -dc < "$file" 2>/dev/null | grep -qaFf forms; }; then echo "$file"; fi
            done
            """
        return try workspace.run("sh", "-c", script, "sh", path).lines
    }

    @Test func `no artefact of a build holds a secret, in whatever form the step shows it`() throws {
        let folder = try MountWorkspace("secret-leak")
        let workspace = folder.workspace
        try workspace.write("token", Self.value + "\n")
        let show = """
            cat /run/secrets/token; echo "token=$(cat /run/secrets/token)!" >&2; base64 /run/secrets/token; \\
            base64 -w 0 /run/secrets/token; xxd -p /run/secrets/token; xxd -p -c 256 /run/secrets/token; echo "$TOKEN"; \\
            for i in 1 2 3; do printf %s "$TOKEN" | cut -c 1-20 | tr -d '\\n'; sleep 0.05; printf %s "$TOKEN" | cut -c 21-; done
            """
        let mounts = "--mount=type=secret,id=token --mount=type=secret,id=token,env=TOKEN"
        try folder.folder.writeBatch(
            ["app": "RUN \(mounts) \(show); echo ok > /ok", "bad": "RUN \(mounts) \(show); exit 3"],
            options: [
                "app": "secrets: [{id: token, file: token}], outputs: [{oci: layout}, {docker-archive: app.tar}]",
                "bad": "secrets: [{id: token, file: token}]",
            ])
        let plain = try folder.folder.run("batch.yaml", "--progress", "plain")
        #expect(plain.exitCode != 0)
        #expect(plain.errors.contains("***") || plain.output.contains("***"))
        let json = try folder.folder.run("batch.yaml", "--json")
        try workspace.write("said", plain.output + plain.errors + json.output + json.errors)
        let history = try folder.folder.run("history", "--json")
        try workspace.write("history", history.output + history.errors)
        let logs = try workspace.run("sh", "-c", "cat state/logs/*/* state/logs/*/*/* 2>/dev/null || true").output
        #expect(logs.contains("token=***!"))
        #expect(try leaks(in: "state", of: workspace) == [])
        #expect(try leaks(in: "layout", of: workspace) == [])
        for file in ["said", "history", "app.tar"] { #expect(try leaks(in: file, of: workspace) == []) }
        #expect(try leaks(in: "token", of: workspace) == ["token"])
    }
}
