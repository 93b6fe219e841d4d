import Foundation
import Testing

/// What the config says about how an image was made.
@Suite struct HistoryTests {
    private static let dockerfile = """
        ARG global=g
        FROM scratch
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "--install", "-s", "/bin"]
        ARG version=1
        ARG none
        ENV A=b C="d e"
        LABEL l="x y"
        RUN echo $A > /a \\
            && true
        COPY --chown=1:2 --chmod=755 data.txt busybox /d/
        ADD data.txt /added/$A
        WORKDIR /w
        WORKDIR /
        ONBUILD RUN never
        EXPOSE 80 443/udp
        VOLUME /v ["/w"]
        USER 1:2
        STOPSIGNAL SIGINT
        SHELL ["/bin/sh", "-ec"]
        HEALTHCHECK --interval=5s --retries=2 CMD true
        ENTRYPOINT ["a", "b"]
        CMD c d
        MAINTAINER Some Body

        """

    private static let expected = """
        COPY busybox /bin/busybox # buildkit
        RUN /bin/busybox --install -s /bin # buildkit
        - ARG version=1
        - ARG none
        - ENV A=b C=d e
        - LABEL l=x y
        RUN |2 version=1 none= /bin/sh -c echo $A > /a     && true # buildkit
        COPY --chown=1:2 --chmod=755 data.txt busybox /d/ # buildkit
        ADD data.txt /added/b # buildkit
        WORKDIR /w
        - WORKDIR /
        - EXPOSE [80/tcp 443/udp]
        - VOLUME [/v [/w]]
        - USER 1:2
        - STOPSIGNAL SIGINT
        - SHELL [/bin/sh -ec]
        - HEALTHCHECK {Test:[CMD-SHELL true] Interval:5s Timeout:0s StartPeriod:0s StartInterval:0s Retries:2}
        - ENTRYPOINT ["a" "b"]
        - CMD ["/bin/sh" "-ec" "c d"]
        - MAINTAINER Some Body
        """

    @Test func `history has an entry for each instruction, and each layer has one`() throws {
        let workspace = try Workspace("history")
        try workspace.writeBusybox("app")
        try workspace.write("app/Dockerfile", Self.dockerfile)
        try workspace.write("app/data.txt", "data\n")
        try workspace.write("batch.yaml", "version: 1\nimages:\n  app: {context: app, outputs: [{oci: out}]}\n")
        let outcome = try workspace.buildAll("batch.yaml")
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        let document = try OCIConfig.document(ofLayout: "out:latest", in: workspace)
        let history = try #require(document["history"] as? [[String: Any]])
        let shown = history.map { ($0["empty_layer"] as? Bool == true ? "- " : "") + "\($0["created_by"] ?? "?")" }
        #expect(shown.joined(separator: "\n") == Self.expected)
        #expect(history.allSatisfy { $0["comment"] as? String == "buildkit.dockerfile.v0" })
        #expect(document["created"] as? String == history.last?["created"] as? String)
        let layers = history.count { $0["empty_layer"] as? Bool != true }
        #expect(((document["rootfs"] as? [String: Any])?["diff_ids"] as? [String])?.count == layers)
        let inspected = try workspace.run("skopeo", "inspect", "--raw", "oci:out:latest").output
        let manifest = try JSONSerialization.jsonObject(with: Data(inspected.utf8)) as? [String: Any]
        #expect((manifest?["layers"] as? [Any])?.count == layers)
    }
}
