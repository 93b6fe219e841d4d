/// The document of `--json`, as far as tests look at it.
struct RunDocument: Decodable {
    struct Image: Decodable {
        struct Failure: Decodable {
            let `class`: String
            let message: String
        }

        let image: String
        let status: String
        let digest: String?
        let tags: [String]
        let reasons: [String]
        let steps: Int
        let cachedSteps: Int
        let durationInSeconds: Double?
        let error: Failure?
    }

    let run: String
    let exitCode: Int
    let images: [Image]
}
