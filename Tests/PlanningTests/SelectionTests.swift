import Manifest
import Planning
import Testing

@Suite struct SelectionTests {
    private static let manifest = """
        version: 1
        groups: { tools: [curl, "py*"] }
        images:
          debian: { inline: FROM scratch }
          curl: { inline: FROM debian }
          py: { inline: FROM debian, matrix: { v: [1, 2] }, tags: ["${v}"] }
          app: { inline: "FROM py:1" }
          busybox: { inline: FROM scratch }
        """

    /// Names in the plan; those that are there only because others need them in brackets.
    private func plan(_ selection: [String]) throws -> String {
        var options = PlanOptions()
        options.selection = selection
        let manifest = try Project(["manifest.yaml": Self.manifest]).manifest()
        let plan = try BuildPlan(manifest: manifest, options: options)
        return plan.images.map { $0.isSelected ? $0.name : "(\($0.name))" }.joined(separator: " ")
    }

    @Test(arguments: [
        ([], "debian curl py-1 py-2 app busybox"),
        (["busybox"], "busybox"),
        (["curl"], "(debian) curl"),
        (["+curl"], "debian curl"),
        (["debian+"], "debian curl py-1 py-2 app"),
        (["py"], "(debian) py-1 py-2"),
        (["py-1"], "(debian) py-1"),
        (["py-1+"], "(debian) py-1 app"),
        (["+app"], "debian py-1 app"),
        (["+py-1+"], "debian py-1 app"),
        (["app"], "(debian) (py-1) app"),
        (["group:tools"], "(debian) curl py-1 py-2"),
        (["group:tools", "!curl"], "(debian) py-1 py-2"),
        (["!debian+"], "busybox"),
        (["*b*", "!busybox"], "debian"),
        (["b*"], "busybox"),
        (["*"], "debian curl py-1 py-2 app busybox"),
        // What is needed comes along, even if it was taken away: it is built, but not published.
        (["curl", "!debian"], "(debian) curl"),
        (["!app", "app", "curl"], "(debian) curl"),
    ])
    func `terms select images and bring what they need`(terms: [String], images: String) throws {
        #expect(try plan(terms) == images)
    }

    @Test(arguments: [
        (["crul"], "no image is called \"crul\"", "did you mean \"curl\"?"),
        (["group:tols"], "no group is called \"tols\"", "did you mean \"tools\"?"),
        (["nothing-like-it"], "no image is called \"nothing-like-it\"", nil),
        (["!bsybox"], "no image is called \"bsybox\"", "did you mean \"busybox\"?"),
        (["@failed"], "selection by state (@failed) is not served yet", nil),
        (["curl", "!curl"], "nothing is selected by curl !curl", nil),
    ])
    func `terms that mean nothing are errors`(terms: [String], message: String, hint: String?) throws {
        do {
            Issue.record("selected \(try plan(terms))")
        } catch let errors as ManifestErrors {
            #expect(errors.diagnostics.map(\.message) == [message])
            #expect(errors.diagnostics.map(\.hint) == [hint])
        }
    }

    @Test func `all terms are judged at once`() throws {
        let errors = #expect(throws: ManifestErrors.self) { try plan(["x1", "x2", "curl"]) }
        #expect(errors?.diagnostics.count == 2)
    }
}
