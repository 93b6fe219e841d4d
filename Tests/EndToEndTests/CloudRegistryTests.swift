import Foundation
import TestSupport
import Testing

/// Private registries of clouds: nothing but the identity that the environment or the machine has there gets images into
/// them and out of them.
@Suite(.enabled(if: DockerRegistry.isInstalled)) struct CloudRegistryTests {
    /// An identity with a cloud, and where somebody is asked until the registry gives an image.
    struct Identity: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let cloud: CloudRegistry.Cloud
        let host: String
        let asked: [String]
        let variables: @Sendable (CloudRegistry, Workspace) throws -> [String: String]
    }

    private static let azure = ["AZURE_CLIENT_ID": "client", "AZURE_TENANT_ID": "tenant"]
    private static let exchange = ["/oauth2/exchange 200", "/oauth2/token 200"]
    private static let metadata = "/computeMetadata/v1/instance/service-accounts/default/token 200"

    private static let identities = [
        Identity(
            testDescription: "Azure: a client's secret", cloud: .azure, host: "team.azurecr.io",
            asked: ["/tenant/oauth2/v2.0/token 200"] + exchange
        ) { registry, _ in
            azure.merging([
                "AZURE_CLIENT_SECRET": registry.secret, "AZURE_AUTHORITY_HOST": "http://\(registry.identityHost)",
            ]) { $1 }
        },
        Identity(
            testDescription: "Azure: a workload's federated token", cloud: .azure, host: "team.azurecr.io",
            asked: ["/tenant/oauth2/v2.0/token 200"] + exchange
        ) { registry, workspace in
            try workspace.write("secret/jwt", "jwt.\(registry.secret)\n")
            return azure.merging([
                "AZURE_FEDERATED_TOKEN_FILE": workspace.path("secret/jwt"),
                "AZURE_AUTHORITY_HOST": "http://\(registry.identityHost)/",
            ]) { $1 }
        },
        Identity(
            testDescription: "Azure: the machine's", cloud: .azure, host: "team-2.azurecr.io",
            asked: ["/metadata/identity/oauth2/token 200"] + exchange
        ) { registry, _ in ["AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://\(registry.identityHost)"] },
        Identity(
            testDescription: "Google: the machine's, Artifact Registry", cloud: .google,
            host: "europe-west1-docker.pkg.dev", asked: [metadata, "/v2/token 200"]
        ) { registry, _ in ["GCE_METADATA_HOST": registry.identityHost] },
        Identity(
            testDescription: "Google: a service account's key, GCR", cloud: .google, host: "eu.gcr.io",
            asked: ["/token 200", "/v2/token 200"]
        ) { registry, workspace in
            let key = try workspace.run("openssl", "genpkey", "-algorithm", "RSA", "-quiet").output
            let file = [
                "type": "service_account", "client_email": "build@project.example", "private_key": key,
                "token_uri": "http://\(registry.identityHost)/token",
            ]
            try workspace.write("secret/key.json", String(decoding: JSONEncoder().encode(file), as: UTF8.self))
            return ["GOOGLE_APPLICATION_CREDENTIALS": workspace.path("secret/key.json")]
        },
        Identity(
            testDescription: "Amazon: keys", cloud: .amazon, host: "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
            asked: ["/ 200"]
        ) { registry, _ in
            [
                "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "key-\(registry.secret)",
                "AWS_ENDPOINT_URL_ECR": "http://\(registry.identityHost)/",
            ]
        },
    ]

    /// Where nobody has credentials: neither this machine's user nor the jobs that the tests run in.
    private func nobody(_ registry: CloudRegistry, _ workspace: Workspace) -> [String: String] {
        registry.environment.merging([
            "HOME": workspace.path("home"), "DOCKER_CONFIG": workspace.path("home"), "REGISTRY_AUTH_FILE": "",
            "XDG_RUNTIME_DIR": "", "XDG_CONFIG_HOME": "", "AWS_EC2_METADATA_DISABLED": "true",
        ]) { $1 }
    }

    /// An image `base` for the registry, and one that stands on it there.
    private func workspace(_ registry: CloudRegistry) throws -> Workspace {
        let workspace = try Workspace("cloud-registry")
        try workspace.writeBusybox("base")
        try workspace.write("base/Dockerfile", Workspace.busyboxDockerfile + "RUN echo private > /base\n")
        try workspace.write("app/Dockerfile", "FROM \(registry.host)/team/base:1\nRUN cp /base /app\n")
        try workspace.write(
            "base.yaml", "version: 1\nimages: {base: {context: base, tags: ['\(registry.host)/team/base:1']}}\n")
        try workspace.write(
            "app.yaml",
            "version: 1\nimages: {app: {context: app, tags: ['\(registry.host)/team/app:1'], "
                + "outputs: [push, {rootfs: out}]}}\n")
        return workspace
    }

    @Test(arguments: identities)
    func `a private image is pushed and built on with the cloud's identity alone`(identity: Identity) throws {
        let registry = try CloudRegistry(identity.host, of: identity.cloud)
        let workspace = try workspace(registry)
        let variables = try nobody(registry, workspace).merging(identity.variables(registry, workspace)) { $1 }
        let pushed = try workspace.buildAll("base.yaml", environment: variables)
        try #require(pushed.exitCode == 0, "\(pushed.errors)")
        #expect(registry.has("team/base", "1"))
        let before = try registry.asked().count

        // On a machine that has nothing of it.
        let command = [Program.buildAll, "app.yaml", "--json", "--verbose", "--state", workspace.path("other")]
        let built = try Program.run(command, in: workspace.folder, environment: variables)
        #expect(built.exitCode == 0, "\(built.errors)")
        #expect(try workspace.run("cat", "out/app").output == "private\n")
        #expect(registry.has("team/app", "1"))
        let asked = try registry.asked().dropFirst(before)
        #expect(asked.prefix(identity.asked.count) == identity.asked[...])
        // An identity is asked for once, whatever it is needed for.
        #expect(asked.count { $0 == identity.asked[0] } == 1)
        #expect(asked.allSatisfy { $0.hasSuffix(" 200") })

        for outcome in [pushed, built] { #expect(!(outcome.output + outcome.errors).contains(registry.secret)) }
        for state in ["state", "other"] {
            #expect(try Program.run(["grep", "-rlF", registry.secret, state], in: workspace.folder).exitCode == 1)
        }
    }

    @Test(arguments: [
        ("team.azurecr.io", CloudRegistry.Cloud.azure, "AZURE_CLIENT_ID with AZURE_CLIENT_SECRET"),
        ("gcr.io", .google, "GOOGLE_APPLICATION_CREDENTIALS"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", .amazon, "AWS_ACCESS_KEY_ID"),
    ])
    func `without an identity the registry's refusal says where one was looked for`(
        host: String, cloud: CloudRegistry.Cloud, place: String
    ) throws {
        let registry = try CloudRegistry(host, of: cloud)
        let workspace = try workspace(registry)
        let outcome = try workspace.buildAll("app.yaml", environment: nobody(registry, workspace))
        #expect(outcome.exitCode == 4, "\(outcome.errors)")
        #expect(outcome.errors.contains("HTTP 401"), "\(outcome.errors)")
        #expect(outcome.errors.contains(place), "\(outcome.errors)")
    }

    @Test func `an identity that the directory refuses is told with its words, and without the secret`() throws {
        let registry = try CloudRegistry("team.azurecr.io", of: .azure)
        let workspace = try workspace(registry)
        var variables = try nobody(registry, workspace).merging(Self.identities[0].variables(registry, workspace)) {
            $1
        }
        variables["AZURE_CLIENT_SECRET"] = "another-\(registry.secret)"
        let outcome = try workspace.buildAll("app.yaml", environment: variables)
        #expect(outcome.exitCode == 4, "\(outcome.errors)")
        #expect(outcome.errors.contains("token of Azure's directory"), "\(outcome.errors)")
        #expect(!outcome.errors.contains(registry.secret))
    }
}
