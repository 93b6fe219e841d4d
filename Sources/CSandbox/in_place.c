// A step in the root of the container itself, where not even chroot can be had. All its processes are one user that nobody else
// is, without capabilities: files of others are kept from it by their modes, processes of others by their user. It
// takes itself for root, as on `single`: the recorder says so. See docs/decisions/0023-in-place.md.
#include <linux/capability.h>
#include <linux/magic.h>
#include <nss.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "internal.h"
#include "owners.h"

// Where the container has ids up to 65535 only.
enum { UNUSED_ID = 65533 };
#define PROBE_FOLDER "/.build-all-probe"

static bool has_id(uint32_t id, const char *file) {
    char text[512] = "";
    CSB_CLOSE int map = open(file, O_RDONLY | O_CLOEXEC);
    if (map < 0 || csb_read(map, text, sizeof text - 1) <= 0) return false;
    for (char *rest = text; *rest;) {
        unsigned long inside = strtoul(rest, &rest, 10);
        strtoul(rest, &rest, 10);
        unsigned long count = strtoul(rest, &rest, 10);
        if (id >= inside && id - inside < count) return true;
        while (*rest == '\n') rest++;
    }
    return false;
}

uint32_t csb_step_id(void) {
    bool has_high = has_id(CSB_SHIFT, "/proc/self/uid_map") && has_id(CSB_SHIFT, "/proc/self/gid_map");
    return has_high ? CSB_SHIFT : UNUSED_ID;
}

int csb_keep_name_services(void) {
    static const char *const of_files[] = {"passwd", "group", "shadow", "services", "protocols", "networks"};
    for (size_t index = 0; index < sizeof of_files / sizeof *of_files; index++)
        if (__nss_configure_lookup(of_files[index], "files") < 0) return -errno;
    return __nss_configure_lookup("hosts", "files dns") < 0 ? -errno : 0;
}

bool csb_has_overlay_root(void) {
    struct statfs status;
    return statfs("/", &status) == 0 && status.f_type == OVERLAYFS_SUPER_MAGIC;
}

// In the executor. A member of the steps' group may set the set-group-id bit of their files without CAP_FSETID.
int csb_own_step_files(struct csb_failure *failure) {
    gid_t group = csb_step_id();
    clinux_use_owner(group);
    return syscall(SYS_setgroups, 1, &group) < 0 ? csb_fail(failure, CSB_STEP_SET_GROUPS, NULL) : 0;
}

// What is left is used for files of the step alone.
static int become_other(struct csb_failure *failure) {
    uint32_t id = clinux_owner();
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{.permitted = 1u << CAP_SETFCAP}};
    prctl(PR_SET_KEEPCAPS, 1);
    if (syscall(SYS_setgroups, 0, NULL) < 0) return csb_fail(failure, CSB_STEP_SET_GROUPS, NULL);
    if (syscall(SYS_setresgid, id, id, id) < 0 || syscall(SYS_setresuid, id, id, id) < 0)
        return csb_fail(failure, CSB_STEP_SET_IDS, "of steps");
    if (syscall(SYS_capset, &header, data) < 0) return csb_fail(failure, CSB_STEP_CAPABILITIES, NULL);
    prctl(PR_SET_DUMPABLE, 0);
    return prctl(PR_SET_PDEATHSIG, SIGQUIT) < 0 ? csb_fail(failure, CSB_STEP_PARENT_DEATH, NULL) : 0;
}

static int drop_capabilities(struct csb_failure *failure) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &header, data) < 0 ? csb_fail(failure, CSB_STEP_CAPABILITIES, NULL) : 0;
}

// In a Landlock domain below the supervisor's, so that it cannot be signalled or traced by its own user's processes.
static int close_doors(const struct csb_step_child *child, struct csb_failure *failure) {
    if (chdir("/") < 0) return csb_fail(failure, CSB_STEP_WORKING_DIRECTORY, "/");
    int result = csb_confine_signals();
    if (result < 0) return csb_fail_with(failure, CSB_STEP_LANDLOCK, -result, NULL);
    return csb_close_doors(child->world, child->request->network, failure);
}

// From here on this process is whom the recorder says, and has no capability.
static int begin(const struct csb_step_child *child, int recorder, struct csb_failure *failure) {
    int result = csb_ask_recorder(recorder, child->request);
    if (result < 0) return csb_fail_with(failure, CSB_STEP_RECORDER, -result, NULL);
    return drop_capabilities(failure);
}

static void run_program(const struct csb_step_child *child, int recorder, struct csb_failure *failure) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    umask(022);
    if (csb_take_descriptors(child, failure) < 0) return;
    if (close_doors(child, failure) < 0) return;
    if (csb_prepare_working_directory(child->request->working_directory, failure) < 0) return;
    if (begin(child, recorder, failure) < 0) return;
    csb_drop_signals();
    csb_exec_step(child->request, failure);
}

