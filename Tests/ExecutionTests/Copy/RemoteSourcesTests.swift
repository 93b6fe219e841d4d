import Testing

@testable import Execution

@Suite struct RemoteSourcesTests {
    @Test(arguments: [
        ("https://host/a/b.tar", "https://host/a/b.tar"), ("https://user:secret@host/a?token=1#x", "https://host/a"),
        ("https://host/a@b", "https://host/a@b"), ("http://t@host", "http://host"), ("git@host:path", "git@host:path"),
        ("ssh://git@host:22/x", "ssh://host:22/x"), ("https://a@b@host/x?y@z", "https://host/x"),
    ])
    func `what may be a secret is not in the ledger`(url: String, shown: String) {
        #expect(RemoteSources.withoutSecrets(url) == shown)
    }
}
