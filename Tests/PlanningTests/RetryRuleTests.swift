import Jobs
import Planning
import Testing

@Suite struct RetryRuleTests {
    @Test(arguments: [
        (RetryRule.Cause.network, JobFailure.Class.network, true, true),
        (.network, .network, false, false),
        (.network, .registry, true, false),
        (.registry, .registry, true, true),
        (.registry, .registry, false, false),
        (.oom, .oom, false, true),
        (.oom, .step, false, false),
        (.timeout, .timeout, false, true),
        (.any, .step, false, true),
        (.any, .registry, false, true),
        (.any, .internal, false, true),
        (.any, .host, false, true),
        (.any, .dockerfile, true, false),
        (.any, .context, true, false),
        (.any, .cancelled, true, false),
    ])
    func `a rule covers what can go away`(
        cause: RetryRule.Cause, failureClass: JobFailure.Class, isTemporary: Bool, isCovered: Bool
    ) {
        let failure = JobFailure(class: failureClass, message: "", summary: "", isTemporary: isTemporary)
        #expect(RetryRule(attempts: 2, causes: [cause]).covers(failure) == isCovered)
    }

    @Test func `there is always one attempt`() {
        #expect(RetryRule(attempts: 0).attempts == 1)
    }
}
