// Namespaces, mounts and processes for executors and their steps.
//
// Every function returns a value >= 0 or -errno. Functions of several calls fill a csb_failure that names the call.
// Nothing here allocates with malloc in a child, and nothing takes a lock there: the parent may have threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// The calls that can fail, with the words that a message shows for them.
#define CSB_STEPS(X)                                                                                                   \
    X(NONE, "nothing")                                                                                                 \
    X(MEMORY, "mmap")                                                                                                  \
    X(PIPE, "pipe2")                                                                                                   \
    X(SOCKET_PAIR, "socketpair")                                                                                       \
    X(MEMFD, "memfd_create")                                                                                           \
    X(CLONE, "clone3")                                                                                                 \
    X(PROCESS_NAMESPACES, "clone3 with mount, pid and ipc namespaces")                                                 \
    X(USER_NAMESPACE, "clone3 with a user namespace")                                                                  \
    X(NEWUIDMAP, "newuidmap")                                                                                          \
    X(NEWGIDMAP, "newgidmap")                                                                                          \
    X(ID_MAP, "write the id map")                                                                                      \
    X(SET_IDS, "setresuid")                                                                                            \
    X(SET_GROUPS, "setgroups")                                                                                         \
    X(CONTROL_GROUP, "enter the control group")                                                                        \
    X(DESCRIPTORS, "arrange descriptors")                                                                              \
    X(EXEC_EXECUTOR, "execve")                                                                                         \
    X(EXECUTOR_GONE, "wait for the executor")                                                                          \
    X(JOB, "read the job")                                                                                             \
    X(PARENT_DEATH, "prctl PR_SET_PDEATHSIG")                                                                          \
    X(PRIVATE_MOUNTS, "mount / private")                                                                               \
    X(EXECUTOR_PROC, "mount a fresh /proc for the executor")                                                           \
    X(FORK_ZYGOTE, "fork the zygote")                                                                                  \
    X(MOUNT_NAMESPACE, "unshare a mount namespace")                                                                    \
    X(OPEN_STATE, "open the state folder")                                                                             \
    X(TAKE_STATE, "chown a folder of the state to the ids of the steps")                                               \
    X(CLONE_STATE, "open_tree of the state folder")                                                                    \
    X(IDMAP_STATE, "mount_setattr with an id map on the state folder")                                                 \
    X(ZYGOTE_ROOT, "mount the zygote's root")                                                                          \
    X(BIND, "bind mount")                                                                                              \
    X(MAKE, "create")                                                                                                  \
    X(PIVOT, "pivot_root")                                                                                             \
    X(DETACH, "umount2 of the old root")                                                                               \
    X(SECCOMP, "install the seccomp filter")                                                                           \
    X(REQUEST, "read the step's request")                                                                              \
    X(CANCELLED, "start a step after the job was cancelled")                                                           \
    X(NETWORK_NAMESPACE, "enter the network namespace")                                                                \
    X(LOOPBACK, "bring up the loopback interface")                                                                     \
    X(NETWORK_STACK, "start the user-mode network stack")                                                              \
    X(OVERLAY_OPEN, "fsopen overlay")                                                                                  \
    X(OVERLAY_LOWER, "overlay lowerdir")                                                                               \
    X(OVERLAY_UPPER, "overlay upperdir")                                                                               \
    X(OVERLAY_WORK, "overlay workdir")                                                                                 \
    X(OVERLAY_OPTION, "overlay option")                                                                                \
    X(OVERLAY_CREATE, "mount an overlay of the layers")                                                                \
    X(OVERLAY_USE, "change a file on an overlay of the layers")                                                        \
    X(MOUNT_POINT, "open the mount point")                                                                             \
    X(MOUNT_PROC, "mount proc")                                                                                        \
    X(MOUNT_DEV, "mount /dev")                                                                                         \
    X(MOUNT_SYS, "mount /sys")                                                                                         \
    X(MASK, "mask")                                                                                                    \
    X(MOUNT_SOURCE, "open what is mounted at")                                                                         \
    X(MOUNT, "mount at")                                                                                               \
    X(TERMINAL, "take the terminal")                                                                                   \
    X(HOST_NAME, "sethostname")                                                                                        \
    X(LIMITS, "setrlimit")                                                                                             \
    X(RECORDER, "ask to be told of system calls (seccomp user notification)")                                          \
    X(RECORD_OWNER, "record an owner in an extended attribute")                                                       \
    X(LANDLOCK, "landlock_restrict_self")                                                                              \
    X(CAPABILITIES, "drop capabilities")                                                                               \
    X(WORKING_DIRECTORY, "enter the working directory")                                                                \
    X(SUBREAPER, "prctl PR_SET_CHILD_SUBREAPER")                                                                       \
    X(NO_NEW_PRIVILEGES, "prctl PR_SET_NO_NEW_PRIVS")                                                                  \
    X(CHROOT, "chroot")                                                                                                \
    X(MAKE_DEVICE, "mknod of a device")                                                                                \
    X(OPEN_DEVICE, "open a device in the state folder")                                                                \
    X(SET_OWNER, "chown to another user")                                                                              \
    X(SET_MODE, "chmod to set-group-id of another group")                                                              \
    X(END_OTHERS, "kill a process of another user")                                                                                              \
    X(PROCESSES, "hold the number of processes")                                                                       \
    X(EXEC_STEP, "execve")                                                                                             \
    X(WAIT, "waitid")

