public import Jobs

extension BuildPlan {
    /// The same plan with a shell in the place of one image; what it needs is built, and nothing is published.
    public func opening(_ shell: ShellRequest, in image: Int) -> BuildPlan {
        var images = images.map(\.withoutOutputs)
        images[image].job = images[image].job.map { job in
            var job = job
            job.shell = shell
            job.limits.timeoutInSeconds = nil
            job.limits.idleInSeconds = nil
            return job
        }
        return BuildPlan(images: images, owners: owners)
    }
}

extension BuildPlan {
    /// The same plan to ask which steps would run: nothing is run, written or published.
    public var explaining: BuildPlan {
        let images = images.map { image in
            var image = image.withoutOutputs
            image.cache?.isWritten = false
            image.job = image.job.map { job in
                var job = job
                job.explains = true
                return job
            }
            return image
        }
        return BuildPlan(images: images, owners: owners)
    }
}

extension PlannedImage {
    fileprivate var withoutOutputs: PlannedImage {
        var image = self
        image.tags = []
        image.outputs = []
        image.job = job.map { job in
            var job = job
            job.rootfsOutput = nil
            return job
        }
        return image
    }
}
