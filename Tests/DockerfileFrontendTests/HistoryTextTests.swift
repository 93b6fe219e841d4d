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
