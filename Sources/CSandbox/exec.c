// The working directory, capabilities, Landlock and the search for the program.
#include <limits.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>

#include "internal.h"

// What dpkg, apt, su, useradd, setcap and tar need: Docker's set without MKNOD and AUDIT_WRITE. NET_RAW is here because ping
// has it as a file capability, and a program whose file asks for more than this cannot be started at all; it opens raw
// sockets only where the step's own user namespace owns the network, which is that of `none`.
static const int capabilities[] = {CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FOWNER,  CAP_FSETID,
                                   CAP_KILL,   CAP_SETGID,       CAP_SETUID,  CAP_SETPCAP,
                                   CAP_NET_BIND_SERVICE,         CAP_NET_RAW, CAP_SYS_CHROOT,
                                   CAP_SETFCAP};

int csb_drop_capabilities(bool keeps_raw_sockets) {
    uint64_t kept = 0;
    for (size_t index = 0; index < sizeof capabilities / sizeof *capabilities; index++)
        kept |= 1ULL << capabilities[index];
    if (!keeps_raw_sockets) kept &= ~(1ULL << CAP_NET_RAW);
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
        if (!(kept >> capability & 1) && prctl(PR_CAPBSET_DROP, capability) < 0) return -errno;
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {
        {.effective = (uint32_t)kept, .permitted = (uint32_t)kept},
        {.effective = (uint32_t)(kept >> 32), .permitted = (uint32_t)(kept >> 32)},
    };
    return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

// Debian 12's headers end before the scopes (Landlock ABI 6, Linux 6.12).
struct landlock_scopes {
    uint64_t handled_access_fs, handled_access_net, scoped;
};
enum { SCOPE_ABSTRACT_UNIX_SOCKET = 1, SCOPE_SIGNAL = 2 };

// With `network: host` a step could reach the host's abstract sockets: they belong to the network namespace, and user
// ids do not protect them. Kernels without scopes cannot prevent it.
int csb_scope_by_landlock(void) {
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 6) return 0;
    struct landlock_scopes scopes = {.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL};
    CSB_CLOSE int rules = (int)syscall(SYS_landlock_create_ruleset, &scopes, sizeof scopes, 0);
    if (rules < 0) return -errno;
    return syscall(SYS_landlock_restrict_self, rules, 0) < 0 ? -errno : 0;
}

static int make_directories(const char *path, struct csb_failure *failure) {
    char prefix[PATH_MAX];
    csb_format(prefix, sizeof prefix, "%s", path);
    for (char *end = prefix; *end;) {
        while (*end == '/') end++;
        while (*end && *end != '/') end++;
        char saved = *end;
        *end = 0;
        if (mkdir(prefix, 0755) < 0 && errno != EEXIST) return csb_fail(failure, CSB_STEP_WORKING_DIRECTORY, prefix);
        *end = saved;
    }
    return 0;
}

// The root is the image's by now, so absolute links stay inside; magic links (/proc/self/fd/7) do not count as paths.
int csb_prepare_working_directory(const char *path, struct csb_failure *failure) {
    uint64_t rules = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    CSB_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int directory = csb_openat2(root, path, O_PATH | O_DIRECTORY, rules);
    if (directory == -ENOENT) {
        int result = make_directories(path, failure);
        if (result < 0) return result;
        directory = csb_openat2(root, path, O_PATH | O_DIRECTORY, rules);
    }
    if (directory < 0) return csb_fail_with(failure, CSB_STEP_WORKING_DIRECTORY, -directory, path);
    CSB_CLOSE int owned = directory;
    return fchdir(owned) < 0 ? csb_fail(failure, CSB_STEP_WORKING_DIRECTORY, path) : 0;
}

static const char *search_path(const char *const *environment) {
    for (; *environment; environment++)
        if (strncmp(*environment, "PATH=", 5) == 0) return *environment + 5;
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

static void try_exec(const char *path, const struct csb_step_request *request) {
    execve(path, (char *const *)request->arguments, (char *const *)request->environment);
}

// A file that may not be executed is remembered while the search goes on, as execvp does.
static int exec_in_path(const char *name, const struct csb_step_request *request) {
    int error = ENOENT;
    const char *list = search_path(request->environment);
    for (const char *entry = list;; entry++) {
        size_t length = strcspn(entry, ":");
        char path[PATH_MAX];
        if (length == 0) csb_format(path, sizeof path, "./%s", name);
        else csb_format(path, sizeof path, "%.*s/%s", (int)length, entry, name);
        try_exec(path, request);
        if (errno == EACCES) error = EACCES;
        else if (errno != ENOENT && errno != ENOTDIR) return errno;
        entry += length;
        if (!*entry) return error;
    }
}

void csb_exec_step(const struct csb_step_request *request, struct csb_failure *failure) {
    const char *name = request->arguments[0];
    int error = ENOENT;
    if (strchr(name, '/')) {
        try_exec(name, request);
        error = errno;
    } else if (*name) {
        error = exec_in_path(name, request);
    }
    csb_fail_with(failure, CSB_STEP_EXEC_STEP, error, name);
}
