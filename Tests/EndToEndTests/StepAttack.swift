import Testing

/// A way out of a step: a shell script that exits with 0 when it leads somewhere.
///
/// Its variables, not exported, are `HostScene.variables`; `attack` is the program of Fixtures/escapes/attack.c.
struct StepAttack: Sendable, CustomTestStringConvertible {
    /// A sentence in the present tense.
    let name: String
    let script: String
    /// The host's where the attack does not say otherwise: the least there is between it and the host.
    let network: String
    /// The kernel itself refuses it to who is chrooted: the counterpart is not.
    let needsWholeRoot: Bool

    init(_ name: String, network: String = "host", needsWholeRoot: Bool = false, _ script: String) {
        self.name = name
        self.network = network
        self.needsWholeRoot = needsWholeRoot
        self.script = script
    }

    var testDescription: String { name }

    /// Rungs on which an attack is not tried, and why. What is not here must fail everywhere.
    static let exemptions: [(rung: String, attack: String, reason: String)] = [
        (
            "jail", "attaches shared memory of the host",
            "a step has the container's IPC namespace, where nothing of ours is"
        ),
        (
            "jail", "opens a message queue of the host",
            "a step has the container's IPC namespace, where nothing of ours is"
        ),
        (
            "jail", "reaches a service on the host's loopback from a private network",
            "a step has the container's network, and build-all says so"
        ),
        (
            "jail", "empties the caches of the host",
            "what is in /proc there are copies, in a folder that goes with the step"
        ),
    ]

    static func all(for rung: String) -> [StepAttack] {
        all.filter { attack in !exemptions.contains { $0.rung == rung && $0.attack == attack.name } }
    }

    static let all = files + processes + channels + power + kernel
}

// MARK: - Files and descriptors of the host

extension StepAttack {
    private static let files = [
        StepAttack("breaks out of a chroot by a second one", "attack chroot-out $SECRET | grep $TOKEN"),
        StepAttack("reads a file through the root of a process", "grep $TOKEN /proc/$VICTIM/root/$SECRET"),
        StepAttack(
            "reads a file through the root of any process",
            "for root in /proc/[0-9]*/root; do grep $TOKEN $root/$SECRET && exit 0; done; exit 1"),
        StepAttack(
            "reads a file through the working directory of any process",
            "for cwd in /proc/[0-9]*/cwd; do grep $TOKEN $cwd/../../../../$SECRET && exit 0; done; exit 1"),
        StepAttack(
            "writes a file through the root of a process",
            "for root in /proc/[0-9]*/root; do echo written >$root/$WITNESS/by-root && exit 0; done; exit 1"),
        StepAttack(
            "reads a file through a descriptor that was left open",
            "for fd in /proc/self/fd/*; do grep $TOKEN $fd/$SECRET && exit 0; done; exit 1"),
        StepAttack(
            "has a descriptor besides its three",
            "for fd in /proc/$$/fd/*; do case ${fd##*/} in 0|1|2|10) ;; *) [ -d $fd/etc ] && exit 0 ;; esac; done; exit 1"
        ),
        StepAttack("opens a file by its handle", "attack open-handle $HANDLE | grep $TOKEN"),
        StepAttack(
            "makes a node of the host's disk",
            "mknod /tmp/disk b $DISK"),
        StepAttack(
            "makes a node of the kernel's log and reads it",
            "mknod /tmp/log c 1 11 && timeout 5 head -c 1 /tmp/log | grep ."),
        StepAttack(
            "finds devices of the host",
            "[ -e /dev/kmsg ] || [ -e /dev/mem ] || ls /dev | grep -E '^([hsv]da|loop0|nvme0n1)$'"),
        StepAttack("mounts a file system", "attack mount"),
        StepAttack("mounts through the new interface", "attack fsopen"),
        StepAttack("clones the tree that it is in", "attack open-tree"),
        StepAttack("binds a folder over another", "mkdir -p /tmp/a /tmp/b && mount --bind /tmp/a /tmp/b"),
        StepAttack("takes a mount away that hides something", "umount -l /proc"),
        StepAttack("sets an attribute that only the overlay may set", "attack trusted"),
        StepAttack("finds the path of the store among its mounts", "grep -F $STATE /proc/self/mountinfo /proc/mounts"),
    ]

    // MARK: - Other processes

