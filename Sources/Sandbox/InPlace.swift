internal import CSandbox

/// Whether a step could read or enter a path of the container, in an executor that builds in place.
public func stepCanReach(_ path: String) -> Bool { csb_step_can_reach(path) }

/// Where a container's own files are while its root is an image's: as long as it is there, no program of the container is its own.
public let inPlaceFolder = CSB_IN_PLACE_FOLDER

/// What an image says of the folders that it has together with the container around it: of each there is one of the same path below.
public let inPlaceRecords = CSB_IN_PLACE_FOLDER + "/folders"

/// Has names of hosts and users come from files and DNS only, whatever the root's files say. False if that cannot be had.
public func keepNameServices() -> Bool { csb_keep_name_services() >= 0 }