enum csb_step {
#define X(name, text) CSB_STEP_##name,
    CSB_STEPS(X)
#undef X
};

// Which call failed, on what, and why. `path` is cut to fit and always ends in NUL.
struct csb_failure {
    int32_t step;
    int32_t error;
    char path[248];
};

// The words for a step; "unknown step" for a number that is none.
const char *_Nonnull csb_step_text(int32_t step);

// Numbers of the job's form, not the order of the ladder.
enum csb_rung {
    CSB_RUNG_SHIFTED = 1,
    CSB_RUNG_SUBID = 2,
    CSB_RUNG_MAPPED = 3,
    CSB_RUNG_ROOTNS = 4,
    CSB_RUNG_SINGLE = 5,
    CSB_RUNG_JAIL = 6,
    CSB_RUNG_INPLACE = 7,
};
enum csb_network { CSB_NETWORK_PRIVATE = 0, CSB_NETWORK_HOST = 1, CSB_NETWORK_NONE = 2 };

// MARK: - Scheduler side

// How the executor's user namespace gets its ids: from the commands of an ordinary user, or from this process. All NULL
// on rungs where the executor has none.
struct csb_id_maps {
    // Argument lists of newuidmap and newgidmap without the pid, which goes in at index 1.
    const char *_Nullable const *_Nullable newuidmap;
    const char *_Nullable const *_Nullable newgidmap;
    // What is written to uid_map and gid_map, see user_namespaces(7).
    const char *_Nullable uid_map;
    const char *_Nullable gid_map;
    // Without CAP_SETGID: groups cannot be changed in the namespace, which the kernel wants to be said first.
    bool denies_groups;
};

// Where an executor is started and with what. All pointers stay valid until csb_spawn returns.
struct csb_spawn_request {
    const char *_Nonnull executable;
    int32_t rung;
    // The sealed memfd, see csb_make_job.
    int32_t job_fd;
    int32_t socket_fd;
    int32_t lifeline_fd;
    // stdout and stderr of the executor.
    int32_t output_fd;
    struct csb_id_maps maps;
    // Files that take the pid of a process to put it into a control group (cgroup.procs); ends in NULL.
    const char *_Nullable const *_Nullable group_files;
};

// Starts an executor from a thread that lives as long as the process (the parent-death signal belongs to the thread),
// and waits until its constructor has built its namespaces. Returns the pid; `pidfd` is the caller's.
// Nothing is left behind on failure.
int csb_spawn(const struct csb_spawn_request *_Nonnull request, int *_Nonnull pidfd,
              struct csb_failure *_Nonnull failure);

// What the constructor needs before Swift runs; goes in front of the job's bytes.
struct csb_job_settings {
    int32_t rung;
    // Resource limits of a step where no control group holds them; 0 is no limit.
    uint64_t data_limit;
    uint64_t process_limit;
    // The executor and its steps run on so many processors and cannot choose others; 0: on all.
    uint32_t processor_limit;
    // Absolute, without symbolic links.
    const char *_Nonnull state_folder;
    // A file that counts kills for lack of memory ("oom_kill N"), or "".
    const char *_Nonnull oom_file;
};

// A sealed memfd of the settings and `job`. Returns the descriptor (CLOEXEC) or -errno.
int csb_make_job(const struct csb_job_settings *_Nonnull settings, const void *_Nonnull job, size_t length);

// Makes the namespaces and mounts of `rung` in a forked child, runs an empty step over directories of the caller
// in `scratch`: lower/directory, upper, work; a path relative to `state_folder`. 0 when all works.
int csb_probe(int32_t rung, const char *_Nonnull state_folder, const char *_Nonnull scratch,
              const struct csb_id_maps *_Nonnull maps, struct csb_failure *_Nonnull failure);

int csb_pidfd_send_signal(int pidfd, int signal);

// Has the rung namespaces and mounts? Without them a step's root is a folder, see csb_step_request.
bool csb_has_namespaces(int32_t rung);

// The id that steps of `inplace` have on this machine: one that nobody else should be.
uint32_t csb_step_id(void);

// Names of hosts and users come from files and DNS from here on, whatever /etc/nsswitch.conf says or comes to say: what else it
// names would be loaded into this process.
int csb_keep_name_services(void);

// Is the root of this process an overlay, as runtimes give containers?
bool csb_has_overlay_root(void);

// Where a container keeps what is its own while its root is an image's, and what recorder_folders.c speaks of.
#define CSB_IN_PLACE_FOLDER "/.build-all"
#define CSB_IN_PLACE_FOLDERS CSB_IN_PLACE_FOLDER "/folders"

// Whether such a step could read or enter a path, in an executor of that rung.
bool csb_step_can_reach(const char *_Nonnull path);

// What ends an executor or a step of the rung with all that it started, sent to its pidfd.
int csb_kill_signal(int32_t rung);

