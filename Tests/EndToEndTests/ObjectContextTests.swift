import Foundation
import TestSupport
import Testing

/// Main contexts from stores of objects, by kaniko's URLs.
@Suite(.enabled(if: PythonServer.hasCloudPackages, "needs what `make test` installs for Python"))
struct ObjectContextTests {
    /// A workspace with a context as `context.tar.gz`.
    private func workspace() throws -> ContextWorkspace {
        let context = try ContextWorkspace()
        try context.workspace.write("in/Dockerfile", "FROM scratch\nCOPY f /\n")
        try context.workspace.write("in/f", "one\n")
        try context.workspace.run("tar", "czf", "context.tar.gz", "-C", "in", ".")
        return context
    }

    private static let upload = """
        import boto3, os
        s3 = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT"])
        s3.upload_file("context.tar.gz", "bucket", "team/app.tar.gz")
        """

    @Test func `a context from S3 is built with the keys of the environment, which nobody else sees`() throws {
        let context = try workspace()
        let server = try CloudServers.amazon()
        let environment = [
            "S3_ENDPOINT": server.url, "S3_FORCE_PATH_STYLE": "true", "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": server.settings["key"] ?? "", "AWS_SECRET_ACCESS_KEY": server.settings["secret"] ?? "",
        ]
        try context.workspace.run(PythonServer.python, "-c", Self.upload, environment: environment)
        try context.write(
            """
            app: { context: "s3://bucket/team/app.tar.gz", outputs: [{ rootfs: out }] }
            named: { inline: "FROM scratch\\nCOPY --from=x f /g\\n", contexts: { x: "s3://bucket/team/app.tar.gz" }, outputs: [{ rootfs: named }] }
            """)
        let images = try context.build(environment: environment)
        #expect(images.values.allSatisfy { $0.status == "built" })
        #expect(try context.content("out/f") == "one\n")
        #expect(try context.content("named/g") == "one\n")
        #expect(try context.build(environment: environment)["app"]?.status == "fresh")
        let digest = try context.workspace.run("sha256sum", "context.tar.gz").output.prefix(64)
        #expect(
            try context.workspace.buildAll("history", "show", "app").output.contains(
                "context s3://bucket/team/app.tar.gz#sha256:\(digest)"))
        let secret = try #require(server.settings["secret"])
        #expect(try Program.run(["grep", "-rlF", secret, "state"], in: context.workspace.folder).exitCode == 1)
    }

    @Test func `without keys the image fails, and is told where they were looked for`() throws {
        let context = try workspace()
        let server = try CloudServers.amazon()
        try context.write(
            """
            app: { context: "s3://bucket/dir/ctx.tar.gz" }
            other: { context: in }
            """)
        let outcome = try context.buildAll(
            "batch.yaml",
            environment: [
                "S3_ENDPOINT": server.url, "AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true",
                "HOME": context.workspace.path("nobody"),
            ])
        #expect(outcome.exitCode == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("batch.yaml:3:"), "\(outcome.errors)")
        #expect(outcome.errors.contains("AWS_ACCESS_KEY_ID"), "\(outcome.errors)")
        #expect(outcome.errors.contains("other: built"), "\(outcome.errors)")
    }

    @Test(arguments: ["AZURE_STORAGE_ACCESS_KEY", "AZURE_STORAGE_SAS_TOKEN"])
    func `a context from Azure's store is built with what the environment has, which nobody else sees`(
        variable: String
    ) throws {
        let context = try workspace()
        let server = try CloudServers.azure(file: context.workspace.path("context.tar.gz"))
        let secret = try #require(server.settings[variable == "AZURE_STORAGE_ACCESS_KEY" ? "key" : "sas"])
        let url = "\(server.url)/account/box/dir/ctx.tar.gz"
        let environment = [
            "AZURE_STORAGE_ACCOUNT": "account", "AZURE_STORAGE_SERVICE_ENDPOINT": "\(server.url)/account",
        ]
        try context.write(
            """
            app: { context: "\(url)", outputs: [{ rootfs: out }] }
            """)
        let refused = try context.buildAll("batch.yaml", environment: environment)
        #expect(refused.exitCode == 1)
        #expect(
            refused.errors.contains("there are no credentials for it in AZURE_STORAGE_SAS_TOKEN"), "\(refused.errors)")
        let images = try context.build(environment: environment.merging([variable: secret]) { $1 })
        #expect(images["app"]?.status == "built")
        #expect(try context.content("out/f") == "one\n")
        #expect(try Program.run(["grep", "-rlF", secret, "state"], in: context.workspace.folder).exitCode == 1)
    }

    @Test func `a context from Google's store is built, and its usual name may be left out`() throws {
        let context = try workspace()
        let server = try CloudServers.google()
        for name in ["team%2Fapp.tar.gz", "context.tar.gz"] {
            try context.workspace.run(
                "curl", "-sf", "-X", "POST", "--data-binary", "@context.tar.gz",
                "\(server.url)/upload/storage/v1/b/bucket/o?uploadType=media&name=\(name)")
        }
        try context.write(
            """
            app: { context: "gs://bucket/team/app.tar.gz", outputs: [{ rootfs: out }] }
            usual: { context: "gs://bucket", outputs: [{ rootfs: usual }] }
            """)
        let images = try context.build(environment: ["STORAGE_EMULATOR_HOST": server.url])
        #expect(images.values.allSatisfy { $0.status == "built" })
        #expect(try context.content("out/f") + context.content("usual/f") == "one\none\n")
    }
}
