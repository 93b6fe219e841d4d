import Jobs
import Manifest
import OCI
import Planning
import Testing

@Suite struct PlannedImageTests {
    private static let manifest = """
        version: 1
        registry: r.example.com
        images:
          a:
            inline: FROM scratch
            tags: [x, ghcr.io/y/z]
            labels: { l: "1" }
            annotations: { n: "2" }
            args: { A: b }
            network: none
            isolation: subid
            limits: { cpus: 1.5, memory: 4GiB, pids: 9, disk: 2GiB, timeout: 30m, idle: 5s }
            retry: { attempts: 3, when: [oom, any] }
            outputs: [push, { oci: out }, { oci-archive: a.tar }, { docker-archive: d.tar }, { rootfs: root }]
            cache: { mode: off }
          b: { inline: FROM r.example.com/a:x }
        """

    private func plan(_ selection: String..., change: (inout PlanOptions) -> Void = { _ in }) throws -> (
        Project, BuildPlan
    ) {
        let project = try Project(["manifest.yaml": Self.manifest])
        var options = PlanOptions()
        options.selection = selection
        change(&options)
        return (project, try BuildPlan(manifest: try project.manifest(), options: options))
    }

    @Test func `the job says what the manifest says`() throws {
        let (project, plan) = try plan()
        let job = try plan.job("a")
        #expect(job.labels == ["l": "1"])
        #expect(job.annotations == ["n": "2"])
        #expect(job.buildArguments == ["A": "b"])
        #expect(job.network == .none)
        #expect(job.cache == .off)
        #expect(job.limits.cpus == 1.5)
        #expect(job.limits.memoryInBytes == 4 << 30)
        #expect(job.limits.pids == 9)
        #expect(job.limits.diskInBytes == 2 << 30)
        #expect(job.limits.timeoutInSeconds == 1800)
        #expect(job.limits.idleInSeconds == 5)
        #expect(job.rootfsOutput == "\(project.folder)/root")
    }

    @Test func `tags, outputs and retries are resolved`() throws {
        let (project, plan) = try plan()
        let image = try #require(plan.images.first)
        #expect(image.tags.map { $0.reference?.description } == ["r.example.com/a:x", "ghcr.io/y/z:latest"])
        #expect(
            image.outputs == [
                .push, .oci("\(project.folder)/out"), .ociArchive("\(project.folder)/a.tar"),
                .dockerArchive("\(project.folder)/d.tar"),
            ])
        #expect(image.retry == RetryRule(attempts: 3, causes: [.oom, .any]))
        #expect(image.isolation == "subid")
    }

    @Test func `what was not asked for has no outputs`() throws {
        let (_, plan) = try plan("b")
        #expect(plan.images.map(\.isSelected) == [false, true])
        #expect(plan.images[0].outputs.isEmpty)
        #expect(try plan.job("a").rootfsOutput == nil)
        #expect(plan.images[1].outputs == [.push])
    }

    @Test func `flags take the cache and the push away`() throws {
        let (_, plan) = try plan {
            $0.ignoresCache = true
            $0.pushes = false
        }
        #expect(try plan.job("b").cache == .writeOnly)
        #expect(try plan.job("a").cache == .off)
        #expect(plan.images[1].outputs.isEmpty)
        #expect(!plan.images[0].outputs.contains(.push))
    }

    @Test func `images without a history take as long as the others on average`() throws {
        let (_, plan) = try plan { $0.seconds = ["a": 30] }
        #expect(plan.images.map(\.seconds) == [30, 30])
        #expect(plan.images.map(\.isTimed) == [true, false])
    }
}

@Suite struct PlanReportTests {
    @Test func `a report has waves, reasons and the critical path`() throws {
        let project = try Project([
            "manifest.yaml": """
            version: 1
            images:
              app: { inline: FROM tools }
              tools: { inline: FROM debian }
              debian: { inline: FROM scratch }
              other: { inline: FROM scratch }
              bad: { inline: BOGUS }
            """
        ])
        let report = try project.plan { $0.seconds = ["debian": 10, "tools": 2, "app": 3, "other": 14, "bad": 1] }
            .report
        #expect(report.images.map { "\($0.wave) \($0.name)" } == ["0 debian", "0 other", "0 bad", "1 tools", "2 app"])
        #expect(report.criticalPath == ["debian", "tools", "app"])
        #expect(report.criticalSeconds == 15)
        #expect(report.totalSeconds == 30)
        #expect(report.images[3].dependencies.first?.reasons == ["FROM debian, line 1"])
        #expect(report.images[2].failure?.contains("BOGUS") == true)
        #expect(report.images[0].tags == ["debian:latest"])
    }
}

@Suite struct LargeBatchTests {
    /// 1,000 images in chains of 10.
    @Test func `a thousand images are planned`() throws {
        var files = ["manifest.yaml": "version: 1\nimages:\n"]
        for number in 0..<1000 {
            files["manifest.yaml"]? += "  i\(number): ctx/\(number)\n"
            let base = number % 10 == 0 ? "scratch" : "i\(number - 1)"
            files["ctx/\(number)/Dockerfile"] = "FROM \(base)\nRUN make\n"
        }
        let plan = try Project(files).plan()
        #expect(plan.images.count == 1000)
        #expect(plan.graph.levels().max() == 9)
        #expect(plan.edges.count == 900)
    }
}
