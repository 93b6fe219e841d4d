// A step without namespaces and mounts: chroot into a folder, Landlock around it, no_new_privs, seccomp.
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "internal.h"

void csb_tell_failure(int report_fd, const struct csb_failure *failure) {
    struct csb_report report = {.kind = CSB_REPORT_FAILURE, .failure = *failure};
    csb_write_all(report_fd, &report, sizeof report);
    _exit(CSB_EXIT_SETUP_FAILED);
}

// CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SETFCAP, as far as they are held. Not
// SYS_CHROOT: a second chroot leads out of the first, and Landlock does not look at chmod and chown. Not NET_RAW: the
// interfaces are those of the container.
static const uint64_t kept_capabilities =
    1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_FOWNER | 1ULL << CAP_FSETID | 1ULL << CAP_KILL |
    1ULL << CAP_SETGID | 1ULL << CAP_SETUID | 1ULL << CAP_SETPCAP | 1ULL << CAP_NET_BIND_SERVICE |
    1ULL << CAP_SETFCAP;

// Of the bounding set only what may be taken away: with no_new_privs nothing comes back by execve.
static int keep_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0) return -errno;
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
        if (!(kept_capabilities >> capability & 1)) prctl(PR_CAPBSET_DROP, capability);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (int word = 0; word < 2; word++) {
        data[word].permitted &= (uint32_t)(kept_capabilities >> (32 * word));
        data[word].effective = data[word].permitted;
        data[word].inheritable = 0;
    }
    return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

// Debian 12's headers end before the scopes (ABI 6, Linux 6.12).
struct landlock_rules {
    uint64_t handled_access_fs, handled_access_net, scoped;
};
enum { SCOPES = 1 /* abstract UNIX sockets */ | 2 /* signals */, SCOPES_ABI = 6 };
// Without the right to link and rename between folders (ABI 2) mv would not work.
enum { LEAST_ABI = 2 };

// The handled rights only below `root`. Signals and abstract sockets reach nobody outside, where the kernel has that:
// then 1.
static int confine(int root, uint64_t rights) {
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 0) return -errno;
    if (abi < LEAST_ABI) return -EOPNOTSUPP;
    bool is_scoped = abi >= SCOPES_ABI;
    rights &= abi >= 5 ? 0xffff : abi >= 3 ? 0x7fff : 0x3fff;
    struct landlock_rules handled = {.handled_access_fs = rights, .scoped = SCOPES};
    size_t size = is_scoped ? sizeof handled : sizeof handled.handled_access_fs;
    CSB_CLOSE int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
    if (rules < 0) return -errno;
    struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = root};
    if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0) return -errno;
    return syscall(SYS_landlock_restrict_self, rules, 0) < 0 ? -errno : is_scoped;
}

// Every right that this kernel knows.
static int confine_files(int root) { return confine(root, ~0ULL); }

// Signals and abstract sockets alone. A domain without a rule for links would refuse them to those nested in it.
int csb_confine_signals(void) {
    CSB_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return root < 0 ? -errno : confine(root, LANDLOCK_ACCESS_FS_REFER);
}

static int enter_root(const char *path, struct csb_failure *failure) {
    CSB_CLOSE int root = csb_openat2(AT_FDCWD, path, O_PATH | O_DIRECTORY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    if (root < 0) return csb_fail_with(failure, CSB_STEP_OPEN_STATE, -root, path);
    if (fchdir(root) < 0 || chroot(".") < 0 || chdir("/") < 0) return csb_fail(failure, CSB_STEP_CHROOT, path);
    int result = confine_files(root);
    return result < 0 ? csb_fail_with(failure, CSB_STEP_LANDLOCK, -result, NULL) : 0;
}

int csb_close_doors(const struct csb_world *world, int network, struct csb_failure *failure) {
    syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL);
    int result = csb_limit_step(world, failure);
    if (result < 0) return result;
    if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) < 0) return csb_fail(failure, CSB_STEP_DESCRIPTORS, NULL);
    result = csb_filter_step(world);
    if (result == 0 && network == CSB_NETWORK_NONE) result = csb_filter_network();
    return result < 0 ? csb_fail_with(failure, CSB_STEP_SECCOMP, -result, NULL) : 0;
}

static int become_user(const struct csb_step_request *request, struct csb_failure *failure) {
    int result = keep_capabilities();
    if (result < 0) return csb_fail_with(failure, CSB_STEP_CAPABILITIES, -result, NULL);
    return csb_take_ids(request, failure);
}

// The program's process. Only returns when the program could not be started.
static void run_program(const struct csb_step_child *child, struct csb_failure *failure) {
    const struct csb_step_request *request = child->request;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    umask(022);
    if (csb_take_descriptors(child, failure) < 0) return;
    if (enter_root(request->upper, failure) < 0) return;
    if (csb_close_doors(child->world, request->network, failure) < 0) return;
    if (csb_prepare_working_directory(request->working_directory, failure) < 0) return;
    if (become_user(request, failure) < 0) return;
    csb_drop_signals();
    csb_exec_step(request, failure);
}