// Without arguments: the probe. What single calls would tell is not enough, all of them together have to work.
static void try_recorder(const struct csb_step_child *child, int recorder, struct csb_failure *failure) {
    static const char path[] = PROBE_FOLDER "/made";
    struct stat status;
    // As after execve: the supervisor may read what it is asked about.
    if (close_doors(child, failure) < 0) return;
    prctl(PR_SET_DUMPABLE, 1);
    if (begin(child, recorder, failure) < 0) return;
    if (mkdir(path, 0) < 0) csb_fail(failure, CSB_STEP_MAKE, path);
    else if (chown(path, 33, 34) < 0) csb_fail(failure, CSB_STEP_RECORD_OWNER, path);
    else if (lstat(path, &status) < 0 || status.st_uid != 33 || status.st_gid != 34 || getuid() != 0)
        csb_fail_with(failure, CSB_STEP_RECORD_OWNER, EOPNOTSUPP, path);
    if (rmdir(path) == 0 && failure->step == CSB_STEP_NONE) _exit(0);
    if (failure->step == CSB_STEP_NONE) csb_fail(failure, CSB_STEP_MAKE, path);
}

// As root, whose it is. Where a step is only tried there is none.
static int open_folders(void) { return open(CSB_IN_PLACE_FOLDERS, O_PATH | O_DIRECTORY | O_CLOEXEC); }

int csb_enter_in_place(const struct csb_step_child *child) {
    struct csb_failure failure = {0};
    struct csb_supervisor supervisor = {
        .report_fd = child->report_fd, .folders = open_folders(), .relays = {{-1, -1}, {-1, -1}}};
    int recorder[2];
    int result = csb_become_supervisor(child, &supervisor, &failure);
    if (result == 0) result = become_other(&failure);
    if (result == 0 && csb_socket_pair(&recorder[0], &recorder[1]) < 0)
        result = csb_fail(&failure, CSB_STEP_SOCKET_PAIR, NULL);
    if (result < 0) csb_tell_failure(child->report_fd, &failure);
    supervisor.recorder = recorder[0];
    supervisor.program = csb_clone(0, NULL);
    if (supervisor.program < 0) {
        csb_fail_with(&failure, CSB_STEP_CLONE, -supervisor.program, NULL);
        csb_tell_failure(child->report_fd, &failure);
    }
    if (supervisor.program > 0) csb_supervise(&supervisor);
    close(recorder[0]);
    if (*child->request->arguments) run_program(child, recorder[1], &failure);
    else try_recorder(child, recorder[1], &failure);
    csb_tell_failure(child->report_fd, &failure);
}

// MARK: - Trying it

// The only thing that trying leaves for a moment. Records are tried where steps make files.
static int make_probe_folder(struct csb_failure *failure) {
    rmdir(PROBE_FOLDER);
    if (mkdir(PROBE_FOLDER, 0700) < 0) return csb_fail(failure, CSB_STEP_MAKE, PROBE_FOLDER);
    int result = csb_try_records(PROBE_FOLDER, failure);
    if (result < 0) return result;
    if (chown(PROBE_FOLDER, 0, 0) < 0) return csb_fail(failure, CSB_STEP_RECORD_OWNER, PROBE_FOLDER);
    return chmod(PROBE_FOLDER, 01777) < 0 ? csb_fail(failure, CSB_STEP_SET_MODE, PROBE_FOLDER) : 0;
}

static int try_step(struct csb_world *world, struct csb_failure *failure) {
    static const char *const none[] = {NULL};
    static const struct csb_step_request request = {
        .network = CSB_NETWORK_HOST, .arguments = none, .environment = none, .working_directory = "/"};
    int go[2], report[2];
    struct csb_report told;
    if (pipe2(go, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0) return csb_fail(failure, CSB_STEP_PIPE, NULL);
    pid_t pid = csb_clone(0, NULL);
    if (pid < 0) return csb_fail_with(failure, CSB_STEP_CLONE, -pid, NULL);
    struct csb_step_child child = {.world = world, .request = &request, .go_fd = go[0], .report_fd = report[1]};
    if (pid == 0) csb_enter_in_place(&child);
    close(report[1]);
    csb_write_all(go[1], "", 1);
    bool is_told = csb_read(report[0], &told, sizeof told) == sizeof told;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    if (!is_told) return csb_fail_with(failure, CSB_STEP_PIPE, EPIPE, NULL);
    if (told.kind != CSB_REPORT_FAILURE) return 0;
    *failure = told.failure;
    return -failure->error;
}

int csb_try_in_place(struct csb_world *world, const char *folder, struct csb_failure *failure) {
    int result = csb_own_step_files(failure);
    if (result == 0) result = csb_try_records(folder, failure);
    if (result == 0) result = make_probe_folder(failure);
    if (result == 0) result = try_step(world, failure);
    rmdir(PROBE_FOLDER);
    return result;
}
