import TestSupport
import Testing

@testable import Clouds

/// What of the machine says who we are.
struct HostFilesTests {
    private let world: CloudWorld

    init() throws { world = try CloudWorld() }

    private func files(_ environment: [String: String]) -> Set<String> {
        Set(world.configuration(environment).hostFiles)
    }

    @Test func `the usual files count, whether they are there or not`() {
        let names = [".aws/config", ".aws/credentials", ".config/gcloud/application_default_credentials.json"]
        #expect(files([:]) == Set(names.map(world.folder.path)))
    }

    @Test func `those that variables name count instead, with those that they name themselves`() throws {
        let config = try world.write("[profile a]\nweb_identity_token_file = /token", to: "aws")
        let google = try world.write(
            #"{"type":"external_account","credential_source":{"file":"/subject"}}"#, to: "google")
        let files = files([
            "AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": "/keys", "AWS_WEB_IDENTITY_TOKEN_FILE": "/web",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/container", "GOOGLE_APPLICATION_CREDENTIALS": google,
            "AZURE_FEDERATED_TOKEN_FILE": "/azure",
        ])
        #expect(files == [config, "/keys", "/web", "/container", "/token", google, "/subject", "/azure"])
    }

    @Test func `files that are broken count too`() throws {
        let file = try world.write("{", to: ".config/gcloud/application_default_credentials.json")
        #expect(files([:]).contains(file))
    }
}
