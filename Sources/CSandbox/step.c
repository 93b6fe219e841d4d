// A step, from the clone to its program: the order of calls is the safety, see docs/sandbox.md.
#include <linux/keyctl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <grp.h>

#include "internal.h"
#include "owners.h"

static int report_failure(int report_fd, const struct csb_failure *failure) __attribute__((noreturn));
static int report_failure(int report_fd, const struct csb_failure *failure) {
    struct csb_report report = {.kind = CSB_REPORT_FAILURE, .failure = *failure};
    csb_write_all(report_fd, &report, sizeof report);
    _exit(CSB_EXIT_SETUP_FAILED);
}

static bool has_one_id(const struct csb_step_child *child) { return child->world->rung == CSB_RUNG_SINGLE; }

// The parent-death signal is set again after the change of ids, which clears it. The calls that change ids are the
// kernel's own: glibc's would first wait for the threads that the parent has, and may wait for ever.
static int become_root(const struct csb_step_child *child, struct csb_failure *failure) {
    char go;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (csb_read(child->go_fd, &go, 1) != 1) return csb_fail_with(failure, CSB_STEP_ID_MAP, EPIPE, NULL);
    if (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
        return csb_fail(failure, CSB_STEP_SET_IDS, "0");
    // In `single` groups cannot be changed; those of the user mean nothing for files of the image.
    if (!has_one_id(child) && syscall(SYS_setgroups, 0, NULL) < 0) return csb_fail(failure, CSB_STEP_SET_GROUPS, NULL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return csb_fail(failure, CSB_STEP_PARENT_DEATH, NULL);
    setsid();
    umask(022);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return csb_fail(failure, CSB_STEP_PRIVATE_MOUNTS, "/");
    return 0;
}

static int enter_image(const struct csb_step_child *child, struct csb_failure *failure) {
    if (chdir("/state") < 0) return csb_fail(failure, CSB_STEP_OPEN_STATE, "/state");
    int result = csb_open_workshop(failure);
    if (result < 0) return result;
    struct csb_mounts mounts = {.has_one_id = has_one_id(child)};
    if (child->request) {
        mounts.list = child->request->mounts;
        mounts.count = child->request->mount_count;
    }
    result = csb_open_sources(&mounts, failure);
    if (result < 0) return result;
    CSB_CLOSE int root = csb_mount_image(child->overlay, &mounts, failure);
    if (root < 0) return root;
    if (move_mount(root, "", AT_FDCWD, "/root", MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return csb_fail(failure, CSB_STEP_BIND, "/root");
    struct csb_image_files files = {.host_name = child->request ? child->request->host_name : "probe",
                                    .resolver = child->resolver,
                                    .proc_shows_outside = child->world->proc_shows_outside,
                                    .has_one_id = has_one_id(child),
                                    .terminal_fd = child->files.is_terminal ? child->files.stdin_fd : -1};
    result = csb_mount_image_files(root, &files, failure);
    if (result == 0) result = csb_mount_over_image(root, &mounts, failure);
    return result < 0 ? result : csb_pivot(root, failure);
}

static int try_record(const char *path, struct csb_failure *failure) {
    struct statx status;
    int flags = AT_SYMLINK_NOFOLLOW;
    if (clinux_record_owner(AT_FDCWD, path, 33, 34, flags) < 0) return csb_fail(failure, CSB_STEP_RECORD_OWNER, path);
    if (statx(AT_FDCWD, path, flags, STATX_BASIC_STATS, &status) < 0 ||
        !clinux_recorded_owner(AT_FDCWD, path, flags, &status) || status.stx_uid != 33 || status.stx_gid != 34)
        return csb_fail_with(failure, CSB_STEP_RECORD_OWNER, EOPNOTSUPP, path);
    return 0;
}

int csb_try_records(const char *folder, struct csb_failure *failure) {
    char link[PATH_MAX];
    csb_format(link, sizeof link, "%s/link", folder);
    if (symlink("x", link) < 0) return csb_fail(failure, CSB_STEP_OVERLAY_USE, link);
    int result = try_record(folder, failure);
    if (result == 0) result = try_record(link, failure);
    if (unlink(link) < 0 && result == 0) return csb_fail(failure, CSB_STEP_OVERLAY_USE, link);
    return result;
}

// After that this process makes no call that it is asked for.
static int use_recorder(struct csb_failure *failure) {
    int result = csb_try_records("/directory", failure);
    if (result < 0) return result;
    int listener = csb_install_recorder();
    return listener < 0 ? csb_fail_with(failure, CSB_STEP_RECORDER, -listener, NULL) : 0;
}

// The probe's step: take away a directory of the lower layer, which needs whiteouts and the overlay's own xattrs.
static int use_overlay(const struct csb_step_child *child, struct csb_failure *failure) {
    if (rmdir("/directory") < 0) return csb_fail(failure, CSB_STEP_OVERLAY_USE, "/directory");
    if (mkdir("/directory", 0755) < 0) return csb_fail(failure, CSB_STEP_OVERLAY_USE, "/directory");
    if (has_one_id(child)) return use_recorder(failure);
    if (chown("/directory", 33, 33) < 0) return csb_fail(failure, CSB_STEP_OVERLAY_USE, "/directory");
    return 0;
}

static int limit(int resource, uint64_t value, struct csb_failure *failure) {
    struct rlimit limits;
    if (value == 0 || getrlimit(resource, &limits) < 0) return 0;
    if (limits.rlim_max != RLIM_INFINITY && value > limits.rlim_max) value = limits.rlim_max;
    limits.rlim_cur = limits.rlim_max = value;
    return setrlimit(resource, &limits) < 0 ? csb_fail(failure, CSB_STEP_LIMITS, NULL) : 0;
}

int csb_limit_step(const struct csb_world *world, struct csb_failure *failure) {
    int result = limit(RLIMIT_DATA, world->data_limit, failure);
    return result < 0 ? result : limit(RLIMIT_NPROC, world->process_limit, failure);
}

// All that init and the program share. The filter goes in while SYS_ADMIN is held: no_new_privs would break sudo.
static int close_doors(const struct csb_step_child *child, struct csb_failure *failure) {
    const char *host_name = child->request ? child->request->host_name : "probe";
    // Podman's profile refuses it to containers without SYS_ADMIN, and namespaces not: the name is the container's then.
    if (sethostname(host_name, strlen(host_name)) < 0 && errno != EPERM)
        return csb_fail(failure, CSB_STEP_HOST_NAME, host_name);
    if (child->request && child->request->network == CSB_NETWORK_NONE && csb_loopback_up() < 0)
        return csb_fail(failure, CSB_STEP_LOOPBACK, "lo");
    // A session keyring of its own: the executor's must not be inherited.
    syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
    int result = csb_limit_step(child->world, failure);
    if (result < 0) return result;
    if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) < 0) return csb_fail(failure, CSB_STEP_DESCRIPTORS, NULL);
    result = csb_scope_by_landlock();
    if (result < 0) return csb_fail_with(failure, CSB_STEP_LANDLOCK, -result, NULL);
    result = csb_filter_step(child->world);
    return result < 0 ? csb_fail_with(failure, CSB_STEP_SECCOMP, -result, NULL) : 0;
}

int csb_take_descriptors(const struct csb_step_child *child, struct csb_failure *failure) {
    const struct csb_step_files *files = &child->files;
    CSB_CLOSE int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0) return csb_fail(failure, CSB_STEP_DESCRIPTORS, "/dev/null");
    if (dup2(files->stdin_fd < 0 ? null : files->stdin_fd, 0) < 0 || dup2(files->stdout_fd, 1) < 0 ||
        dup2(files->stderr_fd, 2) < 0)
        return csb_fail(failure, CSB_STEP_DESCRIPTORS, NULL);
    if (files->is_terminal && ioctl(0, TIOCSCTTY, 0) < 0) return csb_fail(failure, CSB_STEP_TERMINAL, NULL);
    return 0;
}

int csb_take_ids(const struct csb_step_request *request, struct csb_failure *failure) {
    char ids[32];
    csb_format(ids, sizeof ids, "%u:%u", request->uid, request->gid);
    if (syscall(SYS_setgroups, request->group_count, request->groups) < 0) return csb_fail(failure, CSB_STEP_SET_GROUPS, ids);
    if (syscall(SYS_setresgid, request->gid, request->gid, request->gid) < 0)
        return csb_fail(failure, CSB_STEP_SET_IDS, ids);
    if (syscall(SYS_setresuid, request->uid, request->uid, request->uid) < 0)
        return csb_fail(failure, CSB_STEP_SET_IDS, ids);
    return 0;
}

static int become_user(const struct csb_step_child *child, struct csb_failure *failure) {
    const struct csb_step_request *request = child->request;
    // Without a user namespace that capability would hold over the machine's interfaces.
    bool is_on_host = !csb_step_is_mapped(child->world->rung) && request->network == CSB_NETWORK_HOST;
    int result = csb_drop_capabilities(!is_on_host);
    if (result < 0) return csb_fail_with(failure, CSB_STEP_CAPABILITIES, -result, NULL);
    return has_one_id(child) ? 0 : csb_take_ids(request, failure);
}

// The program's process, forked from init. Only returns when the program could not be started.
static void run_program(const struct csb_step_child *child, int recorder, struct csb_failure *failure) {
    setsid();
    if (csb_take_descriptors(child, failure) < 0) return;
    if (csb_prepare_working_directory(child->request->working_directory, failure) < 0) return;
    // In `single` this process is from here on who the recorder says.
    int result = recorder < 0 ? 0 : csb_ask_recorder(recorder, child->request);
    if (result < 0) {
        csb_fail_with(failure, CSB_STEP_RECORDER, -result, NULL);
        return;
    }
    if (become_user(child, failure) < 0) return;
    csb_drop_signals();
    csb_exec_step(child->request, failure);
}

int csb_enter_step(const struct csb_step_child *child) {
    struct csb_failure failure = {0};
    if (become_root(child, &failure) < 0) report_failure(child->report_fd, &failure);
    if (enter_image(child, &failure) < 0) report_failure(child->report_fd, &failure);
    if (close_doors(child, &failure) < 0) report_failure(child->report_fd, &failure);
    if (!child->request && use_overlay(child, &failure) < 0) report_failure(child->report_fd, &failure);
    if (!child->request) _exit(0);
    int recorder[2] = {-1, -1};
    if (has_one_id(child) && csb_socket_pair(&recorder[0], &recorder[1]) < 0) {
        csb_fail(&failure, CSB_STEP_SOCKET_PAIR, NULL);
        report_failure(child->report_fd, &failure);
    }
    pid_t program = fork();
    if (program < 0) {
        csb_fail(&failure, CSB_STEP_CLONE, NULL);
        report_failure(child->report_fd, &failure);
    }
    uint64_t uncounted = csb_step_is_mapped(child->world->rung) ? 0 : child->world->process_limit;
    if (program > 0) csb_run_init(program, child->report_fd, recorder[0], uncounted);
    if (recorder[0] >= 0) close(recorder[0]);
    run_program(child, recorder[1], &failure);
    report_failure(child->report_fd, &failure);
}