// /dev/stdout and /dev/stderr of the root are FIFOs: without /proc a name for an open file is not to be had otherwise.
static int open_relay(const char *root, const char *name) {
    char path[PATH_MAX];
    struct stat status;
    csb_format(path, sizeof path, "%s/dev/%s", root, name);
    int fd = csb_openat2(AT_FDCWD, path, O_RDWR | O_NONBLOCK | O_NOFOLLOW, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode)) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

int csb_become_supervisor(const struct csb_step_child *child, struct csb_supervisor *supervisor,
                          struct csb_failure *failure) {
    sigset_t all;
    char go;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (csb_read(child->go_fd, &go, 1) != 1) return csb_fail_with(failure, CSB_STEP_PIPE, EPIPE, NULL);
    setsid();
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) return csb_fail(failure, CSB_STEP_SUBREAPER, NULL);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return csb_fail(failure, CSB_STEP_NO_NEW_PRIVILEGES, NULL);
    int result = csb_confine_signals();
    if (result < 0) return csb_fail_with(failure, CSB_STEP_LANDLOCK, -result, NULL);
    supervisor->is_scoped = result > 0;
    return 0;
}

int csb_enter_jail(const struct csb_step_child *child) {
    struct csb_failure failure = {0};
    struct csb_supervisor supervisor = {
        .report_fd = child->report_fd, .recorder = -1, .folders = -1, .process_limit = child->world->process_limit};
    supervisor.relays[0] = (struct csb_relay){open_relay(child->request->upper, "stdout"), child->files.stdout_fd};
    supervisor.relays[1] = (struct csb_relay){open_relay(child->request->upper, "stderr"), child->files.stderr_fd};
    if (csb_become_supervisor(child, &supervisor, &failure) < 0) csb_tell_failure(child->report_fd, &failure);
    supervisor.program = csb_clone(0, NULL);
    if (supervisor.program < 0) {
        csb_fail_with(&failure, CSB_STEP_CLONE, -supervisor.program, NULL);
        csb_tell_failure(child->report_fd, &failure);
    }
    if (supervisor.program > 0) csb_supervise(&supervisor);
    run_program(child, &failure);
    csb_tell_failure(child->report_fd, &failure);
}

// MARK: - Trying it

// What a step's root needs of the file system and of us: a device that works, files of others with all their modes.
static int use_device(const char *path, struct csb_failure *failure) {
    struct stat status;
    CSB_CLOSE int device = open(path, O_WRONLY | O_CLOEXEC);
    if (device < 0) return csb_fail(failure, CSB_STEP_OPEN_DEVICE, path);
    if (lchown(path, 33, 33) < 0) return csb_fail(failure, CSB_STEP_SET_OWNER, path);
    if (chmod(path, 02755) < 0 || stat(path, &status) < 0) return csb_fail(failure, CSB_STEP_SET_MODE, path);
    return status.st_mode & S_ISGID ? 0 : csb_fail_with(failure, CSB_STEP_SET_MODE, EPERM, path);
}

static int make_device(const char *root, struct csb_failure *failure) {
    char path[PATH_MAX];
    csb_format(path, sizeof path, "%s/null", root);
    if (mknod(path, S_IFCHR | 0666, makedev(1, 3)) < 0) return csb_fail(failure, CSB_STEP_MAKE_DEVICE, path);
    int result = use_device(path, failure);
    unlink(path);
    return result;
}

// A step that is not root must come to an end, too.
static int end_other(struct csb_failure *failure) {
    int ready[2];
    char byte;
    if (pipe2(ready, O_CLOEXEC) < 0) return csb_fail(failure, CSB_STEP_PIPE, NULL);
    CSB_CLOSE int read_end = ready[0], write_end = ready[1];
    pid_t pid = csb_clone(0, NULL);
    if (pid < 0) return csb_fail_with(failure, CSB_STEP_CLONE, -pid, NULL);
    if (pid == 0) {
        close(read_end);
        if (syscall(SYS_setresuid, 33, 33, 33) < 0) _exit(1);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        csb_write_all(write_end, "", 1);
        for (;;) pause();
    }
    close(write_end);
    write_end = -1;
    if (csb_read(read_end, &byte, 1) != 1) return csb_fail_with(failure, CSB_STEP_SET_IDS, EPERM, "33");
    if (kill(pid, SIGKILL) < 0) return csb_fail(failure, CSB_STEP_END_OTHERS, NULL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    return 0;
}

int csb_try_jail(const struct csb_world *world, const char *root, struct csb_failure *failure) {
    static const struct csb_step_request request = {.uid = 33, .gid = 33, .groups = NULL, .group_count = 0};
    if (chdir(world->state_folder) < 0) return csb_fail(failure, CSB_STEP_OPEN_STATE, world->state_folder);
    int result = make_device(root, failure);
    if (result == 0) result = end_other(failure);
    if (result < 0) return result;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return csb_fail(failure, CSB_STEP_NO_NEW_PRIVILEGES, NULL);
    result = enter_root(root, failure);
    if (result == 0) result = csb_filter_step(world);
    if (result < 0 && failure->step == CSB_STEP_NONE) csb_fail_with(failure, CSB_STEP_SECCOMP, -result, NULL);
    return result < 0 ? result : become_user(&request, failure);
}
