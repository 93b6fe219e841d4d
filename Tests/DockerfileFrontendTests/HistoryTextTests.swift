import DockerfileFrontend
import Testing

@Suite struct HistoryTextTests {
    private func kind(_ line: String) throws -> InstructionKind {
        try Dockerfile(parsing: "FROM x\n\(line)\n").stages[0].instructions[0].kind
    }

    @Test func `RUN has its arguments first`() {
        let arguments = ["/bin/sh", "-c", "echo  hi"]
        #expect(HistoryText.run(arguments, declared: []) == "RUN /bin/sh -c echo  hi # buildkit")
        #expect(
            HistoryText.run(arguments, declared: [("a", "1 2"), ("b", nil)])
                == "RUN |2 a=1 2 b= /bin/sh -c echo  hi # buildkit")
    }

    @Test func `COPY and ADD show owner and mode, not their source stage`() throws {
        guard case .copy(let copy) = try kind("COPY --from=y --chmod=755 --chown=a:b x [z] /d/"),
            case .add(let add) = try kind("ADD x /d/")
        else {
            Issue.record("not read")
            return
        }
        #expect(HistoryText.copy(copy) == "COPY --chown=a:b --chmod=755 x [z] /d/ # buildkit")
        #expect(HistoryText.add(add) == "ADD x /d/ # buildkit")
    }

    @Test(arguments: [
        ("COPY --parents --link --exclude=x a <<f b /d/\n1\nf", "COPY --parents a b <<f /d/ # buildkit"),
        ("COPY --parents --chmod=644 --chown=1 a /d/", "COPY --parents --chown=1 --chmod=644 a /d/ # buildkit"),
        ("COPY <<a <<b dest\n1\na\n2\nb", "COPY <<a <<b dest # buildkit"),
        ("COPY <<-'a' dest\n\t1\na", "COPY <<a dest # buildkit"),
        (
            "ADD --checksum=x --unpack --keep-git-dir https://e/x.git <<a /d/\n1\na",
            "ADD https://e/x.git <<a /d/ # buildkit"
        ),
    ])
    func `heredocs come behind the paths, most flags not at all`(line: String, text: String) throws {
        switch try kind(line) {
        case .copy(let copy): #expect(HistoryText.copy(copy) == text)
        case .add(let add): #expect(HistoryText.add(add) == text)
        default: Issue.record("not read")
        }
    }

    @Test(arguments: [
        ("RUN <<e\na\nb\ne", "RUN /bin/sh -c a\nb\n # buildkit"),
        ("RUN <<e\n#!/bin/x\ne", "RUN /bin/sh -c /dev/pipes/e # buildkit"),
        ("RUN cat <<e\na\ne", "RUN /bin/sh -c cat <<e\na\ne # buildkit"),
        ("RUN --mount=target=/x --network=none --security=insecure a", "RUN /bin/sh -c a # buildkit"),
    ])
    func `RUN shows what the shell gets, without its flags`(line: String, text: String) throws {
        guard case .run(let run) = try kind(line) else {
            Issue.record("not read")
            return
        }
        #expect(HistoryText.run(run.command.arguments(shell: ["/bin/sh", "-c"]), declared: []) == text)
    }

    @Test func `config instructions`() throws {
        let pairs = [KeyValue(key: "a", value: "1"), KeyValue(key: "b", value: "2 3")]
        #expect(HistoryText.env(pairs) == "ENV a=1 b=2 3")
        #expect(HistoryText.label(pairs) == "LABEL a=1 b=2 3")
        #expect(HistoryText.arg([("a", nil), ("b", "c")]) == "ARG a b=c")
        #expect(HistoryText.workdir("/a") == "WORKDIR /a")
        #expect(HistoryText.user("u") == "USER u")
        #expect(HistoryText.cmd(["a", "b \"c\""]) == #"CMD ["a" "b \"c\""]"#)
        #expect(HistoryText.entrypoint(["/bin/sh", "-c", "x"]) == #"ENTRYPOINT ["/bin/sh" "-c" "x"]"#)
        #expect(HistoryText.shell(["/bin/sh", "-c"]) == "SHELL [/bin/sh -c]")
        #expect(try HistoryText.expose(ExposedPort.parse("80-81/udp")) == "EXPOSE [80/udp 81/udp]")
        #expect(HistoryText.volume(["/a", "/b"]) == "VOLUME [/a /b]")
        #expect(HistoryText.stopSignal("9") == "STOPSIGNAL 9")
        #expect(HistoryText.maintainer("me") == "MAINTAINER me")
    }

    @Test func `HEALTHCHECK is printed as Go prints the structure`() throws {
        guard case .healthcheck(let check) = try kind("HEALTHCHECK --interval=5s --retries=2 CMD curl x") else {
            Issue.record("no health check")
            return
        }
        #expect(
            HistoryText.healthcheck(check)
                == "HEALTHCHECK {Test:[CMD-SHELL curl x] Interval:5s Timeout:0s StartPeriod:0s StartInterval:0s Retries:2}"
        )
    }

    @Test func `a command form becomes a vector`() {
        #expect(CommandForm.shell("a b").arguments(shell: ["sh", "-c"]) == ["sh", "-c", "a b"])
        #expect(CommandForm.exec(["a", "b"]).arguments(shell: ["sh", "-c"]) == ["a", "b"])
    }
}
