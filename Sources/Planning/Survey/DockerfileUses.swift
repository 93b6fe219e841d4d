internal import Jobs
internal import Manifest

/// The references that the stages of a Dockerfile name which the target needs.
struct DockerfileUses {
    let uses: [ImageSurvey.Use]

    init(of job: Job) throws(JobFailure) {
        uses = []
    }
}