    private static let processes = [
        StepAttack("kills a process of the host", "kill -9 $VICTIM"),
        StepAttack("signals a process of the host by a descriptor", "attack signal $VICTIM"),
        StepAttack(
            "reads the environment of a process of the host", "tr '\\0' '\\n' </proc/$VICTIM/environ | grep $TOKEN"),
        StepAttack(
            "finds a credential in the environment of any process",
            "for file in /proc/[0-9]*/environ; do grep -q $TOKEN $file && exit 0; done; exit 1"),
        StepAttack("finds a credential in its own environment", "env | grep BUILD_CREDENTIAL"),
        StepAttack(
            "sees the command lines of the host",
            "for file in /proc/[0-9]*/cmdline; do case $(tr '\\0' ' ' <$file) in *$MARK*) exit 0 ;; esac; done; exit 1"),
        StepAttack("traces a process of the host", "attack trace $VICTIM"),
        StepAttack("reads the memory of a process of the host", "attack memory $VICTIM"),
        StepAttack("takes a descriptor from a process of the host", "attack descriptor $VICTIM"),
        StepAttack("slows a process of the host down", "attack renice $VICTIM"),
        StepAttack("binds a process of the host to a processor", "taskset -p 1 $VICTIM"),
        StepAttack("changes limits of a process of the host", "attack limit $VICTIM"),
        StepAttack("offers a process of the host to the killer for memory", "echo 1000 >/proc/$VICTIM/oom_score_adj"),
    ]

    // MARK: - Channels to processes outside

    private static let channels = [
        StepAttack("attaches shared memory of the host", "attack shm $SHM | grep $TOKEN"),
        StepAttack("opens a message queue of the host", "attack queue $QUEUE"),
        StepAttack("connects to an abstract socket of the host", "attack abstract $ABSTRACT"),
        StepAttack(
            "connects to a socket in a folder of the host",
            "for root in '' /proc/[0-9]*/root; do attack unix $root$SOCKET && exit 0; done; exit 1"),
        StepAttack("finds a key in the user's keyring", "attack key $KEY"),
        StepAttack(
            "reaches a service on the host's loopback from a private network", network: "private", "attack tcp $PORT"),
        StepAttack("reaches a service on the host's loopback without a network", network: "none", "attack tcp $PORT"),
        StepAttack("reaches an abstract socket without a network", network: "none", "attack abstract $ABSTRACT"),
        StepAttack("sees packets of the host", "attack packet"),
        StepAttack("sends raw packets into the host's network", "attack raw"),
        StepAttack("changes an interface of the host", "attack interface"),
        StepAttack(
            "joins the network of a process of the host", network: "none",
            "nsenter --net=/proc/$VICTIM/ns/net attack tcp $PORT"),
    ]

    // MARK: - More power than it was given

    private static let power = [
        StepAttack(
            "enters the mounts of a process of the host",
            "nsenter --mount=/proc/$VICTIM/ns/mnt cat $SECRET | grep $TOKEN"),
        StepAttack("makes a user namespace by unshare", needsWholeRoot: true, "attack unshare 268435456"),
        StepAttack("makes a mount namespace by unshare", "attack unshare 131072"),
        StepAttack("makes a user namespace by clone", needsWholeRoot: true, "attack clone"),
        StepAttack("makes a user namespace by clone3", needsWholeRoot: true, "attack clone3"),
        StepAttack("takes back the capability SYS_ADMIN", "attack capability 21"),
        StepAttack("takes back the capability SYS_PTRACE", "attack capability 19"),
        StepAttack("takes back the capability DAC_READ_SEARCH", "attack capability 2"),
        StepAttack("runs in real time", "attack real-time"),
        StepAttack("runs before all others", "attack nice"),
        StepAttack("names the host", "attack host-name $HOST_NAME"),
        StepAttack("sets the clock", "attack time"),
    ]

    // MARK: - The kernel

    private static let kernel = [
        StepAttack(
            "has the kernel run a program of its choice",
            "cat /proc/sys/kernel/core_pattern >/tmp/pattern && cat /tmp/pattern >/proc/sys/kernel/core_pattern"),
        StepAttack("empties the caches of the host", "echo 1 >/proc/sys/vm/drop_caches"),
        StepAttack("reads the kernel's log", "attack kernel-log"),
        StepAttack("finds where the kernel lies", "grep -v '^0* ' /proc/kallsyms | head -n 1 | grep ."),
        StepAttack("lists devices of the host in sysfs", "ls /sys/class /sys/block /sys/bus | grep ."),
        StepAttack("loads a program into the kernel", "attack bpf"),
        StepAttack("counts events of the host's processors", "attack perf"),
        StepAttack("makes an io_uring", "attack ring"),
        StepAttack("handles page faults itself", "attack faults"),
    ]
}