// How a process ended, and what it and all that it waited for used.
struct csb_usage {
    int32_t status;  // as wait(2) has it
    int64_t user_microseconds;
    int64_t system_microseconds;
    int64_t peak_kilobytes;  // of its largest process
};

// Waits for a child and reaps it.
int csb_wait(pid_t pid, struct csb_usage *_Nonnull usage);

// A connected pair of SEQPACKET sockets, CLOEXEC, whose messages may be CSB_MESSAGE_LIMIT long.
int csb_socket_pair(int *_Nonnull first, int *_Nonnull second);
#define CSB_MESSAGE_LIMIT (128 * 1024)
// Most descriptors of a message: the kernel's SCM_MAX_FD.
#define CSB_DESCRIPTOR_LIMIT 253

// Sends one message with copies of `count` descriptors.
ssize_t csb_send(int fd, const void *_Nonnull message, size_t length, const int *_Nullable fds, int count);

// Receives one message; 0 is the peer's end. `*count` is the room in `fds` and becomes what came, CLOEXEC and the
// caller's; what finds no room is closed. A message that is cut is EMSGSIZE.
ssize_t csb_receive(int fd, void *_Nonnull message, size_t length, int *_Nullable fds, int *_Nullable count, int flags);

// MARK: - Executor side

// What the constructor found; `is_executor` is false in a program that was not started by csb_spawn.
struct csb_executor {
    bool is_executor;
    int32_t rung;
    int32_t zygote_socket;
    pid_t zygote;
    const char *_Nonnull state_folder;
    const char *_Nonnull oom_file;
    const uint8_t *_Nonnull job;
    size_t job_length;
    // Readable for ever once the executor was told to stop.
    int32_t cancelled_fd;
};
const struct csb_executor *_Nonnull csb_executor(void);

// Has the executor been told to stop (SIGTERM)? Steps that run then get TERM, a second later KILL.
bool csb_is_cancelled(void);

enum csb_mount_kind {
    CSB_MOUNT_LAYERS = 1,
    CSB_MOUNT_FOLDER = 2,
    CSB_MOUNT_MEMORY = 3,
    CSB_MOUNT_FILE = 4,
    CSB_MOUNT_SOCKET = 5,
};
#define CSB_MOUNT_LIMIT 200

// A mount over the image; strings that a kind does not use are "".
struct csb_step_mount {
    int32_t kind;
    bool read_only;
    const char *_Nonnull target;
    const char *_Nullable const *_Nonnull layers;  // LAYERS: nearest first; FOLDER, SOCKET: one path
    const char *_Nonnull path;                     // LAYERS, FOLDER: inside them
    const char *_Nonnull upper;                    // LAYERS: takes what is written
    const char *_Nonnull work;
    int32_t content_fd;  // FILE
    uint32_t mode;       // FILE, SOCKET
    uint32_t uid;
    uint32_t gid;
    uint64_t size;  // MEMORY, in bytes; 0: the kernel's default
};

// A step, as strings and numbers; every path of a layer is relative to the state folder. Without namespaces `upper` is
// the root as it is, with /dev and what else is to be seen in it; lowers, work, host name and mounts mean nothing then.
struct csb_step_request {
    uint32_t uid;
    uint32_t gid;
    int32_t network;
    const uint32_t *_Nullable groups;
    size_t group_count;
    const char *_Nullable const *_Nonnull lowers;  // nearest first; ends in NULL, as all lists here
    const char *_Nonnull upper;
    const char *_Nonnull work;
    const char *_Nullable const *_Nonnull arguments;
    const char *_Nullable const *_Nonnull environment;
    const char *_Nonnull working_directory;
    const char *_Nonnull host_name;
    const struct csb_step_mount *_Nullable mounts;  // later ones lie over earlier ones
    size_t mount_count;
};

// The first descriptors of a step's program; they stay the caller's.
struct csb_step_files {
    int32_t stdin_fd;  // -1: /dev/null
    int32_t stdout_fd;
    int32_t stderr_fd;
    bool is_terminal;  // stdin becomes the controlling terminal
};

struct csb_step_started {
    int32_t pidfd;
    int32_t network;  // the one it really has
    char note[248];   // why it is not the one that was asked for, or ""
};

// Asks the zygote for a step. Returns the descriptor on which csb_step_wait gets its end, or -errno and the failure.
int csb_step_start(const struct csb_step_request *_Nonnull request, const struct csb_step_files *_Nonnull files,
                   struct csb_step_started *_Nonnull started, struct csb_failure *_Nonnull failure);

// Waits for the end of a step. -errno and the failure when its sandbox could not be built or the program not started
// (then the failure's step is EXEC_STEP).
int csb_step_wait(int reply_fd, struct csb_usage *_Nonnull usage, struct csb_failure *_Nonnull failure);

// A detached overlay mount (or, with one lower and no upper, the directory itself): a descriptor of its root. Paths
// are absolute. The mount lives as long as the descriptor.
int csb_open_view(const char *_Nullable const *_Nonnull lowers, const char *_Nullable upper,
                  const char *_Nullable work, struct csb_failure *_Nonnull failure);
